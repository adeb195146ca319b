"""What crosses the wire: bytes to values and back. No sockets, no clock, no rules."""
