"""Rows as Parquet: row groups follow the parts that the rows stand in, columns the schema."""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from harness.errors import HarnessError
from harness.show.corpus.rows import COLUMNS
from harness.text import say

if TYPE_CHECKING:
    import pyarrow as pa

_WHOLE: Final = frozenset({"index", "bytes", "findings", "line"})
_GROUP: Final = 20_000  # rows in memory at once
_YES_OR_NO: Final = frozenset({"guessed"})


def check() -> None:
    """Raises HarnessError when Parquet cannot be written here."""
    try:
        import pyarrow  # noqa: F401  only whether it is there
    except ImportError:
        raise HarnessError(say("corpus.no_pyarrow"), hint="telerad-harness[corpora]") from None


def schema() -> "pa.Schema":
    """The columns and their types."""
    import pyarrow as pa

    def kind(name: str) -> Any:
        return pa.int64() if name in _WHOLE else pa.bool_() if name in _YES_OR_NO else pa.string()

    return pa.schema([(name, kind(name)) for name in COLUMNS])


def write(parts: Sequence[Path], into: Path) -> None:
    """Write files of rows as one Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = schema()
    with pq.ParquetWriter(into, columns, compression="zstd") as writer:
        for part in parts:
            rows = _rows(part)
            while group := list(islice(rows, _GROUP)):
                writer.write_table(pa.Table.from_pylist(group, schema=columns))


def _rows(part: Path) -> Iterator[dict[str, Any]]:
    with part.open("rb") as file:
        for line in file:
            yield json.loads(line)
