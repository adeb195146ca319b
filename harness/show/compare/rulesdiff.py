"""Two guides side by side: rules added, changed, moved and retired, and where each datum goes.

A rule is the same by its id. What moved is said by the later guide's `migration.yaml`; its rules
are those about the new places.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from harness.rules import migration
from harness.rules.counterpart import counterpart
from harness.rules.migration import FlowMove, Migration, Move, Status
from harness.rules.profile import Flow, Profile, retired
from harness.rules.rule import Rule
from harness.show.pages import page
from harness.show.place import overlaps, places_of
from harness.show.saying import source as source_of
from harness.show.terminal import Terminal
from harness.text import Text, catalogue, say
from harness.wire import er7path
from harness.wire.er7path import Path, Pick

SCHEMA: Final = "telerad-rules-diff-1"
_SIGNS: Final = {
    "moved": ("→", "cyan"),
    "changed": ("~", "yellow"),
    "added": ("+", "green"),
    "retired": ("−", "red"),
    "unchanged": ("=", "dim"),
}


@dataclass(frozen=True, slots=True)
class Changed:
    """A rule of both guides. `what` differs: level, kinds, says, place, source."""

    before: Rule
    after: Rule
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """A datum with the rules about it in each guide."""

    move: Move
    before: tuple[Rule, ...]
    after: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Retired:
    """A rule that only the earlier guide has; `why` when it is known."""

    rule: Rule
    why: Text | None


@dataclass(frozen=True, slots=True)
class Diff:
    """All that differs from `source` to `target`, in the order of the guides.

    `moved` are the data of the migration, `added` the rules of the target that belong to none of
    them but what is new.
    """

    source: Profile
    target: Profile
    flows: tuple[FlowMove, ...]
    moved: tuple[Moved, ...]
    changed: tuple[Changed, ...]
    added: tuple[Rule, ...]
    retired: tuple[Retired, ...]
    unchanged: int

    @property
    def counts(self) -> dict[str, int]:
        """How many rules there are of each category: a moved one counts in its earlier form."""
        gone = {rule.id for one in self.moved for rule in one.before}
        gone -= {one.rule.id for one in self.retired}
        return {
            "moved": len(gone),
            "changed": len(self.changed),
            "added": len(self.added),
            "retired": len(self.retired),
            "unchanged": self.unchanged,
        }


def diff(source: Profile, target: Profile) -> Diff:
    """Compare two guides. Raises HarnessError when the migration file does not hold."""
    way = migration.load(source, target)
    before = {rule.id: rule for rule in source.rules}
    after = {rule.id: rule for rule in target.rules}
    both = [(before[name], after[name]) for name in before if name in after]
    changed = [found for pair in both if (found := _changed(*pair, source, target))]
    moved = tuple(_moved(move, way) for move in way.rows)
    lost = {name: one.move for one in moved for name in one.move.rules if _is_lost(one)}
    kept = {name for one in moved for name in one.move.rules if not _is_lost(one)}
    arrived = {r.id for one in moved if one.move.rules and not _is_lost(one) for r in one.after}
    return Diff(
        source=source,
        target=target,
        flows=way.flows or tuple(_flows(source, target)),
        moved=moved,
        changed=tuple(changed),
        added=tuple(r for r in target.rules if r.id not in before and r.id not in arrived),
        retired=tuple(
            Retired(rule, _why(rule, lost.get(rule.id)))
            for rule in source.rules
            if rule.id not in after and rule.id not in kept
        ),
        unchanged=len(both) - len(changed),
    )


def _is_lost(one: Moved) -> bool:
    return one.move.status is Status.LOST


def _why(rule: Rule, move: Move | None) -> Text | None:
    if move:
        return move.text
    known = retired().get(rule.id)
    return known.because if known else None


def _changed(before: Rule, after: Rule, source: Profile, target: Profile) -> Changed | None:
    pairs = {
        "level": (before.level, after.level),
        "kinds": (
            _kinds(before.kinds, source, target),
            _comparable(after.kinds, source, target),
        ),
        "says": (before.says, after.says),
        "place": (before.at, after.at),
        "source": (before.source, after.source),
    }
    what = tuple(key for key, (one, other) in pairs.items() if one != other)
    return Changed(before, after, what) if what else None


def _kinds(kinds: Iterable[str], source: Profile, target: Profile) -> frozenset[str]:
    """Kinds of the earlier guide in the words of the later one."""
    found = (counterpart(kind, source.id, target) for kind in kinds)
    return frozenset(kind for kind in found if kind)


def _comparable(kinds: frozenset[str], source: Profile, target: Profile) -> frozenset[str]:
    """Without the flows that the earlier guide does not have: none of its rules knows them."""
    known = _kinds(source.flows, source, target)
    return frozenset(kind for kind in kinds if kind not in target.flows or kind in known)


def _flows(source: Profile, target: Profile) -> Iterator[FlowMove]:
    """What can be said of flows without a migration file: which are new, changed, gone."""
    met = set()
    for flow in source.flows.values():
        to = counterpart(flow.id, source.id, target) or ""
        met.add(to)
        status = Status.KEPT if to and _alike(flow, target.flows[to]) else Status.CHANGED
        yield FlowMove(flow.id, to, status if to else Status.LOST, flow.title, ())
    for flow in target.flows.values():
        if flow.id not in met:
            yield FlowMove("", flow.id, Status.NEW, flow.title, ())


def _alike(one: Flow, other: Flow) -> bool:
    return (one.message, one.usage, one.document, one.sender) == (
        other.message,
        other.usage,
        other.document,
        other.sender,
    )


# -- the rules about a datum -----------------------------------------------------------------


def _moved(move: Move, way: Migration) -> Moved:
    known = (way.source.rule(name) for name in move.rules)
    return Moved(move, tuple(rule for rule in known if rule), rules_of(move, way))


def rules_of(move: Move, way: Migration) -> tuple[Rule, ...]:
    """The later guide's rules about the new places, but for those that held before as well."""
    paths = [er7path.parse(place) for place in move.now]
    return tuple(
        rule
        for rule in way.target.rules
        if move.to in rule.kinds
        and not _held(rule, move, way.source)
        and any(_about(rule, path) for path in paths)
    )


def _held(rule: Rule, move: Move, source: Profile) -> bool:
    before = source.rule(rule.id)
    return before is not None and bool(move.flow) and move.flow in before.kinds


def _about(rule: Rule, wanted: Path) -> bool:
    """A place of the rule is the wanted one or inside it, or the wanted one inside it; of segments
    that are picked by what they hold, the same ones.
    """
    pick = wanted.segment_pick
    if pick and wanted.segment == "OBX" and _observed(rule):
        return bool(_observed(rule) & {*pick.values})
    places = [er7path.parse(place) for place in places_of(rule)]
    return any(overlaps(place, wanted) and _picked(place.segment_pick, pick) for place in places)


def _observed(rule: Rule) -> frozenset[str]:
    """The codes of the observations that a rule is about: `OBX CODE / CODE n.1, OBX-5.1`."""
    head = rule.at.partition(",")[0]
    if not head.startswith("OBX "):
        return frozenset()
    return frozenset(one.split()[0] for one in head.removeprefix("OBX ").split(" / ") if one)


def _picked(one: Pick | None, wanted: Pick | None) -> bool:
    if wanted is None or not wanted.values:
        return True
    return one is not None and one.place == wanted.place and bool({*one.values} & {*wanted.values})


# -- terminal --------------------------------------------------------------------------------


def to_terminal(terminal: Terminal, found: Diff) -> None:
    """Counts first, then flows, data, rules."""
    tr, lang = terminal.tr, terminal.lang
    terminal.line((" · ".join(_counted(terminal, found)), "bold"))
    terminal.title(f"{title_of(found.source).in_(lang)} → {title_of(found.target).in_(lang)}")
    for flow in found.flows:
        _tell_flow(terminal, found, flow)
    for key, lines in (
        ("changed", [_changed_line(one, lang) for one in found.changed]),
        ("added", [_rule_line(rule, lang) for rule in found.added]),
        ("retired", [_retired_line(one, lang) for one in found.retired]),
    ):
        if lines:
            terminal.title(f"{tr(f'rulesdiff.{key}')} ({len(lines)})")
        for head, rest, dim in lines:
            sign, style = _SIGNS[key]
            terminal.line("  ", (sign, style), (f" {head:<24} ", "bold"), rest, (dim, "dim"))


def _counted(terminal: Terminal, found: Diff) -> Iterator[str]:
    for key, count in found.counts.items():
        yield f"{_SIGNS[key][0]} {terminal.tr(f'rulesdiff.count.{key}', count=count)}"


def _tell_flow(terminal: Terminal, found: Diff, flow: FlowMove) -> None:
    lang = terminal.lang
    status = terminal.tr(f"move.{flow.status.value}")
    terminal.title(f"{flow.flow or '–'} → {flow.to or '–'}   {status}")
    messages = messages_of(found, flow)
    terminal.line("  ", messages.in_(lang))
    if flow.text.in_(lang) != messages.in_(lang):
        terminal.line("  ", (flow.text.in_(lang), "dim"))
    for one in found.moved:
        if one.move in flow.rows:
            _tell_move(terminal, one, flow)


def _tell_move(terminal: Terminal, one: Moved, flow: FlowMove) -> None:
    move, lang = one.move, terminal.lang
    status = terminal.tr(f"move.{move.status.value}")
    terminal.line(f"  {status:<9} ", (move.says.in_(lang), "bold"))
    was, now = ", ".join(move.was), ", ".join(move.now)
    where = f" ({terminal.tr('rulesdiff.flow', flow=move.to)})" if move.to != flow.to else ""
    terminal.line((f"{'':<12}{was or '–'} → {now or '–'}{where}", ""))
    if move.text:
        terminal.line((f"{'':<12}{move.text.in_(lang)}", ""))
    ids = ", ".join(r.id for r in one.before), ", ".join(_few(one.after))
    if any(ids):
        terminal.line((f"{'':<12}{ids[0] or '–'} → {ids[1] or '–'}", "dim"))


def _few(rules: tuple[Rule, ...], most: int = 8) -> Iterator[str]:
    yield from (rule.id for rule in rules[:most])
    if len(rules) > most:
        yield f"… (+{len(rules) - most})"


_Line = tuple[str, str, str]


def _rule_line(rule: Rule, lang: str) -> _Line:
    kinds = ",".join(sorted(rule.kinds))
    head = f"{rule.level.value:<6} {rule.says.in_(lang)}"
    return rule.id, head, f"  [{kinds}]  {source_of(rule).in_(lang)}"


def _changed_line(one: Changed, lang: str) -> _Line:
    told = "; ".join(say("rulesdiff.what", **pair).in_(lang) for pair in values_of(one))
    return one.after.id, told, f"  {one.after.says.in_(lang)}"


def _retired_line(one: Retired, lang: str) -> _Line:
    why = f"  {one.why.in_(lang)}" if one.why else ""
    return one.rule.id, f"{one.rule.level.value:<6} {one.rule.says.in_(lang)}", why


def values_of(one: Changed) -> Iterator[dict[str, Text | str]]:
    """Each thing that differs, before and after, in words."""
    for key in one.what:
        yield {
            "what": say(f"rulesdiff.{key}"),
            "before": _value(one.before, key),
            "after": _value(one.after, key),
        }


def _value(rule: Rule, key: str) -> Text | str:
    return {
        "level": rule.level.value,
        "kinds": ", ".join(sorted(rule.kinds)),
        "says": rule.says,
        "place": rule.at or "–",
        "source": source_of(rule),
    }[key]


def title_of(profile: Profile) -> Text:
    """A guide with its version."""
    return Text(f"{profile.title.fr} ({profile.id})", f"{profile.title.en} ({profile.id})")


def messages_of(found: Diff, flow: FlowMove) -> Text:
    """The message and its obligation in each guide."""
    one, other = found.source.flows.get(flow.flow), found.target.flows.get(flow.to)
    return say("rulesdiff.messages", before=_message(one), after=_message(other))


def _message(flow: Flow | None) -> Text:
    if flow is None:
        return say("rulesdiff.no_flow")
    usage = say(f"usage.{flow.usage}")
    return Text(f"{flow.message} ({usage.fr})", f"{flow.message} ({usage.en})")


# -- JSON ------------------------------------------------------------------------------------


def to_json(found: Diff) -> str:
    """The contract of `schemas/rules-diff.schema.json`."""
    content = {
        "schema": SCHEMA,
        "from": _profile(found.source),
        "to": _profile(found.target),
        "counts": found.counts,
        "flows": [_flow(flow) for flow in found.flows],
        "moved": [_move(one) for one in found.moved],
        "changed": [_change(one) for one in found.changed],
        "added": [_rule(rule) for rule in found.added],
        "retired": [
            {**_rule(one.rule), "why": one.why.as_dict() if one.why else None}
            for one in found.retired
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _profile(profile: Profile) -> dict[str, Any]:
    return {"profile": profile.id, "version": profile.version, "rules_hash": profile.hash}


def _flow(flow: FlowMove) -> dict[str, Any]:
    return {
        "from": flow.flow or None,
        "to": flow.to or None,
        "status": flow.status.value,
        "text": flow.text.as_dict(),
    }


def _move(one: Moved) -> dict[str, Any]:
    move = one.move
    return {
        "says": move.says.as_dict(),
        "status": move.status.value,
        "from": move.flow or None,
        "to": move.to,
        "was": list(move.was),
        "now": list(move.now),
        "rules": [rule.id for rule in one.before],
        "now_rules": [rule.id for rule in one.after],
        "text": move.text.as_dict() if move.text else None,
    }


def _change(one: Changed) -> dict[str, Any]:
    return {
        "id": one.after.id,
        "what": list(one.what),
        "before": _rule(one.before),
        "after": _rule(one.after),
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "level": rule.level.value,
        "says": rule.says.as_dict(),
        "source": {"document": rule.source.document, "section": rule.source.section},
        "kinds": sorted(rule.kinds),
        "at": rule.at or None,
    }


# -- HTML ------------------------------------------------------------------------------------


def to_html(found: Diff, lang: str) -> str:
    """One page, no network, both languages inside."""
    style = page.asset("report.css") + page.asset("rulebook.css") + page.asset("compare.css")
    script = page.asset("rulebook.js")
    template = page.environment().get_template("rulesdiff.html.j2")
    return template.render(
        found=found,
        lang=lang,
        style=Markup(style),  # noqa: S704  our own file
        script=Markup(script),  # noqa: S704  our own file
        policy=page.policy(style, script),
        signs={key: sign for key, (sign, _) in _SIGNS.items()},
        rows=lambda flow: [one for one in found.moved if one.move in flow.rows],
        messages=lambda flow: messages_of(found, flow),
        values=values_of,
        title=title_of,
        source=source_of,
        names=catalogue(),
    )
