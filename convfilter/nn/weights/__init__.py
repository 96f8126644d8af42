"""Files of weights: safetensors and npz are read anywhere, pickles only to be converted."""
