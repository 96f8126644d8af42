"""What the layers of networks are: shapes, parameters, figures. Nothing here computes."""
