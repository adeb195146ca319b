"""Wrong messages and documents, thousands of them, each with one defect that one rule must find.

An operator is one way to break one rule: it comes from the row of a table, from the test of an
assert, or is written by hand. It knows the rule, and the place where the rule must speak.
"""
