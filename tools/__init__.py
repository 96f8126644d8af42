"""Programs for those who work on convfilter; nothing here is installed."""
