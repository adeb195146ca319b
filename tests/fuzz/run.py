"""Fuzz one target for some minutes: `python tests/fuzz/run.py er7 --minutes 30`.

Needs the extra `fuzz` (atheris, Python 3.11 on Linux). Prints executions, coverage and executions
per second; fails when an input broke something, and says in which file that input is.
"""

import argparse
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
KEPT = HERE.parents[1] / "reports" / "runs" / "fuzz"
NAMES = (
    "er7",
    "mllp",
    "cda",
    "scenario",
    "play",
    "files",
    "dates",
    "base64",
    "journal",
    "judgement",
)
QUICK = Path("/dev/shm")  # files of a few bytes, thousands a second
_NOISE = re.compile(r"INFO:|WARNING:|#\d|0x|Base64:|.*DE: |$")
_FIGURES = re.compile(r"#(\d+)\s+\w+\s+cov: (\d+) ft: (\d+) corp: (\d+)/\S+.*exec/s: (\d+)")


def main() -> int:
    asked = _asked()
    if importlib.util.find_spec("atheris") is None:
        print(
            "skipped: atheris is not installed (pip install 'telerad-harness[fuzz]', Python 3.11)"
        )
        return 0 if asked.may_skip else 2
    folder = asked.folder / asked.target
    command = [sys.executable, str(HERE / "fuzzing.py"), asked.target, *_options(asked, folder)]
    print(f"{asked.target}: {asked.minutes} min, seed {asked.seed}, in {folder}", flush=True)
    with TemporaryDirectory(dir=QUICK if QUICK.is_dir() else None) as scratch:
        code = _run(command, folder / "log", {**os.environ, "TMPDIR": scratch})
    lines = (folder / "log").read_text("utf-8", "replace").splitlines()
    _told(asked.target, lines)
    return _ended(code, folder, lines)


def _run(command: list[str], log: Path, around: dict[str, str]) -> int:
    with log.open("w", encoding="utf-8") as out:
        return subprocess.run(command, stdout=out, stderr=out, env=around, check=False).returncode


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", choices=NAMES)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--runs", type=int, default=-1, help="stop after so many executions")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=KEPT, help="corpus, log and what broke")
    parser.add_argument(
        "--may-skip", action="store_true", help="no failure where atheris is absent"
    )
    return parser.parse_args()


def _options(asked: argparse.Namespace, folder: Path) -> list[str]:
    """What libFuzzer takes; the corpus of earlier runs is used again, and our seeds with it."""
    sys.path.insert(0, str(HERE))
    import fuzzseeds
    from fuzztargets import TARGETS

    target = TARGETS[asked.target]
    seeds, corpus = folder / "seeds", folder / "corpus"
    for made in (seeds, corpus):
        made.mkdir(parents=True, exist_ok=True)
    for number, raw in enumerate(target.seeds()):
        (seeds / f"{number:04d}").write_bytes(raw)
    fuzzseeds.write_dictionary(folder / "dictionary")
    return [
        f"-max_total_time={int(asked.minutes * 60)}",
        f"-runs={asked.runs}",
        f"-seed={asked.seed}",
        f"-max_len={target.longest}",
        f"-dict={folder / 'dictionary'}",
        f"-artifact_prefix={folder}/",
        "-timeout=60",
        "-report_slow_units=600",
        "-rss_limit_mb=1024",
        "-print_final_stats=1",
        str(corpus),
        str(seeds),
    ]


def _told(target: str, lines: list[str]) -> None:
    found = next(filter(None, map(_FIGURES.match, reversed(lines))), None)
    if found:
        count, places, features, kept, rate = found.groups()
        print(f"{target}: {count} executions, {places} places covered ({features} features), "
              f"{kept} inputs kept, {rate} a second")  # fmt: skip


def _ended(code: int, folder: Path, lines: list[str]) -> int:
    """What broke in this run; what an earlier one left is not looked at."""
    broken = [line.rpartition(" ")[2] for line in lines if "Test unit written to" in line]
    if broken:
        print("\n".join(line for line in lines if not _NOISE.match(line)))
    for file in broken:
        print(f"broke: {file}")
    print("nothing broke" if code == 0 and not broken else f"the fuzzer ended with {code}")
    return 1 if code or broken else 0


if __name__ == "__main__":
    sys.exit(main())
