"""The MLLP torture suite: what a peer does when framing, time and connections go wrong."""
