"""What a simulated actor learns from the messages and documents that it received."""
