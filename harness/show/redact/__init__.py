"""Patients, professionals and structures replaced by pseudonyms, in messages, documents and runs.

A pseudonym has the length and the shape of what it stands for: letters stay letters with their case
and accents, digits stay digits, keys of national numbers are recomputed (a wrong one stays wrong).
So every finding keeps its place, and judging gives the same findings: `run.py` proves it each time.
The same value always gives the same pseudonym under one key, in every message of a run and inside
its documents; under another key it gives another one. The key is drawn for each pack and not kept.
"""
