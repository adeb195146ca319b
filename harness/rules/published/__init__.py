"""Published Schematron packs: read as they are, repaired where it shows, run as our rules.

    read.py      a schema with its includes, abstract patterns and phase, as plain data
    repair.py    files of a publication, and the known faults that are repaired
    safety.py    what an expression may not ask for
    syntax.py    XPath 2.0 as a tree      parse.py    text to tree
    plain.py     tree to XPath 1.0, where that means the same
    values.py    items, comparisons, casts      functions.py    the function library
    translate.py tree to Python over libxml2, where XPath 1.0 is not enough
    evaluation.py, lookup.py, nodes.py   what that is made of
    model.py     a schema as plain data
    contexts.py, plan.py, native.py      a schema on a document
    vacuous.py   tests that always hold
    xslt.py      a schema as a stylesheet      saxon.py    the stylesheet under SaxonC
    archive.py   a ZIP, unpacked within bounds
    store.py     the user's folder of packs      rules.py    every assert as a `Rule`

An expression runs in libxml2 as it stands, or in Python around libxml2, or in SaxonC; what none of
the three can evaluate is told as not tested, never as passed.
"""
