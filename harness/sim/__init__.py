"""Who says what: scenarios, actors, faults, generated cases. Only `net.py` opens sockets."""
