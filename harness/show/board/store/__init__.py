"""What a board keeps, in its database: the only modules that speak SQL."""
