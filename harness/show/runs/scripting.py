"""A recorded run as scenarios: each conversation a scenario, its messages as they crossed the wire.

What is expected of an answer is what was answered: its code, and where its ERR points. What was
wrong on purpose stays so: the rules that it breaks are named.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from harness.errors import HarnessError, NotMeasured
from harness.rules.counterpart import counterpart
from harness.rules.profile import Profile
from harness.rules.rule import Verdict
from harness.show.runs.recording import Bytes, Recorded, Run
from harness.show.runs.rejudging import judge_again
from harness.sim.scenario import Acknowledgement, Expectation, Scenario, Step
from harness.sim.strict import Words
from harness.text import say
from harness.wire import files
from harness.wire.er7 import Message

_CODES: Final = ("AA", "AE", "AR")
Change = Callable[[bytes, int], bytes]


@dataclass(frozen=True, slots=True)
class _Sent:
    """A message of a flow of the profile."""

    one: Recorded
    request: Bytes
    flow: str

    @property
    def talk(self) -> tuple[int, str, str]:
        """What it belongs to."""
        frame = self.one.frame
        return frame.play, frame.scenario, frame.conversation

    @property
    def file(self) -> str:
        """Where it is kept beside the scenarios."""
        return f"messages/{self.one.frame.number:04d}-{self.flow}.er7"


@dataclass(frozen=True, slots=True)
class Script:
    """The scenarios, and how many messages could not be taken into any."""

    scenarios: tuple[Scenario, ...]
    left_out: int

    @property
    def messages(self) -> int:
        """How many messages are sent in all."""
        return sum(len(one.steps) for one in self.scenarios)


def script(
    run: Run, profile: Profile, *, side: str = "", change: Change = lambda raw, number: raw
) -> Script:
    """The scenarios of a run under a profile; `side`: only what that role sent.

    `change` is made to each message, given its number from 1. Raises NotMeasured when nothing is
    left.
    """
    every = [one for one in run.exchanges if one.request]
    if side:
        every = [one for one in every if one.frame.sender == side]
    sent = list(_sent(every, run, profile))
    if not sent:
        raise NotMeasured(say("record.nothing", profile=profile.id), file=run.folder)
    broken = _broken(sent, run, profile)
    talks: dict[tuple[int, str, str], list[_Sent]] = {}
    for found in sent:
        talks.setdefault(found.talk, []).append(found)
    scenarios = tuple(
        _scenario(number, talk, profile, change, broken)
        for number, talk in enumerate(talks.values(), 1)
    )
    return Script(scenarios, len(every) - len(sent))


def sides(run: Run) -> set[str]:
    """The roles that sent anything."""
    return {one.frame.sender for one in run.exchanges if one.request}


def write(found: Script, file: Path) -> None:
    """Write the scenarios, their messages in `messages/` beside them.

    Raises HarnessError when the file is there already, or cannot be written.
    """
    if file.exists():
        raise HarnessError(say("record.exists"), file=file)
    for one in found.scenarios:
        for name, raw in one.fixed.items():
            files.write(file.parent / name, raw)
    documents = (_as_dict(one) for one in found.scenarios)
    text = yaml.safe_dump_all(documents, allow_unicode=True, sort_keys=False, width=100)
    files.write(file, text.encode("utf-8"))


def _sent(every: Sequence[Recorded], run: Run, profile: Profile) -> Iterator[_Sent]:
    for one in every:
        flow = counterpart(one.frame.flow, run.profile, profile) or ""
        known = profile.flows.get(flow)
        if one.request and known and known.sender == one.frame.sender:
            yield _Sent(one, one.request, flow)


def _broken(sent: Sequence[_Sent], run: Run, profile: Profile) -> dict[int, list[str]]:
    """The rules that messages break on purpose, by the number of their exchange."""
    if not any(one.request.deliberate for one in sent):
        return {}
    report = judge_again(run, profile, "")
    return {
        exchange.number: sorted(
            outcome.rule.id
            for outcome in exchange.request.outcomes
            if outcome.verdict in (Verdict.FAIL, Verdict.WARNING)
        )
        for exchange in report.exchanges
        if exchange.request and exchange.request.deliberate
    }


def _step(sent: _Sent, broken: list[str]) -> Step:
    step = Step(send=sent.flow, message=sent.file, ack=_expected(sent.one.answer))
    if not broken:
        return step
    return step.model_copy(
        update={"wrong": True, "expect": Expectation.model_validate({"findings": broken})}
    )


def _scenario(
    number: int,
    talk: Sequence[_Sent],
    profile: Profile,
    change: Change,
    broken: Mapping[int, list[str]],
) -> Scenario:
    frame = talk[0].one.frame
    title = say("record.title", name=" ".join(filter(None, (frame.scenario, frame.conversation))))
    return Scenario(
        scenario=f"recorded-{number:04d}",
        title=Words(fr=title.fr, en=title.en),
        profile=profile.id,
        towards="pfi" if frame.towards == "pfi" else "",
        steps=tuple(_step(sent, broken.get(sent.one.frame.number, [])) for sent in talk),
        fixed={sent.file: change(sent.request.raw, sent.one.frame.number) for sent in talk},
    )


def _expected(answer: Bytes | None) -> Acknowledgement:
    message = Message(answer.raw) if answer else None
    code = message.first("MSA-1") if message else ""
    if message is None or code not in _CODES:
        return Acknowledgement()
    place = [message.first("ERR-2.1"), message.first("ERR-2.3")]
    where = "-".join(filter(None, place)) if code != "AA" and place[0] else ""
    return Acknowledgement.model_validate({"code": [code], "err": where})


def _as_dict(one: Scenario) -> dict[str, Any]:
    return one.model_dump(mode="json", by_alias=True, exclude_defaults=True) | {
        "profile": one.profile
    }
