"""Named defects: the ways in which a simulated system can be wrong on purpose."""
