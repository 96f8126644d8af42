"""How a picture becomes the input of a network: a description that travels with the weights."""
