"""Results written out: one module for each format, pure functions of the Report."""
