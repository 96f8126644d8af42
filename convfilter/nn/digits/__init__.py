"""Digits as MNIST has them, and the weights of the LeNet-5 that reads them."""
