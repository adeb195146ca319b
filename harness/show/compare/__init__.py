"""Two things side by side: runs, guides, one run under two guides, several runs in one report."""
