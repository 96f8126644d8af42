"""What the machine gives besides CPUs: memory, and further processes."""
