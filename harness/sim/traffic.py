"""The traffic of many sites: conversations one after the other, a share of their messages wrong.

The same profile, seed and clock give the same messages, and more of them begin with the same ones.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from harness.rules.profile import Flow, Profile
from harness.sim.actor import Actor, Conversation, Name
from harness.sim.case import Case
from harness.sim.defects import catalogue
from harness.sim.defects.defect import Defect
from harness.sim.form import LEVELS, PLAIN, Form
from harness.sim.generate import cases

SITES: Final = 12  # each with a RIS of its own; every third of them has the same platform
_PLATFORMS: Final = 3
_BETWEEN: Final = timedelta(minutes=11)  # from one request to the next
_STEP: Final = timedelta(minutes=20)  # from one message of a conversation to the next
_LATIN: Final = 0.1  # share of the messages in 8859/15


@dataclass(frozen=True, slots=True)
class Sent:
    """A message: the flow, the kind of examination, its bytes, the name of what is wrong in it."""

    number: int
    flow: str
    case: str
    raw: bytes
    defect: str = ""

    @property
    def name(self) -> str:
        """A name for it, unique in its traffic."""
        return "-".join(filter(None, (f"{self.number:07d}", self.flow, self.case, self.defect)))


def messages(profile: Profile, seed: int, clock: datetime, share: float) -> Iterator[Sent]:
    """Messages without end, `share` (0 to 1) of them with a defect of their flow.

    Raises HarnessError for a clock without a zone.
    """
    talks = _Talks(profile, seed, share)
    number = talk = 0
    while True:
        for sent in talks.messages(talk, clock + talk * _BETWEEN):
            number += 1
            yield Sent(number, *sent)
        talk += 1


_Parts = tuple[str, str, bytes, str]  # flow, case, bytes, defect


class _Talks:
    """The systems that talk, each of which counts its messages."""

    def __init__(self, profile: Profile, seed: int, share: float) -> None:
        self._profile, self._seed, self._share = profile, seed, share
        self._wrong = _defects(profile)
        self._actors: dict[tuple[str, int], Actor] = {}

    def messages(self, talk: int, at: datetime) -> Iterator[_Parts]:
        """Those of one conversation, in the order of the flows."""
        chance = random.Random(f"{self._seed}/{talk}")  # noqa: S311  fictitious data, no secret
        case = cases.make_case(chance.choice(cases.names()), self._seed * 10**7 + talk, at)
        site = chance.randrange(SITES)
        for step, (flow, made) in enumerate(self._profile.flows.items()):
            actor = self._actor(made.sender, site, case)
            form, actor.defect = _form(chance, made), self._defect(flow, chance)
            message = actor.compose_in(Conversation(case), flow, at + step * _STEP, form)
            yield flow, case.name, message.raw, actor.defect.name if actor.defect else ""

    def _defect(self, flow: str, chance: random.Random) -> Defect | None:
        draw, wrong = chance.random(), self._wrong[flow]
        return chance.choice(wrong) if wrong and draw < self._share else None

    def _actor(self, role: str, site: int, case: Case) -> Actor:
        """The system of a site. Its number is in its control ids, as is its count."""
        if (role, site) not in self._actors:
            own = replace(case, seed=site + 1)
            self._actors[role, site] = Actor(role, self._profile, own, names=_names(site))
        return self._actors[role, site]


def _defects(profile: Profile) -> Mapping[str, Sequence[Defect]]:
    """By flow, those that are in one message; the others show in an answer or a conversation."""
    return {
        flow: [
            one
            for one in catalogue.of(profile.id)
            if one.flow == flow and (one.message or one.document) and not one.scenario
        ]
        for flow in profile.flows
    }


def _names(site: int) -> dict[str, Name]:
    return {
        "ris": (f"RIS-{'ABC'[site % 3]}", f"SITE-{site + 1:02d}"),
        "platform": ("TLR", f"PLATEFORME-{site % _PLATFORMS + 1}"),
    }


def _form(chance: random.Random, flow: Flow) -> Form:
    """How a document is sent: now and then as a PDF, or in another character set."""
    draw, level = chance.random(), chance.choice(LEVELS.get(flow.document, ("",)))
    if not flow.document:
        return PLAIN
    return Form(charset="8859/15" if draw < _LATIN else "UTF-8", level=level)
