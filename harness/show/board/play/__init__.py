"""Runs of a board: asked for, queued, played in processes of their own."""
