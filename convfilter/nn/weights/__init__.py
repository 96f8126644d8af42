"""Files of weights: safetensors and npz are read anywhere, PyTorch's pickles to be converted alone."""
