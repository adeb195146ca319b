"""Evidence of a run in one file: bytes, times, rules, verdicts, report, and a manifest over all.

The file is a ZIP whose members are stored, not compressed, so that a damaged byte is found in its
member. `manifest.json` lists every member with its SHA-256 and sums by which a changed byte is told
exactly; `seal.json` does the same for the manifest. Nothing is signed: whoever wants to know later
that it is the same pack keeps the digest that is printed when it is made.
"""
