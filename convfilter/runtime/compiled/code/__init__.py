"""Machine code: as a piece that runs anywhere, in memory, linked, and called."""
