"""Networks trained on the engine's own loops: layers forward and backward, descent, augmentation."""
