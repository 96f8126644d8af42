"""Loops that read and write rows, by whose addresses all other loops do."""
