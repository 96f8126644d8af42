"""The picture on its way through filters: colours, which may wait, alpha, how it is shown."""
