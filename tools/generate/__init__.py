"""Write all files that are made from declarations: `python -m tools.generate`."""
