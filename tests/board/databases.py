"""The databases that a board is tested on: an SQLite file, and a PostgreSQL server where one is.

`TELERAD_TEST_DB` names the server by a URL of somebody who may make schemas, as `.ci/run` does.
Every process of the tests has a schema of its own there, emptied before each test.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, make_url, text

from harness.show.board.store.database import Database
from harness.show.board.store.tables import METADATA

KINDS = ("sqlite", "postgresql")
SERVER = os.environ.get("TELERAD_TEST_DB", "")


@contextmanager
def schema() -> Iterator[str]:
    """A URL that leads to an empty schema, which is gone afterwards."""
    name = f"telerad_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    server = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    with server.connect() as to:
        to.execute(text(f'CREATE SCHEMA "{name}"'))
        way = {"options": f"-csearch_path={name}", "application_name": name}
        path = make_url(SERVER).update_query_dict(way)
        yield path.render_as_string(hide_password=False)
        to.execute(text(f'DROP SCHEMA "{name}" CASCADE'))
    server.dispose()


def empty(url: str) -> None:
    """Leave every table there without a row, and numbers begin at 1 again."""
    emptied = Database(url)
    names = ", ".join(f'"{table.name}"' for table in METADATA.sorted_tables)
    with emptied.writing() as to:
        to.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
    emptied.close()


def cut(url: str) -> int:
    """End every connection that a board has to its schema; how many there were."""
    name = make_url(url).query["application_name"]
    server = create_engine(SERVER)
    ours = "pg_stat_activity WHERE application_name = :name"
    with server.connect() as to:
        told = to.execute(text(f"SELECT pg_terminate_backend(pid) FROM {ours}"), {"name": name})
        count = len(told.all())
    server.dispose()
    return count
