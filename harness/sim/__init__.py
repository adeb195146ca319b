"""Who says what: scenarios, actors, faults, generated cases.

Only `network/` and `torture/net.py` open sockets.
"""
