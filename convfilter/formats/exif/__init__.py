"""Directories of tags, which TIFF files and EXIF blocks are made of, and EXIF blocks."""
