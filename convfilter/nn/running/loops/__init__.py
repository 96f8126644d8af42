"""The loops of networks. They import Numba; nothing but loops imports them."""
