"""The database of a board: an embedded SQLite file, or whatever SQLAlchemy can reach by URL.

One process writes. Its writes follow each other, so that the numbers of events grow in the order in
which they become visible: who reads on from a number misses none.

SQLite writes ahead (WAL) and syncs at every commit (FULL): what a page said was done survives a
killed process and a lost supply.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy
from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.schema import CreateColumn

from harness.errors import HarnessError
from harness.show.board.store.tables import METADATA
from harness.text import plain, say

_PRAGMAS: Final = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=10000",
)


class Database:
    """An open database, with its tables made.

    Raises HarnessError for a URL that names no database that can be opened.
    """

    def __init__(self, url: str) -> None:
        self._writing = threading.Lock()
        try:
            self.engine = sqlalchemy.create_engine(url, pool_pre_ping=True)
            if self.engine.dialect.name == "sqlite":
                event.listen(self.engine, "connect", _set_up)
            METADATA.create_all(self.engine)
            self._add_columns()
        except (SQLAlchemyError, NoSuchModuleError, ArgumentError, ImportError) as wrong:
            reason = str(getattr(wrong, "orig", None) or wrong).splitlines()[0]
            raise HarnessError(say("board.no_database", reason=plain(reason))) from None

    def _add_columns(self) -> None:
        """Columns that a version before this one did not know; they have a value for every row."""
        found = sqlalchemy.inspect(self.engine)
        with self.engine.begin() as to:
            for table in METADATA.sorted_tables:
                there = {column["name"] for column in found.get_columns(table.name)}
                for column in table.columns:
                    if column.name not in there:
                        made = CreateColumn(column).compile(dialect=self.engine.dialect)
                        to.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {made}")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of everything."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is on disk when the block ends; nothing of it if the block raises."""
        with self._writing, self.engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def sqlite_url(file: Path) -> str:
    """The URL of an embedded database in a file."""
    return f"sqlite:///{file.absolute()}"


def without_password(url: str) -> str:
    """The URL as it may be shown."""
    return make_url(url).render_as_string(hide_password=True)


def _set_up(connection: Any, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
