"""Recipes: all that a command says of a result, in a file, in a result, and run again."""
