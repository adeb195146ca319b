"""What the guides require: a value in, findings out. No sockets, no clock."""
