"""The rules that a table row cannot say, one module per chapter of a guide."""
