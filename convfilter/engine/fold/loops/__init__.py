"""The inner loops of folds: whole rows joined, and the order in which they are."""
