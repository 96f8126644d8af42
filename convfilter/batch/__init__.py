"""Many files: what one job is, which file becomes which, the work side by side, what came of it."""
