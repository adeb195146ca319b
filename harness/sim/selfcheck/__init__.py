"""The self-check: every rule has a good message that it passes and a mutant that it kills."""
