"""What a person is told while files are worked on, and at the end."""
