"""What `replace` needs: the attributes that a file keeps, and names of files being written."""
