"""Good subjects of every kind, from which the self-check makes its mutants.

They come from the generators, with a patient of known number so that tables can name values:
`185054809598744` is fictitious (order number 987 in Mende) and has the right key.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from harness.rules.profile import Profile
from harness.rules.rule import Outcome, Seen, Subject
from harness.sim.actor import Actor
from harness.sim.case import Case
from harness.sim.generate import cases, cda_report, cda_request
from harness.sim.selfcheck import chains, told
from harness.sim.selfcheck.rich import enriched
from harness.sim.selfcheck.transmissions import transmissions
from harness.wire import edit
from harness.wire.cda import Document
from harness.wire.edit import Edit
from harness.wire.er7 import Message

CLOCK: Final = datetime.fromisoformat("2026-01-05T10:00:00+01:00")
CASES: Final = ("ct-brain", "us-abdomen", "dx-knee")
# cases of which only the documents are looked at: the rarer parts
REPORTS: Final = ("ct-body", "pt-lung", "mr-brain-addendum", "mg-screening")
REQUESTS: Final = ("ct-body", "pt-lung", "nm-bone", "xa-biopsy", "dx-knee")
# what other conversations of the session said, about another patient
ELSEWHERE: Final = {
    ("placer-order-number", "OPN-ELSEWHERE"): Seen("A", "279035121518989", 0),
    ("accession-number", "ACN-ELSEWHERE"): Seen("D", "279035121518989", 0),
}


@dataclass(frozen=True, slots=True)
class Base:
    """A subject that breaks nothing."""

    name: str
    subject: Subject

    def changed(self, profile: Profile, edits: tuple[Edit, ...]) -> Subject:
        """A changed copy. Raises HarnessError when a place is not there."""
        subject = self.subject
        if not edits:
            return subject
        if subject.message is None:
            raw = subject.document.raw if subject.document else b""
            document = Document.parse(edit.apply_to_document(raw, edits))
            return replace(subject, document=document)
        message = edit.apply(subject.message, edits)
        earlier = _history(profile, subject, edits)
        made = profile.subject(subject.kind, message, earlier=earlier, towards=subject.towards)
        return replace(
            made,
            request=subject.request,
            on_wire=subject.on_wire,
            recorded=subject.recorded,
            seen=subject.seen,
        )


def _history(profile: Profile, subject: Subject, edits: tuple[Edit, ...]) -> tuple[Subject, ...]:
    """What came before, without what the edits forget and with what they say came as well."""
    forgotten = {edit.place for edit in edits if edit.verb == "forget"}
    earlier = tuple(past for past in subject.earlier if past.kind not in forgotten)
    for number, one in enumerate(edits):
        if one.verb == "came":
            own = (Edit("set", "ORC-1", one.value), Edit("set", "MSH-10", f"CAME-{number}"))
            earlier += (profile.subject(one.place, edit.apply(subject.carried, own)),)
    return earlier


def patient_of(case: Case) -> Case:
    """The case with the patient whose values the tables may name."""
    patient = replace(
        case.patient,
        ins="185054809598744",
        birth_name="ESSAI",
        birth_given_names=("CLAUDE", "ALIX"),
        sex="M",
        birth_date=date(1985, 5, 20),
        birth_cog="48095",
        birth_city="MENDE",
        used_name="EPREUVE",
        used_given_name="CLAUDE",
    )
    return replace(case, patient=patient)


def bases(profile: Profile) -> Mapping[str, tuple[Base, ...]]:
    """Good subjects by kind, the plainest first."""
    found: dict[str, list[Base]] = {}
    for name in CASES:
        for base in of_case(profile, name):
            found.setdefault(base.subject.kind, []).append(base)
    for base in (
        *_documents(profile),
        *_versions(profile, found["E"][0]),
        *_told(profile),
    ):
        found.setdefault(base.subject.kind, []).append(base)
    return {kind: tuple(some) for kind, some in found.items()}


def _versions(profile: Profile, first: Base) -> Iterator[Base]:
    """Versions of the report of E, on their own and in messages."""
    document = first.subject.document
    alone = chains.subjects(profile, document.raw) if document else ()
    for name, subject in (*alone, *chains.sent(profile, first.subject)):
        yield Base(f"{first.name} {name}", subject)


def _told(profile: Profile) -> Iterator[Base]:
    """What few messages of the ANS guide tell, for the profiles that have its flows."""
    if not set(profile.flows) >= told.FLOWS:
        return
    for word, flows, case in told.conversations(CLOCK, patient_of):
        actors = {role: Actor(role, profile, case) for role in ("ris", "platform")}
        earlier: tuple[Subject, ...] = ()
        for name in flows:
            message = actors[profile.flows[name].sender].compose(name, case, CLOCK)
            subject = profile.subject(name, message, earlier=earlier)
            subject = replace(subject, recorded=True, seen=ELSEWHERE)
            earlier += (subject,)
            yield Base(f"{word}/{name}", subject)


def plainest(profile: Profile) -> Mapping[str, tuple[Base, ...]]:
    """Good subjects by kind, of the plainest case alone: quick to make."""
    found: dict[str, list[Base]] = {}
    for base in of_case(profile, CASES[0]):
        found.setdefault(base.subject.kind, []).append(base)
    return {kind: tuple(some) for kind, some in found.items()}


def _documents(profile: Profile) -> Iterator[Base]:
    """Reports and requests with what few have, a report of level 1, a document of another kind."""
    made = {name: patient_of(cases.make_case(name, 1, CLOCK)) for name in {*REPORTS, *REQUESTS}}
    for name in REPORTS:
        yield _document(profile, f"{name}/CR", "CR", cda_report.report(made[name]))
    for name in REQUESTS:
        yield _document(profile, f"{name}/DA", "DA", cda_request.request(made[name]))
    plain = made[REPORTS[0]]
    yield _document(profile, "level 1/CR", "CR", cda_report.report(plain, level=1))
    yield _document(profile, "other/CDA", "CDA", cda_request.request(plain))


def _document(profile: Profile, name: str, kind: str, raw: bytes) -> Base:
    return Base(name, profile.document_subject(kind, Document.parse(raw)))


def of_case(profile: Profile, name: str, seed: int = 1) -> Iterator[Base]:
    """What the messages of one conversation give, in the order of its flows.

    Whatever the seed, messages have the numbers that tables may name.
    """
    case = replace(patient_of(cases.make_case(name, seed, CLOCK)), seed=1)
    actors = {role: Actor(role, profile, case) for role in ("ris", "platform")}
    earlier: tuple[Subject, ...] = ()
    course = _course(profile)
    for flow in profile.flows.values():
        message = actors[flow.sender].compose(flow.id, case, CLOCK)
        before = earlier if flow.id in course else _opened(profile, earlier)
        subject = profile.subject(flow.id, message, earlier=before)
        subject = replace(subject, recorded=True, seen=ELSEWHERE)
        if flow.id in course:
            earlier += (subject,)
        yield Base(f"{name}/{flow.id}", subject)
        yield Base(f"{name}/{flow.id} on the wire", replace(subject, on_wire=True))
        if flow.id == profile.flow("A").id:
            yield _again(f"{name}/{flow.id} again", subject)
        yield from _others(profile, name, subject)
        if subject.document and name == CASES[0]:
            for word, made in transmissions(profile, subject, actors[flow.sender]):
                yield Base(f"{name}/{subject.kind} {word}", made)
        receiver = actors[flow.receiver]
        yield from _answers(profile, name, receiver, flow.id, message)


def _again(name: str, subject: Subject) -> Base:
    """The message sent once more, under another number."""
    message = edit.apply(subject.carried, (Edit("set", "MSH-10", "AGAIN-1"),))
    return Base(name, replace(subject, message=message, earlier=(subject,)))


def _course(profile: Profile) -> frozenset[str]:
    """The flows of the ordinary course: those that open a conversation, and what follows them."""
    found = [flow.id for flow in profile.flows.values() if flow.opens]
    for name in found:
        found += [then for then in profile.flows[name].then if then not in found]
    return frozenset(found)


def _opened(profile: Profile, earlier: tuple[Subject, ...]) -> tuple[Subject, ...]:
    """What opened the conversation: before a flow aside from the course, such as a cancellation."""
    return tuple(past for past in earlier if profile.flows[past.kind].opens)


def _others(profile: Profile, name: str, subject: Subject) -> Iterator[Base]:
    """The same message as one that is no flow, and its document on its own."""
    if subject.document is None:
        yield Base(f"{name}/{subject.kind} as HL7", replace(subject, kind="HL7", earlier=()))
        return
    yield Base(f"{name}/{subject.kind} as DOC", replace(subject, kind="DOC", earlier=()))
    kind = profile.flows[subject.kind].document
    alone = profile.document_subject(kind, subject.document)
    yield Base(f"{name}/{kind}", alone)
    if name == CASES[0]:
        rich = Document.parse(enriched(subject.document.raw, kind))
        yield Base(f"{name}/{kind} rich", profile.document_subject(kind, rich))


def _answers(
    profile: Profile, name: str, actor: Actor, flow: str, message: Message
) -> Iterator[Base]:
    outcomes: tuple[Outcome, ...] = ()
    accepted = actor.answer(flow, message, outcomes, CLOCK)
    wrong = edit.apply(message, (Edit("remove", "MSH-11"),))
    refused = actor.answer(flow, wrong, profile.judge(profile.subject(flow, wrong)), CLOCK)
    for answer, request, word in ((accepted, message, "AA"), (refused, wrong, "AE")):
        if answer:
            yield Base(f"{name}/ACK {word}", profile.subject("ACK", answer, request=request))
