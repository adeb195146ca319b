"""What we tell: reports, command line, pytest plugin."""
