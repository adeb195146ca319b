"""What tests of corpora share."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Packed = Callable[[dict[str, bytes]], Path]  # an archive of files by name


def as_rows(rows: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in rows.splitlines()]
