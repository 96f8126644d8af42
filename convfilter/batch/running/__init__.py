"""Jobs under way: several at a time, so that one bad file never stops the others."""
