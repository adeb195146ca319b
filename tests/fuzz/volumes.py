"""Damaged input in volume: `python tests/fuzz/volumes.py frames --count 100000000 --jobs 2`.

`frames` through the framing, `messages` and `documents` through parsing and every rule of both
profiles. Prints what was done; fails at the first input that breaks something, which is kept.
"""

import argparse
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import fuzzseeds
import mutatedframes
import mutatedinputs

SHARE = {"frames": 250_000, "messages": 500, "documents": 100}  # of one task
USUAL = {"frames": 10_000_000, "messages": 20_000, "documents": 2_000}


def main() -> int:
    asked = _asked()
    count = asked.count or USUAL[asked.kind]
    shares = [SHARE[asked.kind]] * (count // SHARE[asked.kind])
    shares += [rest] if (rest := count % SHARE[asked.kind]) else []
    print(f"{count} damaged {asked.kind}, seed {asked.seed}, {asked.jobs} processes", flush=True)
    begin = time.monotonic()
    task = partial(check, asked.kind, asked.seed)
    with ProcessPoolExecutor(asked.jobs, max_tasks_per_child=200) as pool:
        peak = max(pool.map(task, range(len(shares)), shares), default=0)
    took = time.monotonic() - begin
    print(f"{count} {asked.kind} in {took:.0f} s, {count / took:.0f} a second, "
          f"at most {peak // 1024} MiB in a process: nothing broke")  # fmt: skip
    return 0


def check(kind: str, seed: int, number: int, count: int) -> int:
    """One share; gives the largest size that the process had, in KiB."""
    _checks(kind, number)(seed * 1_000_000 + number, count)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _checks(kind: str, number: int) -> Callable[[int, int], object]:
    if kind == "frames":
        return mutatedframes.check
    name = fuzzseeds.PROFILES[number % len(fuzzseeds.PROFILES)]
    check = {"messages": mutatedinputs.check_messages, "documents": mutatedinputs.check_documents}
    return partial(check[kind], name)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=SHARE)
    parser.add_argument("--count", type=int, default=0, help="what CI does when it is not given")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
