"""Reads every hostile document under limits of memory and CPU time, and tells what became of each.

python hostilechild.py PORT CANARY      one JSON line a document
"""

import json
import resource
import sys
import time

from hostiledocuments import every

from harness.rules import guess
from harness.rules import profile as profiles
from harness.rules.rule import Verdict
from harness.wire.cda import Document

MEMORY = 1536 * 1024 * 1024  # of addresses; libraries and the profile take 400 MiB
SMALL = 100_000  # bytes up to which a document that is read is judged by every rule


def main() -> None:
    profile = profiles.load()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for one in every(int(sys.argv[1]), sys.argv[2]):
        begin = time.process_time()
        document = Document.parse(one.raw)
        words, worst = "", Verdict.PASS
        if document.refusal:
            words = document.refusal.text.en
        elif len(one.raw) < SMALL:
            subject = profile.document_subject(guess.of_document(document)[0], document)
            worst = max(outcome.verdict for outcome in profile.judge(subject))
            words = document.first("string(/*)")[:200]
        took = time.process_time() - begin
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        told = {"name": one.name, "expected": one.expected, "refused": bool(document.refusal)}
        print(json.dumps(told | {"words": words, "worst": worst.word, "s": took, "peak": peak}))


if __name__ == "__main__":
    main()
