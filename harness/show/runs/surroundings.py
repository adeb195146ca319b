"""Where and when a run takes place: the version of this program, the machine, the time."""

import platform
from datetime import datetime

from harness.version import VERSION


def tool_version() -> str:
    """The version of this program."""
    return VERSION


def environment() -> tuple[tuple[str, str], ...]:
    """What the report says of the machine: nothing that names it."""
    return (
        ("telerad", tool_version()),
        ("python", platform.python_version()),
        ("system", f"{platform.system()} {platform.machine()}"),
    )


def now() -> datetime:
    """The present time with the local zone, to the second."""
    return datetime.now().astimezone().replace(microsecond=0)
