"""What `telerad doctor` looks at: one line for each thing that has to hold before a run.

Each line says what was tried, what was found, and what to do when it does not hold.
"""

import locale
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from harness.sim.network import probe
from harness.sim.network.net import Address
from harness.sim.network.probe import Found, Handshake
from harness.sim.network.tls import Tls
from harness.text import Text, plain, say

SOON: Final = 30  # days before the end of a certificate that are worth a warning
LITTLE: Final = 500 * 1024 * 1024  # bytes of free room
State = Literal["good", "warning", "bad"]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at. `do` is None when nothing is to be done."""

    state: State
    what: Text
    found: Text
    do: Text | None = None


def look(
    *, listen: Address | None, sut: Address | None, tls: Tls | None, folder: Path, now: datetime
) -> Iterator[Line]:
    """Every line, in the order in which a run needs them."""
    yield _charset()
    yield from _clock(now)
    yield _room(folder)
    if tls:
        yield from _own(tls, now)
    if listen:
        yield port_of(listen)
    if sut:
        yield from other_side(sut, tls, now)


def _line(found: Found, what: Text, do: Text) -> Line:
    return Line("good" if found.good else "bad", what, found.words, None if found.good else do)


# -- this machine ---------------------------------------------------------------------------


def _charset() -> Line:
    """Names have accents: terminal and file names must take them."""
    output = (sys.stdout.encoding or "-").lower()
    files, local = sys.getfilesystemencoding(), locale.getpreferredencoding(False)
    words = say("doctor.charset.found", output=output, files=files, local=local)
    good = {name.lower().replace("-", "") for name in (output, files)} <= {"utf8"}
    do = None if good else say("doctor.charset.do")
    return Line("good" if good else "warning", say("doctor.charset"), words, do)


def _clock(now: datetime) -> Iterator[Line]:
    """The time goes into MSH-7 and certificates are valid by it."""
    offset = now.strftime("%z")
    words = plain(f"{now:%Y-%m-%d %H:%M:%S} {offset} ({now.tzname()})")
    known = _newest_file()
    if now < known:
        do = say("doctor.clock.past", day=f"{known:%Y-%m-%d}")
        yield Line("bad", say("doctor.clock"), words, do)
    elif offset == "+0000":
        yield Line("warning", say("doctor.clock"), words, say("doctor.clock.utc"))
    else:
        yield Line("good", say("doctor.clock"), words)


def _newest_file() -> datetime:
    """When this program was written: the present cannot be before."""
    return datetime.fromtimestamp(Path(__file__).stat().st_mtime, UTC)


def _room(folder: Path) -> Line:
    """Every message is on disk before it is acknowledged."""
    what = say("doctor.write", folder=str(folder))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"telerad")
            file.flush()
            os.fsync(file.fileno())
        free = shutil.disk_usage(folder).free
    except OSError as wrong:
        return Line("bad", what, plain(wrong.strerror or str(wrong)), say("doctor.write.do"))
    words = say("doctor.write.found", free=f"{free // 1024**2:,}".replace(",", " "))
    if free < LITTLE:
        return Line("warning", what, words, say("doctor.write.little"))
    return Line("good", what, words)


def port_of(listen: Address) -> Line:
    """Where the system under test is to reach us."""
    where = f"{listen[0]}:{listen[1]}"
    line = _line(
        probe.can_listen(listen), say("doctor.listen", where=where), say("doctor.listen.do")
    )
    if line.state == "good" and listen[0] in ("127.0.0.1", "::1", "localhost"):
        return Line("warning", line.what, say("doctor.listen.local"), say("doctor.listen.open"))
    return line


# -- certificates ---------------------------------------------------------------------------


def _own(tls: Tls, now: datetime) -> Iterator[Line]:
    """The certificates that we were given: how long they last."""
    from harness.sim.network import certificates

    for file in filter(None, (tls.cert, tls.ca)):
        what = say("doctor.certificate", file=str(file))
        try:
            seen = certificates.read_file(file)
        except (OSError, ValueError) as wrong:
            yield Line("bad", what, plain(str(wrong)), say("doctor.certificate.do"))
            continue
        yield _lasting(what, seen.subject, seen.begins, seen.ends, now)


def _lasting(what: Text, subject: str, begins: datetime, ends: datetime, now: datetime) -> Line:
    left = (ends - now).days
    day = f"{ends:%Y-%m-%d}"
    if now < begins:
        words = say("doctor.certificate.early", subject=subject, day=f"{begins:%Y-%m-%d}")
        return Line("bad", what, words, say("doctor.certificate.clock"))
    words = say("doctor.certificate.until", subject=subject, day=day, days=left)
    if now > ends:
        words = say("doctor.certificate.expired", subject=subject, day=day)
        return Line("bad", what, words, say("doctor.certificate.renew"))
    if left < SOON:
        return Line("warning", what, words, say("doctor.certificate.renew"))
    return Line("good", what, words)


# -- the other side -------------------------------------------------------------------------


def other_side(sut: Address, tls: Tls | None, now: datetime) -> Iterator[Line]:
    """Name, port, TLS; what needs the one before is not tried after it failed."""
    where = f"{sut[0]}:{sut[1]}"
    name = _line(probe.resolve(*sut), say("doctor.name", host=sut[0]), say("doctor.name.do"))
    yield name
    if name.state == "bad":
        return
    port = _line(probe.reach(sut), say("doctor.reach", where=where), say("doctor.reach.do"))
    yield port
    if port.state == "bad" or tls is None:
        return
    what = say("doctor.tls", where=where)
    found = probe.handshake(sut, tls)
    if isinstance(found, Handshake):
        yield Line("good", what, plain(f"{found.version}, {found.cipher}"))
        yield from _theirs(found, where, now)
    else:
        yield Line("bad", what, found, say("doctor.tls.do"))


def _theirs(found: Handshake, where: str, now: datetime) -> Iterator[Line]:
    from harness.sim.network import certificates

    if found.certificate:
        seen = certificates.read(found.certificate)
        what = say("doctor.theirs", where=where, issuer=seen.issuer)
        yield _lasting(what, seen.subject, seen.begins, seen.ends, now)
