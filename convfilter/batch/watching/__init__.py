"""Folders that are watched: files that arrive are filtered once they are wholly written."""
