"""Runs: played, kept on disk, read back, judged again."""
