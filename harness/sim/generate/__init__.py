"""Fictitious cases, messages and documents, from a seed."""
