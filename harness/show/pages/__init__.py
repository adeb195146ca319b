"""Our HTML pages: one file each, no network, both languages inside."""
