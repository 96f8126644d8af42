"""How windows walk over an image: borders, axes, rows of numbers in and rows of results out."""
