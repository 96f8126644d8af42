"""What formats that Pillow decodes or encodes have in common. Knows none of them by name."""
