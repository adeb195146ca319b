"""What a file of a corpus is, by the end of its name."""

from pathlib import Path
from typing import Final

TAR: Final = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2")
LINES: Final = (".ndjson", ".jsonl", ".ndjson.gz", ".ndjson.xz", ".jsonl.gz", ".jsonl.xz")
ARCHIVES: Final = (*TAR, ".zip", *LINES)


def is_archive(path: Path) -> bool:
    """A file that holds many messages."""
    return path.name.lower().endswith(ARCHIVES) and not path.is_dir()
