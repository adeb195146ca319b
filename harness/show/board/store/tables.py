"""The tables of a board. The same on SQLite and on PostgreSQL.

Times are seconds since 1970, UTC. Codes and keys are kept as keyed hashes only.
"""

from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    true,
)

METADATA: Final = MetaData()

ROOMS: Final = Table(
    "rooms",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("profile", String(64), nullable=False),
    Column("scenarios", Text, nullable=False),  # names, one a line
    Column("agenda", Text, nullable=False),
    Column("closed", Boolean, nullable=False),
    Column("created", Float, nullable=False),
)

# What lets somebody in: `role` is what who shows it becomes, `person` set for a personal key.
KEYS: Final = Table(
    "keys",
    METADATA,
    Column("hash", String(64), primary_key=True),
    Column("room", ForeignKey("rooms.id"), nullable=False),
    Column("role", String(16), nullable=False),
    Column("person", ForeignKey("people.id"), nullable=True),
)

PEOPLE: Final = Table(
    "people",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("room", ForeignKey("rooms.id"), nullable=False),
    Column("role", String(16), nullable=False),  # organiser, monitor, vendor
    Column("name", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("epoch", Integer, nullable=False),  # counts up to end every session cookie
    Column("created", Float, nullable=False),
)

# What a program shows in the place of a person.
TOKENS: Final = Table(
    "tokens",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("hash", String(64), nullable=False, unique=True),
    Column("person", ForeignKey("people.id"), nullable=False),
    Column("label", Text, nullable=False),
    Column("created", Float, nullable=False),
)

SYSTEMS: Final = Table(
    "systems",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("room", ForeignKey("rooms.id"), nullable=False),
    Column("owner", ForeignKey("people.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("role", String(16), nullable=False),  # ris, platform
    Column("host", Text, nullable=False),
    Column("port", Integer, nullable=False),
    Column("tls", Boolean, nullable=False),
    Column("tls_name", Text, nullable=False, server_default=""),
    Column("tls_client", Boolean, nullable=False, server_default=true()),
    Column("listen", Integer, nullable=False, unique=True),  # where it reaches us
    Column("created", Float, nullable=False),
)

# `verdict` is a word, empty as long as there is none. `other` is None against our own simulator;
# else `system` is a RIS and `other` a platform, and `blame` says which of them is at fault.
RUNS: Final = Table(
    "runs",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("room", ForeignKey("rooms.id"), nullable=False),
    Column("system", ForeignKey("systems.id"), nullable=False),
    Column("version", Text, nullable=False),
    Column("other", ForeignKey("systems.id"), nullable=True),
    Column("other_version", Text, nullable=False),
    Column("scenario", String(128), nullable=False),
    Column("asked_by", ForeignKey("people.id"), nullable=False),
    Column("state", String(16), nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("blame", String(16), nullable=False),  # ris, platform, both, or empty
    Column("reason", Text, nullable=False),  # JSON {fr, en}, or empty
    Column("asked", Float, nullable=False),
    Column("started", Float, nullable=True),
    Column("ended", Float, nullable=True),
    Index("runs_state", "state"),
    Index("runs_cell", "room", "system", "version", "scenario"),
)

# Who is to play what, and when: `system` and `other` as in a run.
SLOTS: Final = Table(
    "slots",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("room", ForeignKey("rooms.id"), nullable=False),
    Column("system", ForeignKey("systems.id"), nullable=False),
    Column("other", ForeignKey("systems.id"), nullable=True),
    Column("scenario", String(128), nullable=False),
    Column("starts", Float, nullable=False),
    Column("length", Float, nullable=False),  # seconds
    Column("made", Float, nullable=False),
    Index("slots_room", "room", "starts"),
)

# Levels that are taken as done, by whom and why; `system` None for all of the room. All are kept.
WAIVERS: Final = Table(
    "waivers",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("room", ForeignKey("rooms.id"), nullable=False),
    Column("system", ForeignKey("systems.id"), nullable=True),
    Column("version", Text, nullable=False),
    Column("level", String(16), nullable=False),
    Column("person", ForeignKey("people.id"), nullable=True),
    Column("comment", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("ended", Float, nullable=True),
    Index("waivers_room", "room"),
)

# What monitors say of a run, in order; nothing is ever changed.
REVIEWS: Final = Table(
    "reviews",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("run", ForeignKey("runs.id"), nullable=False),
    Column("person", ForeignKey("people.id"), nullable=False),
    Column("state", String(16), nullable=False),
    Column("comment", Text, nullable=False),
    Column("at", Float, nullable=False),
    Index("reviews_run", "run", "id"),
)

# Files that show what no wire shows; `file` is our own name for it, below the run's folder.
ATTACHMENTS: Final = Table(
    "attachments",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("run", ForeignKey("runs.id"), nullable=False),
    Column("person", ForeignKey("people.id"), nullable=False),
    Column("step", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("size", Integer, nullable=False),  # bytes
    Column("sha256", String(64), nullable=False),
    Column("file", String(64), nullable=False),
    Column("at", Float, nullable=False),
    Column("removed", Float, nullable=True),
    Index("attachments_run", "run", "id"),
)

# `run` is None for what is about the room. `open`: everybody in the room may read it.
EVENTS: Final = Table(
    "events",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("room", ForeignKey("rooms.id"), nullable=False),
    Column("run", ForeignKey("runs.id"), nullable=True),
    Column("open", Boolean, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("data", Text, nullable=False),  # JSON
    Column("at", Float, nullable=False),
    Index("events_room", "room", "id"),
    Index("events_run", "run", "id"),
)
