"""Which file becomes which: looks at the file system and changes nothing in it."""
