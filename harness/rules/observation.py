"""Rows about observations (`observation:`): OBX by code (OBX-3.1) and sub-id (OBX-4), per order.

    {observation: REGION_ANATOMIQUE, sub: n.1, usage: R}                  one in every ORDER group
    {observation: REGION_ANATOMIQUE, sub: n.2, needs: n.1}                with the same n
    {observation: REGION_ANATOMIQUE, sub: n.1, at: OBX-5.3, is: SCT}      what it must hold
    {observation: [8302-2, 29463-7], card: 0..1, per: code}
    {observation: PROTOCOLE_IMAGERIE, order: ORC-1 = OC, usage: X}        in such orders only
    {observation: PRODUIT_ADMINISTRE, holding: OBX-2 = NM, at: OBX-5, type: NM}   such OBX only

A sub-id is `n.m`: n tells the occurrences apart, m what is said of each. An observation whose
sub-id cannot be read may be any: only the rule about sub-ids speaks of it.
Source: ANS teleradiology guide, sub-id of observations (OBX-4).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from harness.rules import conditions
from harness.rules.conditions import Condition
from harness.rules.orders import Order, orders
from harness.rules.rule import Check, Problem, Subject, When
from harness.text import Text, plain, say
from harness.wire.edit import Edit
from harness.yamlfile import Item

WORDS: Final = frozenset({"observation", "sub", "needs", "order", "holding", "per"})
SUB_ID: Final = re.compile(r"([1-9]\d*)\.([1-9]\d*)", re.ASCII)
_PER: Final = ("ORDER", "code")


@dataclass(frozen=True, slots=True)
class Observed:
    """One OBX: its path, code and the two numbers of its sub-id, None when that cannot be read."""

    order: Order
    place: str
    code: str
    n: str | None
    m: str | None


def observed(order: Order) -> Iterator[Observed]:
    """The observations of a group."""
    for place in order.places("OBX"):
        parts = SUB_ID.fullmatch(order.message.first(f"{place}-4"))
        n, m = (parts[1], parts[2]) if parts else (None, None)
        yield Observed(order, place, order.message.first(f"{place}-3.1"), n, m)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a row is about."""

    codes: tuple[str, ...]
    m: str
    needs: str
    order: Condition | None
    holding: Condition | None
    per: str

    @property
    def words(self) -> Text:
        """The observation as a finding names it."""
        codes = " / ".join(f"`{code}`" for code in self.codes)
        return plain(f"{codes} n.{self.m}" if self.m else codes)

    def groups(self, subject: Subject) -> Iterator[Order]:
        """The orders that the row is about."""
        for order in orders(subject.carried):
            if self.order is None or self.order.holds(order.nodes(self.order.path)):
                yield order

    def of(self, order: Order) -> Iterator[Observed]:
        """The observations of an order that it is about."""
        return (found for found in observed(order) if self._means(found))

    def all_of(self, subject: Subject) -> Iterator[Observed]:
        """Those of every order."""
        return (found for order in self.groups(subject) for found in self.of(order))

    def may_be(self, order: Order) -> bool:
        """One of them is there, or one whose sub-id cannot be read."""
        held = [found for found in observed(order) if found.code in self.codes]
        return any(self._means(found) or (self.m and found.m is None) for found in held)

    def _means(self, found: Observed) -> bool:
        if found.code not in self.codes or (self.m and found.m != self.m):
            return False
        return self.holding is None or self.holding.holds(
            found.order.message.at(_inside(found, self.holding.path))
        )


def _inside(found: Observed, path: str) -> str:
    return found.place + path.removeprefix("OBX")


def read(row: Item) -> Asked:
    """The words of a row. Raises HarnessError with their place."""
    order, holding = row.get("order"), row.get("holding")
    per = row.get("per")
    if per and per.text not in _PER:
        raise per.error("yaml.unknown_value", hint=", ".join(_PER), value=per.text)
    return Asked(
        row.need("observation").texts,
        _m(row, "sub"),
        _m(row, "needs"),
        conditions.read(order) if order else None,
        conditions.read(holding) if holding else None,
        per.text if per else "ORDER",
    )


def _m(row: Item, key: str) -> str:
    item = row.get(key)
    if item and not re.fullmatch(r"n\.[1-9]\d*", item.text):
        raise item.error("yaml.unknown_value", hint="n.1, n.2 …", value=item.text)
    return item.text.removeprefix("n.") if item else ""


def paths(row: Item, subject: Subject, asked: Asked) -> Iterator[str]:
    """The places of `at:` in each observation."""
    for found in asked.all_of(subject):
        for place in row.need("at").texts:
            yield _inside(found, place)


def when(row: Item) -> When:
    """Why a row does not apply: no such order, or no such observation to look into."""
    asked = read(row)
    looks_into = row.get("at") or row.get("needs")
    no_order = say("observation.no_order", condition=asked.order.text if asked.order else "")
    nothing = say("observation.none", observation=asked.words)

    def applies(subject: Subject) -> Text | None:
        if next(asked.groups(subject), None) is None:
            return no_order
        there = not looks_into or next(asked.all_of(subject), None)
        return None if there else nothing

    return applies


def presence(row: Item, card: tuple[int, int | None] | None) -> Check:
    """The check of a row without `at:`: that it is there, is not, comes in number, or with another.

    `card` is counted in each order, or there for each of several codes.
    """
    asked = read(row)
    usage = row.get("usage")
    word = usage.text if usage else ""

    def check(subject: Subject) -> Iterator[Problem]:
        for order in asked.groups(subject):
            if asked.needs:
                yield from _alone(asked, order)
            elif word == "X":
                for found in asked.of(order):
                    at = subject.carried.node(found.place).at
                    yield Problem(at, say("value.none"), asked.words)
            elif word in ("R", "RE") and not asked.may_be(order):
                at = order.node("OBR").at
                yield Problem(at, say("observation.some", what=asked.words), say("value.absent"))
            elif card:
                yield from _count(asked, order, card)

    return check


def _alone(asked: Asked, order: Order) -> Iterator[Problem]:
    """Those that have no companion of the same n."""
    codes = frozenset(asked.codes)
    there = {(o.code, o.n) for o in observed(order) if o.m == asked.needs and o.code in codes}
    for found in asked.of(order):
        if (found.code, found.n) not in there:
            at = order.message.node(f"{found.place}-4").at
            sub = f"{found.n}.{asked.needs}"
            what = plain(f"`{found.code}` {sub}")
            yield Problem(at, say("observation.some", what=what), say("value.absent"))


def _count(asked: Asked, order: Order, card: tuple[int, int | None]) -> Iterator[Problem]:
    low, high = card
    held = list(asked.of(order))
    for code in asked.codes if asked.per == "code" else (None,):
        some = [found for found in held if code in (None, found.code)]
        if len(some) < low or (high is not None and len(some) > high):
            last = some[-1].place if some else order.node("OBR").at.path
            words = f"{low}..{'*' if high is None else high}"
            at = order.message.node(last).at
            yield Problem(at, say("value.count", count=words), plain(str(len(some))))


def place_of(row: Item) -> str:
    """A path that picks the observation of a row in an ordinary message."""
    asked = read(row)
    pick = f"3.1={'|'.join(asked.codes)}"
    return f"OBX[{pick}&4=1.{asked.m}]" if asked.m else f"OBX[{pick}]"


def mutants(row: Item) -> Iterator[tuple[Edit, ...]]:
    """Ways to break a row without `at:`, where they follow from it."""
    usage, place = row.get("usage"), place_of(row)
    if usage and usage.text in ("R", "RE"):
        yield (Edit("remove", place),)
    if row.get("card"):
        yield (Edit("repeat", place),)
    if needs := row.get("needs"):
        code = row.need("observation").texts[0]
        yield (Edit("remove", f"OBX[3.1={code}&4=1.{needs.text[2:]}]"),)
