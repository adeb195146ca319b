"""Any number of messages: streamed, judged by worker processes or a cluster, told as one summary.

    sources    what a corpus is made of, one piece after the other (archives, lines)
    rows       what judging a piece gives: rows, the same whoever judges
    ruleset    what a worker must have to judge: shipped by content hash
    worker     the process that judges; children starts, watches and replaces it
    work       pieces in, rows out, in the order of the corpus (cluster: the same on Dask)
    results    rows on disk, resumable; parquet
    summary    the fold of all rows; summaryhtml, plots, telling show it
    checking   one check from beginning to end

Each message is judged alone: nothing is kept of it but its rows, so memory does not grow with the
corpus. What compares several messages (versions of one document, conversations) is not judged here,
and the summary says so.
"""
