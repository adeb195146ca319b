"""Sockets, TLS, the disk: the only modules of the simulators that touch the outside world."""
