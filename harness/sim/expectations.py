"""What a step expects of its message and of the answer, and what came of it. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from harness.rules.rule import Outcome
from harness.sim.form import CHARSETS, CONTROLS
from harness.sim.judging import Judge, expected_code
from harness.sim.record import Judged
from harness.sim.scenario import Step
from harness.text import Text, plain, say
from harness.wire.er7 import Message

_CONTROLS: Final = {"accept": "OK", "refuse": "OC"}


def purpose(step: Step) -> Text | None:
    """Why the message of a step is wrong, when it is so on purpose; None for any other."""
    if step.mutate and not step.variant:
        return say("run.deliberate")
    return say("run.wrong") if step.wrong else None


def noted(kind: str, step: Step) -> str:
    """What the journal says of a message or an answer ("ack") that is wrong on purpose."""
    if kind == "ack":
        return "answer" if step.ack.mutate else ""
    return "yes" if step.mutate and not step.variant else "wrong" if step.wrong else ""


def of_message(judge: Judge, step: Step, judged: Judged) -> Iterator[Outcome]:
    """All that the step expects of its message, as one outcome; none when it expects nothing."""
    every = [*_of_form(judge, step, judged), *_of_content(judge, step, judged)]
    broken = [outcome for outcome in every if outcome.findings]
    if broken:
        findings = tuple(finding for outcome in broken for finding in outcome.findings)
        yield replace(broken[0], findings=findings)
    elif every:
        yield every[0]


def _of_content(judge: Judge, step: Step, judged: Judged) -> Iterator[Outcome]:
    """The platform's decision, authors of the document, rules that the message must break."""
    if step.answer is not None and judged.message and not step.mutate:
        wanted = _CONTROLS[step.answer.decision]
        said = judged.message.first("ORC-1")
        yield _expected(judge, f"ORC-1 = `{wanted}`", f"ORC-1 = `{said}`", "run.said")
    if step.expect.authors is not None:
        found = 0
        if judged.document:
            found = len(list(judged.document.at("//cda:ClinicalDocument/cda:author")))
        yield _expected(judge, str(step.expect.authors), str(found), "run.authors")
    yield from _breaks(judge, step.expect.findings, judged)


def _breaks(judge: Judge, rules: tuple[str, ...], judged: Judged) -> Iterator[Outcome]:
    """Each of these rules is broken, those aside that a chosen reading does not ask."""
    broken = {o.rule.id for o in judged.outcomes if o.verdict.needs_attention}
    shown = ", ".join(sorted(broken)) or "-"
    for rule in rules:
        if judge.profile.rule(rule) is not None or not judge.profile.readings:
            yield _expected(judge, rule, rule if rule in broken else shown, "run.finding")


def _of_form(judge: Judge, step: Step, judged: Judged) -> Iterator[Outcome]:
    """The action that the step names, and message and character set where it says them."""
    if step.document is None or step.mutate or judged.message is None:
        return
    said = step.document.model_fields_set
    wanted = {"ORC-1": CONTROLS[step.document.action]}
    if "message" in said:
        wanted["MSH-9.1"] = step.document.message
    if "charset" in said:
        wanted["MSH-18"] = CHARSETS[step.document.charset]
    for place, value in wanted.items():
        node = judged.message.node(place)
        if node.value == value:
            yield judge.held("STEP-EXPECT")
        else:
            expected, actual = plain(f"{place} = `{value}`"), plain(f"`{node.value}`")
            yield judge.broken("STEP-EXPECT", expected, actual, node.at)


def _expected(judge: Judge, wanted: str, found: str, key: str) -> Outcome:
    if wanted == found:
        return judge.held("STEP-EXPECT")
    return judge.broken("STEP-EXPECT", say(key, value=wanted), plain(found))


def answer_purpose(step: Step) -> Text | None:
    """Why the answer of a step is wrong, when it is so on purpose; None for any other."""
    return say("run.wrong_answer") if step.ack.mutate else None


def of_answer(judge: Judge, step: Step, judged: Judged) -> Iterator[Outcome]:
    """The code that the step accepts, and where its ERR points; or the rules that it breaks."""
    if step.ack.mutate:
        yield from _breaks(judge, step.ack.findings, judged)
    elif judged.message:
        yield from _of_code(judge, step, judged.message)


def _of_code(judge: Judge, step: Step, answer: Message) -> Iterator[Outcome]:
    node = answer.node("MSA-1")
    if node.value not in step.ack.code:
        actual = plain(f"`{node.value}`")
        reason = answer.first("ERR-8") or answer.first("ERR-3.2") or answer.first("ERR-3.1")
        if reason:
            actual = say("run.refused", code=node.value, reason=reason)
        yield judge.broken("STEP-ACK", expected_code(step.ack.code), actual, node.at)
        return
    yield judge.held("STEP-ACK")
    if step.ack.err:
        yield _error_place(judge, step.ack.err, answer)


def _error_place(judge: Judge, wanted: str, answer: Message) -> Outcome:
    segment, _, field_number = wanted.partition("-")
    found = [node.value for node in answer.at("ERR-2")]
    for place in found:
        parts = place.split("^")
        if parts[0] == segment and field_number in ("", *parts[2:3]):
            return judge.held("STEP-ERR")
    expected = plain(f"ERR-2 = {segment}^1^{field_number}".rstrip("^"))
    if not any(found):  # which no guide requires
        return judge.broken("STEP-ERR-2", expected, say("value.absent"), answer.node("ERR").at)
    return judge.broken("STEP-ERR", expected, plain(", ".join(found)), answer.node("ERR").at)
