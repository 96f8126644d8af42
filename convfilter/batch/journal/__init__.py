"""The journal of runs into a folder: what is done, and why a file would be done again."""
