"""The inner loop of learning: sums of products over all windows."""
