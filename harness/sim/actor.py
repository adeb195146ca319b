"""A simulated RIS or platform: composes its messages, answers those it gets, learns from them.

Pure: no socket, no clock. A deliberate mistake is a named defect, never an accident.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from harness.rules.profile import Profile
from harness.rules.rule import Outcome, Subject
from harness.sim import refusing
from harness.sim.case import Case
from harness.sim.defects.defect import Defect
from harness.sim.form import CHARSETS, FIRST, PLAIN, Form
from harness.sim.generate import cda_report, cda_request, documents, messages
from harness.sim.generate.documents import Version
from harness.sim.generate.makers import ANSWERED_IN, SEVERAL, maker
from harness.sim.generate.messages import as_written
from harness.sim.generate.segments import Header
from harness.sim.learning.documents import learn_document
from harness.sim.learning.learn import learn
from harness.sim.learning.tlr import LEARNERS
from harness.sim.reactions import REFUSAL
from harness.wire.er7 import Message
from harness.wire.mllp import frame

_CODES: Final = {"DA": cda_request.CODE, "CR": cda_report.CODE}  # type of document
Name = tuple[str, str]  # application and facility, as MSH writes them
APPLICATIONS: Final[Mapping[str, Name]] = {"ris": messages.RIS, "platform": messages.PLATFORM}
_OTHER: Final = {"ris": "platform", "platform": "ris"}


@dataclass(slots=True)
class Conversation:
    """All exchanges about one order. `case` is what is known so far.

    `documents` are the latest versions that went either way, by flow and name (see `Form.name`).
    `name` is the order number, where it tells conversations apart. `names` are application and
    facility of each role as a real system says them, `charset` is what it writes (MSH-18).
    """

    case: Case
    subjects: tuple[Subject, ...] = ()
    sent: set[str] = field(default_factory=set)
    documents: dict[tuple[str, str], Version] = field(default_factory=dict)
    name: str = ""
    names: dict[str, Name] = field(default_factory=dict)
    charset: str = ""


class Actor:
    """One role. `seed` decides its message numbers, so that two runs give the same bytes.

    `names` are application and facility of each role (MSH-3 to MSH-6), until a real system says
    others. `prefix`: what control IDs (MSH-10) begin with, instead of role and seed.
    """

    def __init__(
        self,
        role: str,
        profile: Profile,
        case: Case,
        *,
        defect: Defect | None = None,
        names: Mapping[str, Name] | None = None,
        prefix: str = "",
    ) -> None:
        self.role = role
        self.profile = profile
        self.case = case
        self.defect = defect if defect and defect.role == role else None
        self.conversations: dict[str, Conversation] = {}
        self.names = {**APPLICATIONS, **(names or {})}
        self._prefix = prefix or f"{role.upper()}-{case.seed}-"
        self._counter = 0

    def conversation(self, order_number: str) -> Conversation:
        """The conversation of an order (ORC-2), begun with this actor's own case if it is new."""
        if order_number not in self.conversations:
            self.conversations[order_number] = Conversation(self.case, name=order_number)
        return self.conversations[order_number]

    def learn(self, talk: Conversation, flow: str, message: Message, name: str = FIRST) -> None:
        """Take what a received message says into its conversation.

        `name` tells the documents of one flow apart (see `Form.name`).
        """
        self._learn_names(talk, message)
        made = self.profile.flows[flow].made if flow in self.profile.flows else ""
        if made in LEARNERS:
            talk.case = LEARNERS[made](talk.case, message)
            return
        talk.case = learn(talk.case, message, self.profile.elements)
        kind = self.profile.document_kind(flow)
        found = learn_document(talk.case, kind, message) if kind in _CODES else None
        if found:
            talk.case, talk.documents[flow, name] = found

    def _learn_names(self, talk: Conversation, message: Message) -> None:
        """Who they are and who we are to them, and the character set that they write."""
        places = {_OTHER[self.role]: ("MSH-3", "MSH-4"), self.role: ("MSH-5", "MSH-6")}
        for role, (application, facility) in places.items():
            if message.has(application):
                found = (as_written(message, application), as_written(message, facility))
                talk.names[role] = found
        known = {name: form for form, name in CHARSETS.items()}
        talk.charset = known.get(message.first("MSH-18"), "")

    # -- composing --------------------------------------------------------------------------

    def compose(self, flow: str, case: Case, at: datetime, form: Form = PLAIN) -> Message:
        """The message of a flow that nothing came before."""
        return self.compose_in(Conversation(case), flow, at, form)

    def compose_in(
        self, talk: Conversation, flow: str, at: datetime, form: Form = PLAIN
    ) -> Message:
        """The next message of a conversation, with this actor's defect when it is about that flow.

        `form` is about documents, but for its `charset`: what is sent of them is remembered in the
        conversation.
        """
        header = self._header(talk, at)
        form = replace(form, charset=talk.charset) if talk.charset else form
        made = self.profile.flow(flow)
        if made.document:
            raw = self._transmission(talk, flow, header, form)
        else:
            header = replace(header, charset=CHARSETS[form.charset])
            raw = maker(flow, made.made)(talk.case, header)
        return self._spoilt(flow, Message(raw))

    def _transmission(self, talk: Conversation, flow: str, header: Header, form: Form) -> bytes:
        kind = self.profile.document_kind(flow)
        code, label = _CODES[kind]
        tells_all = any(made.made in SEVERAL for made in self.profile.flows.values())
        known = talk.case if kind == "DA" or tells_all else talk.case.alone()
        last = talk.documents.get((flow, form.name))
        case, version = documents.next_version(known, kind, form, header.at, last)
        talk.case = replace(talk.case, responsible=case.responsible)
        talk.documents[flow, form.name] = version
        what = messages.Transmission(
            documents=tuple(self._document(flow, document) for document in version.documents),
            identity=version.identity,
            code=code,
            label=label,
            action=version.action,
            metadata=_metadata(version, form),
        )
        header = replace(header, charset=CHARSETS[form.charset])
        write = messages.notification if form.message == "MDM" else messages.transmission
        return write(case, header, what)

    def _document(self, flow: str, document: bytes) -> bytes:
        if self.defect and self.defect.flow == flow and self.defect.document:
            return self.defect.document(document)
        return document

    def _spoilt(self, flow: str, message: Message) -> Message:
        if self.defect and self.defect.flow == flow and self.defect.message:
            return self.defect.message(message)
        return message

    def _header(self, talk: Conversation, at: datetime) -> Header:
        names = self.names | talk.names
        ours, theirs = names[self.role], names[_OTHER[self.role]]
        return Header(ours, theirs, at, self._next_id(), role=self.role)

    def _next_id(self) -> str:
        self._counter += 1
        return f"{self._prefix}{self._counter:06d}"

    def skip_id(self) -> None:
        """A message of ours from before a break took the next number."""
        self._counter += 1

    def framed(self, flow: str, message: Message) -> bytes:
        """The message in its MLLP block, with this actor's defect of framing if it has one."""
        block = frame(message.raw)
        if self.defect and self.defect.flow == flow and self.defect.wire:
            return self.defect.wire(block)
        return block

    # -- answering --------------------------------------------------------------------------

    def answer(
        self,
        kind: str,
        received: Message,
        outcomes: Sequence[Outcome],
        at: datetime,
        wanted: str = "",
    ) -> Message | None:
        """The acknowledgement of a message that was judged; None when the actor keeps silent.

        `wanted` is "AA" or "AE" when that is the answer, whatever was found.
        """
        if self.defect and self.defect.silent and self.defect.flow == kind:
            return None
        reasons = refusing.refusals(kind, outcomes)
        code = wanted or refusing.code(kind, reasons)
        if wanted:
            reasons = (REFUSAL,) if wanted == "AE" else ()
        made = self.profile.flows[kind].made if kind in self.profile.flows else ""
        version = ANSWERED_IN.get(made, "")
        raw = messages.acknowledgement(
            received, at, self._next_id(), code, reasons, version=version
        )
        answer = Message(raw)
        if self.defect and self.defect.answer and self.defect.flow == kind:
            answer = self.defect.answer(answer)
        return answer


def _metadata(version: Version, form: Form) -> frozenset[str]:
    """The metadata that are Y: hidden from the patient, and changed in this very message."""
    found = {"INVISIBLE_PATIENT"} if version.is_hidden else set()
    return frozenset(found | ({"MODIF_CONF_CODE"} if form.change == "visibility" else set()))
