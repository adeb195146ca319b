"""Who is in a session: rooms, the keys that open them, people, their systems.

Everything here takes what a page has checked already, but for what only the database can tell.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from harness.errors import HarnessError
from harness.show.board.store import codes
from harness.show.board.store.codes import Secret
from harness.show.board.store.database import Database
from harness.show.board.store.tables import KEYS, PEOPLE, ROOMS, RUNS, SYSTEMS
from harness.sim.network.tls import Tls
from harness.text import say

ROLES: Final = ("organiser", "monitor", "vendor")


@dataclass(frozen=True, slots=True)
class Room:
    """One session. `scenarios` are names in the order of the board; `agenda` is free text."""

    id: int
    name: str
    profile: str
    scenarios: tuple[str, ...]
    agenda: str
    closed: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in a room. `role`: "organiser", "monitor" or "vendor"."""

    id: int
    room: int
    role: str
    name: str
    organisation: str
    epoch: int

    @property
    def sees_all(self) -> bool:
        """Organisers and monitors read everything of their room."""
        return self.role != "vendor"

    @property
    def organises(self) -> bool:
        """May change the room."""
        return self.role == "organiser"


@dataclass(frozen=True, slots=True)
class System:
    """A product in one role. `host:port` is where it listens, `listen` our port where it sends.

    `tls_name` is the name that its certificate is made out to, empty for that of `host`;
    `tls_client`: it shows a certificate when it connects.
    """

    id: int
    room: int
    owner: int
    organisation: str
    name: str
    version: str
    role: str
    host: str
    port: int
    tls: bool
    tls_name: str
    tls_client: bool
    listen: int

    @property
    def title(self) -> str:
        """What the board calls it."""
        return " ".join(part for part in (self.organisation, self.name, self.version) if part)


# -- rooms and keys --------------------------------------------------------------------------


def make_room(
    database: Database,
    secret: Secret,
    *,
    name: str,
    profile: str,
    scenarios: Iterable[str],
    agenda: str = "",
) -> tuple[int, dict[str, str]]:
    """A new room: its number, and its code for each role, which nobody can be told again."""
    values = {"name": name, "profile": profile, "scenarios": "\n".join(scenarios)}
    with database.writing() as to:
        made = to.execute(
            insert(ROOMS).values(**values, agenda=agenda, closed=False, created=time.time())
        )
        number = _key(made.inserted_primary_key)
        return number, {role: _new_code(to, secret, number, role) for role in ROLES}


def renew_code(database: Database, secret: Secret, room: int, role: str) -> str:
    """A new code for a role; the one before opens nothing any more."""
    with database.writing() as to:
        old = KEYS.c.room == room, KEYS.c.role == role, KEYS.c.person.is_(None)
        to.execute(delete(KEYS).where(*old))
        return _new_code(to, secret, room, role)


def _new_code(
    to: Connection, secret: Secret, room: int, role: str, person: int | None = None
) -> str:
    code = codes.make()
    to.execute(insert(KEYS).values(hash=secret.hash(code), room=room, role=role, person=person))
    return code


def close_room(database: Database, room: int, *, closed: bool) -> None:
    """No run begins in a closed room, and nobody joins it."""
    with database.writing() as to:
        to.execute(update(ROOMS).where(ROOMS.c.id == room).values(closed=closed))


def room(database: Database, number: int) -> Room | None:
    """A room by its number."""
    with database.reading() as of:
        found = of.execute(select(ROOMS).where(ROOMS.c.id == number)).mappings().first()
    return _room(found) if found else None


def every_room(database: Database) -> tuple[Room, ...]:
    """All rooms, the oldest first."""
    with database.reading() as of:
        return tuple(_room(one) for one in of.execute(select(ROOMS).order_by("id")).mappings())


# -- people ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """What a code opens: a room in a role, or what a person had already."""

    room: int
    role: str
    person: int | None


def opened_by(database: Database, secret: Secret, code: str) -> Opened | None:
    """What a code opens; None for one that opens nothing."""
    with database.reading() as of:
        found = of.execute(select(KEYS).where(KEYS.c.hash == secret.hash(code))).mappings().first()
    return Opened(found["room"], found["role"], found["person"]) if found else None


def join(
    database: Database, secret: Secret, opened: Opened, name: str, organisation: str
) -> tuple[int, str]:
    """A new person: the number, and the personal key to come back with."""
    values = {"room": opened.room, "role": opened.role, "name": name, "organisation": organisation}
    with database.writing() as to:
        made = to.execute(insert(PEOPLE).values(**values, epoch=0, created=time.time()))
        number = _key(made.inserted_primary_key)
        return number, _new_code(to, secret, opened.room, opened.role, number)


def leave(database: Database, person: int) -> None:
    """End every session of a person; the personal key still opens."""
    with database.writing() as to:
        to.execute(update(PEOPLE).where(PEOPLE.c.id == person).values(epoch=PEOPLE.c.epoch + 1))


def person(database: Database, number: int) -> Person | None:
    """A person by number."""
    with database.reading() as of:
        found = of.execute(select(PEOPLE).where(PEOPLE.c.id == number)).mappings().first()
    return _person(found) if found else None


def people(database: Database, room: int) -> tuple[Person, ...]:
    """Everybody who joined a room, in order."""
    wanted = select(PEOPLE).where(PEOPLE.c.room == room).order_by("id")
    with database.reading() as of:
        return tuple(_person(one) for one in of.execute(wanted).mappings())


def epochs(database: Database) -> dict[int, int]:
    """The epoch of every person."""
    with database.reading() as of:
        return {row.id: row.epoch for row in of.execute(select(PEOPLE.c.id, PEOPLE.c.epoch))}


# -- systems ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Declared:
    """What a vendor says of a system."""

    name: str
    version: str
    role: str
    host: str
    port: int
    tls: bool
    tls_name: str = ""
    tls_client: bool = True


def declare(database: Database, owner: Person, said: Declared, ports: Iterable[int]) -> int:
    """A new system, given the first free port. Raises HarnessError when none is left."""
    with database.writing() as to:
        taken = set(to.execute(select(SYSTEMS.c.listen)).scalars())
        free = next((port for port in ports if port not in taken), None)
        if free is None:
            raise HarnessError(say("board.no_port"))
        values = {**_declared(said), "room": owner.room, "owner": owner.id, "listen": free}
        made = to.execute(insert(SYSTEMS).values(**values, created=time.time()))
        return _key(made.inserted_primary_key)


def change(database: Database, system: int, said: Declared) -> None:
    """What a vendor says now; its role stays. Results stay with the version they were got with."""
    values = {key: value for key, value in _declared(said).items() if key != "role"}
    with database.writing() as to:
        to.execute(update(SYSTEMS).where(SYSTEMS.c.id == system).values(**values))


def tls_with(system: System, ours: Tls | None) -> Tls | None:
    """How we speak TLS with a system; None for a plain line."""
    if ours is None or not system.tls:
        return None
    client = ours.client if system.tls_client else "none"
    return replace(ours, name=system.tls_name or ours.name, client=client)


def system(database: Database, number: int) -> System | None:
    """A system by number."""
    with database.reading() as of:
        found = of.execute(_systems().where(SYSTEMS.c.id == number)).mappings().first()
    return _system(found) if found else None


def systems(database: Database, room: int) -> tuple[System, ...]:
    """Every system of a room: RIS first, then platforms, in the order declared."""
    wanted = _systems().where(SYSTEMS.c.room == room).order_by(SYSTEMS.c.role.desc(), SYSTEMS.c.id)
    with database.reading() as of:
        return tuple(_system(one) for one in of.execute(wanted).mappings())


def owners(database: Database) -> dict[int, int]:
    """The owner of every system."""
    with database.reading() as of:
        return {row.id: row.owner for row in of.execute(select(SYSTEMS.c.id, SYSTEMS.c.owner))}


def count_runs(database: Database, person: int) -> int:
    """Runs that a person has asked for and that are not over."""
    wanted = select(func.count()).where(
        RUNS.c.asked_by == person, RUNS.c.state.in_(("queued", "running"))
    )
    with database.reading() as of:
        return int(of.execute(wanted).scalar_one())


def _systems() -> Select[Any]:
    joined = SYSTEMS.join(PEOPLE, SYSTEMS.c.owner == PEOPLE.c.id)
    return select(SYSTEMS, PEOPLE.c.organisation).select_from(joined)


def _declared(said: Declared) -> dict[str, Any]:
    names = ("name", "version", "role", "host", "port", "tls", "tls_name", "tls_client")
    return {name: getattr(said, name) for name in names}


def _room(row: Mapping[Any, Any]) -> Room:
    scenarios = tuple(row["scenarios"].split("\n"))
    return Room(
        row["id"], row["name"], row["profile"], scenarios, row["agenda"], bool(row["closed"])
    )


def _person(row: Mapping[Any, Any]) -> Person:
    names = ("id", "room", "role", "name", "organisation", "epoch")
    return Person(*(row[name] for name in names))


def _system(row: Mapping[Any, Any]) -> System:
    names = (field.name for field in fields(System))
    return System(**{name: row[name] for name in names})


def _key(made: Any) -> int:
    return int(made[0])
