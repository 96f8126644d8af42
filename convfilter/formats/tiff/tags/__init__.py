"""Tags of TIFF pages that say something besides the pixels: kept, adapted, or named."""
