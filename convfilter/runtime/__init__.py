"""How work is run, whatever the work: threads, memory, checks, compiled loops."""
