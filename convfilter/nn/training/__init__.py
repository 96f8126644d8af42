"""Networks trained on loops of our own: layers forward and backward, descent, augmentation."""
