"""Picture files: what is true of every format, when files are read and written."""
