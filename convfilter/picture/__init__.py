"""What a picture in memory is: pixels, and what travels with them. Knows no file."""
