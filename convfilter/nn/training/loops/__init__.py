"""The inner loops of training: products of matrices, patches of maps, pools."""
