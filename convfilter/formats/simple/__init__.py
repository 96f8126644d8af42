"""Formats that are only read, by Pillow where it is exact, else by a few lines here."""
