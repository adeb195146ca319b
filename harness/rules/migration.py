"""What becomes of each datum of one guide under another: `migration.yaml` of the later profile.

    from: livre-blanc-2024
    flows:
    - from: A                            # flow of the earlier guide; absent for a new one
      to: "1"
      status: changed
      text: {fr: …, en: …}
      rows:
      - says: {fr: …, en: …}             # the datum
        status: split
        element: clinical-information    # where it stood: an element of the earlier guide …
        was: [OBR-31]                    # … or places
        now: [OBR-13, NTE-3]             # where it goes
        in: "1"                          # the flow it goes to, when that is another one
        rules: [LB-A-CLINICAL]           # rules of the earlier guide that end here
        text: {fr: …, en: …}             # what to do

Source: ANS teleradiology guide 0.1.0-ballot, segment tables of flows 1 to 4, beside the white paper
VF 2024-10-03, 3.2.2 and 3.3.1.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from harness import yamlfile
from harness.rules import profile_file
from harness.rules.profile import Profile
from harness.text import Text
from harness.wire import er7path
from harness.yamlfile import Item

_FILE: Final = frozenset({"from", "flows"})
_FLOW: Final = frozenset({"from", "to", "status", "text", "rows"})
_ROW: Final = frozenset({"says", "status", "element", "was", "now", "in", "rules", "text"})


class Status(Enum):
    """What became of a datum or a flow."""

    KEPT = "kept"
    SPLIT = "split"
    MOVED = "moved"
    CHANGED = "changed"
    NEW = "new"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Move:
    """A datum: `was` its places in `flow` of the earlier guide, `now` those in flow `to`.

    `flow` is empty for what is new with its flow. `rules` are ids of the earlier guide.
    """

    says: Text
    status: Status
    flow: str
    to: str
    was: tuple[str, ...] = ()
    now: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    text: Text | None = None


@dataclass(frozen=True, slots=True)
class FlowMove:
    """A flow, what became of it, and its data."""

    flow: str
    to: str
    status: Status
    text: Text
    rows: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class Migration:
    """The way from one guide to another; no flows when no file describes it."""

    source: Profile
    target: Profile
    flows: tuple[FlowMove, ...] = ()

    @property
    def rows(self) -> tuple[Move, ...]:
        """The data of all flows."""
        return tuple(row for flow in self.flows for row in flow.rows)


def load(source: Profile, target: Profile) -> Migration:
    """The migration described by `target`, or by a profile that it extends.

    Raises HarnessError with file, line and column for a rule, place or flow that does not exist.
    """
    flows: list[FlowMove] = []
    for folder in profile_file.folders(target.id):
        file = folder / "migration.yaml"
        if file.is_file():
            flows += _flows(file, source, target)
    return Migration(source, target, tuple(flows))


def _flows(file: Path, source: Profile, target: Profile) -> Iterator[FlowMove]:
    content = yamlfile.load(file)
    content.only(_FILE)
    if content.need("from").text == source.id:
        for item in content.need("flows").items:
            yield _flow(item, source, target)


def _flow(item: Item, source: Profile, target: Profile) -> FlowMove:
    item.only(_FLOW)
    flow = _known(item.get("from"), tuple(source.flows))
    to = _known(item.need("to"), tuple(target.flows))
    rows = item.get("rows")
    return FlowMove(
        flow,
        to,
        _status(item),
        item.need("text").both(),
        tuple(_row(row, flow, to, source, target) for row in rows.items) if rows else (),
    )


def _row(item: Item, flow: str, to: str, source: Profile, target: Profile) -> Move:
    item.only(_ROW)
    element, inside, text = item.get("element"), item.get("in"), item.get("text")
    if element:
        _known(element, tuple(source.elements))
    return Move(
        says=item.need("says").both(),
        status=_status(item),
        flow=flow,
        to=_known(inside, tuple(target.flows)) or to,
        was=source.elements[element.text].places if element else _places(item.get("was")),
        now=_places(item.get("now")),
        rules=_rules(item.get("rules"), source),
        text=text.both() if text else None,
    )


def _status(item: Item) -> Status:
    named = item.need("status")
    _known(named, tuple(status.value for status in Status))
    return Status(named.text)


def _known(item: Item | None, names: tuple[str, ...]) -> str:
    if item is None:
        return ""
    if item.text not in names:
        raise item.error("yaml.unknown_value", hint=", ".join(names), value=item.text)
    return item.text


def _places(item: Item | None) -> tuple[str, ...]:
    for place in item.items if item else ():
        if not er7path.is_path(place.text):
            raise place.error("er7.path.wrong", path=place.text)
    return item.texts if item else ()


def _rules(item: Item | None, source: Profile) -> tuple[str, ...]:
    for name in item.items if item else ():
        if source.rule(name.text) is None:
            raise name.error("profile.no_rule", id=name.text)
    return item.texts if item else ()
