"""One module for each thing that is measured; each runs alone: `python -m bench.parts.messages`."""
