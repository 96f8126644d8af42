"""Jobs in processes of their own, each of which takes one file with it if it ends."""
