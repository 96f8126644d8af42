"""Files in storage that is no part of the file system: addresses, and what is asked of them."""
