"""Calls made ready: what depends on no value of a picture is found out once."""
