"""Scenario files: one conversation or several at once, told from nobody's side.

The vocabulary is closed, there are no loops and no branches: two cases are two documents. A mistake
in a file is a HarnessError with file, line and column, and nothing runs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, field_validator, model_validator
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from harness import data, yamlfile
from harness.errors import HarnessError
from harness.rules import profile as profiles
from harness.rules import profile_file
from harness.sim import form as forms
from harness.sim import strict
from harness.sim.case import Reason
from harness.sim.form import FIRST, PLAIN, Form
from harness.sim.generate import cases as clinical
from harness.sim.strict import Closed, Words
from harness.sim.telling import TELLS, Telling
from harness.text import plain, say
from harness.wire.edit import BYTES, Edit, is_place
from harness.yamlfile import Item

_NAME: Final = r"^[a-z0-9]+(-[a-z0-9]+)*$"


class Mutation(Closed):
    """One change made to a message on purpose, so that it is wrong.

    One of `set` (with `to`), `remove`, `repeat`, `add` (with `after`) and `bytes`: see
    `wire/edit.py`.
    """

    set: str = ""
    to: str = ""
    remove: str = ""
    repeat: str = ""
    add: str = ""
    after: str = ""
    bytes: str = ""

    @model_validator(mode="after")
    def _one_of(self) -> "Mutation":
        if sum(map(bool, (self.set, self.remove, self.repeat, self.add, self.bytes))) != 1:
            raise ValueError(say("scenario.one_change").en)
        if self.bytes and self.bytes not in BYTES:
            raise ValueError(", ".join(BYTES))
        return self

    @property
    def edit(self) -> Edit:
        """The change itself."""
        for verb in ("remove", "repeat", "bytes"):
            if place := getattr(self, verb):
                return Edit(verb, place)
        if self.add:
            return Edit("add", self.add, self.after or "MSH")
        return Edit("set", self.set, self.to)


class Acknowledgement(Closed):
    """What the answer must be: one of these codes, and the field that an ERR must point at.

    `mutate` makes the answer of a simulated receiver wrong on purpose: `findings` are the rules
    that it must then break.
    """

    code: Annotated[tuple[Literal["AA", "AE", "AR"], ...], Field(min_length=1)] = ("AA",)
    err: str = ""
    mutate: tuple[Mutation, ...] = ()
    findings: tuple[str, ...] = ()


class Expectation(Closed):
    """What the message itself must show: authors of its document, rules that it must break."""

    authors: int | None = Field(default=None, ge=1)
    findings: tuple[str, ...] = ()


class Sending(Closed):
    """How a step sends its document: see `Form`. `attachment` is a size such as `5 MB`."""

    action: Literal["initial", "replace", "delete"] = "initial"
    name: str = Field(default=FIRST, pattern=_NAME, description="which document of the flow")
    message: Literal["ORU", "MDM"] = "ORU"
    level: Literal["1", "3", "both"] | None = None
    charset: Literal["UTF-8", "8859/15"] = "UTF-8"
    change: Literal["text", "responsible", "addendum", "visibility"] | None = None
    attachment: str | None = Field(default=None, description="such as 5 MB or 300 kB")

    @field_validator("attachment")
    @classmethod
    def _a_size(cls, value: str | None) -> str | None:
        if value is not None and forms.size_of(value) is None:
            raise PydanticCustomError("form.size", "a size such as 5 MB")
        return value

    @property
    def form(self) -> Form:
        """The same for the actors."""
        return Form(
            action=self.action,
            name=self.name,
            message=self.message,
            level=self.level or "",
            charset=self.charset,
            change=self.change or "",
            size=forms.size_of(self.attachment or "") or 0,
        )


class Answering(Closed):
    """The platform's answer to a request, for flow 3 of the ANS guide."""

    decision: Literal["accept", "refuse"] = "accept"
    protocols: int | None = Field(default=None, ge=1, le=9, description="how many it brings")
    form: Literal["text", "encapsulated"] | None = Field(
        default=None, description="protocols as text, or as files"
    )


class Motive(Closed):
    """Why a request is refused or cancelled: words, or a code of a system."""

    words: str = ""
    code: str = ""
    system: str = ""

    @property
    def reason(self) -> Reason:
        """The same for the actors."""
        return Reason(self.words, self.code, self.system)


class CaseChoice(Closed):
    """The clinical case of one conversation. `twin`: its patient is nearly that of another one."""

    case: str = Field(default="", description="clinical case; that of the twin when empty")
    twin: str = Field(default="", description="the conversation whose patient is nearly the same")
    patient: str = Field(default="", description="the conversation that is about the same patient")


class Step(Closed):
    """One message and its answer. `within` is in seconds, for a message that the SUT sends."""

    send: str
    of: str = Field(
        default="", alias="for", description="the conversation, where the scenario has `cases`"
    )
    document: Sending | None = Field(
        default=None, description="how the document is sent, for a flow that carries one"
    )
    change: Literal["responsible"] | None = Field(
        default=None, description="what the message tells anew: another responsible physician"
    )
    answer: Answering | None = Field(default=None, description="what the platform decides")
    reason: Motive | None = Field(
        default=None, description="why the request is refused or cancelled: words, or a code"
    )
    instead: str = Field(
        default="", description="clinical case whose examination is done in place of the asked one"
    )
    exams: int | None = Field(default=None, ge=1, le=9, description="how many were done")
    identity: Literal["provisional", "qualified", "merged"] | None = Field(
        default=None,
        description="the patient's, from here on; merged: another local number",
    )
    charset: Literal["UTF-8", "8859/15"] | None = Field(
        default=None, description="of the message; a document may say its own"
    )
    message: str = Field(
        default="",
        description="file below the scenario's folder: its bytes are sent in the place of a message"
        " made from the case",
    )
    ack: Acknowledgement = Acknowledgement()
    optional: bool = False
    outside: bool = Field(default=False, description="made available outside HL7: nothing is sent")
    within: float = Field(default=30.0, gt=0, le=86400)
    mutate: tuple[Mutation, ...] = ()
    wrong: bool = Field(
        default=False, description="right in itself, sent on purpose when it must not be"
    )
    variant: bool = Field(
        default=False, description="changed by `mutate` and still right: it must be accepted"
    )
    expect: Expectation = Expectation()

    @property
    def deliberate(self) -> bool:
        """Its message is wrong on purpose: it does not count against who sends it."""
        return (bool(self.mutate) and not self.variant) or self.wrong

    @property
    def form(self) -> Form:
        """How its message and its document are sent."""
        form = self.document.form if self.document else PLAIN
        if self.charset and not (self.document and "charset" in self.document.model_fields_set):
            form = replace(form, charset=self.charset)
        return form

    @property
    def telling(self) -> Telling:
        """What its message tells that is not the case's own."""
        answer = self.answer
        return Telling(
            accepted=answer.decision == "accept" if answer else None,
            protocols=answer.protocols if answer else None,
            encapsulated=answer.form == "encapsulated" if answer and answer.form else None,
            reason=self.reason.reason if self.reason else None,
            instead=self.instead,
            exams=self.exams,
            identity=self.identity or "",
        )


class Scenario(Closed):
    """One conversation, or several at once: then `cases` names them and each step says which.

    `fixed` are the bytes of the files that steps name, by name.
    """

    scenario: str = Field(pattern=_NAME)
    title: Words
    story: Words | None = Field(
        default=None, description="what happens, with the white paper's steps: figure.number, 1.2a"
    )
    profile: str = "livre-blanc-2024"
    case: str = "ct-brain"
    cases: dict[str, CaseChoice] = Field(
        default_factory=dict, description="several conversations, each with its own patient"
    )
    towards: Literal["", "pfi"] = Field(
        default="", description="pfi: the receiver of documents is an intermediation platform"
    )
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    fixed: SkipJsonSchema[dict[str, bytes]] = Field(default_factory=dict, exclude=True)

    @property
    def deliberate(self) -> bool:
        """Some of its messages are wrong on purpose."""
        return any(step.deliberate or step.ack.mutate for step in self.steps)


def load(file: Path) -> tuple[Scenario, ...]:
    """The scenarios of a file. Raises HarnessError with file, line and column."""
    found = tuple(read(item) for item in yamlfile.load_all(file))
    if not found:
        raise HarnessError(say("scenario.empty"), file=file, line=1)
    return found


def find(names: Sequence[str], profile: str) -> tuple[tuple[Scenario, Path], ...]:
    """Scenarios by file, folder, or name (a prefix will do); all of a profile when none is named.

    Raises HarnessError when a name finds nothing.
    """
    if not names:
        return tuple(_in_folder(data.path("scenarios", profile)))
    return tuple(found for name in names for found in _named(name, profile))


def _named(name: str, profile: str) -> Sequence[tuple[Scenario, Path]]:
    path = Path(name)
    if path.is_dir():
        return list(_in_folder(path))
    if path.suffix in (".yaml", ".yml"):
        if not path.is_file():
            raise HarnessError(say("scenario.no_file"), file=path)
        return [(scenario, path) for scenario in load(path)]
    every = list(_in_folder(data.path("scenarios", profile)))
    found = [pair for pair in every if pair[0].scenario == name]
    found = found or [pair for pair in every if pair[0].scenario.startswith(name)]
    if not found:
        near = get_close_matches(name, [pair[0].scenario for pair in every], n=1)
        known = ", ".join(pair[0].scenario for pair in every)
        hint = say("yaml.did_you_mean", word=near[0]) if near else plain(known)
        raise HarnessError(say("scenario.unknown", name=name), hint=hint)
    return found


def _in_folder(folder: Path) -> Iterator[tuple[Scenario, Path]]:
    for file in sorted(folder.rglob("*.yaml")):
        if file.parent.name != "mllp":  # cases of the torture suite, a format of their own
            for scenario in load(file):
                yield scenario, file


def read(item: Item) -> Scenario:
    """The scenario of one document. Raises HarnessError with file, line and column."""
    content = item.plain()
    if not isinstance(content, dict):
        raise item.error("yaml.want_mapping")
    for step in content.get("steps") or []:
        _short_forms(step)
    _short_cases(content.get("cases"))
    if "fixed" in content:
        raise item.find(("fixed",)).as_key.error("yaml.unknown_key", key="fixed")
    found = strict.validate(item, Scenario, content, "scenario.wrong")
    _refuse_unknown_flows(item, found)
    _refuse_unknown_cases(item, found)
    for number, step in enumerate(found.steps):
        _refuse_wrong_document(item.find(("steps", number)), found, step)
        _refuse_what_is_not_told(item.find(("steps", number)), found, step)
        _refuse_unsaid_wrong(item.find(("steps", number)), step)
        _refuse_wrong_place(item.find(("steps", number)), step)
    return found.model_copy(update={"fixed": dict(_messages(item, found))})


def _messages(item: Item, found: Scenario) -> Iterator[tuple[str, bytes]]:
    """The bytes that steps send as they are; only files below the scenario's folder are read."""
    folder = item.file.resolve().parent
    for number, step in enumerate(found.steps):
        if not step.message:
            continue
        place = item.find(("steps", number, "message"))
        try:
            file = (folder / step.message).resolve()
            below = file.is_relative_to(folder)
            data = file.read_bytes() if below else b""
        except (OSError, ValueError) as wrong:
            reason = getattr(wrong, "strerror", None) or str(wrong)
            raise place.error("scenario.no_message", file=step.message, reason=reason) from None
        if not below:
            raise place.error("scenario.message_elsewhere", file=step.message)
        yield step.message, data


def _refuse_unknown_flows(item: Item, found: Scenario) -> None:
    if found.profile not in profile_file.available():
        hint = plain(", ".join(profile_file.available()))
        place = item.find(("profile",))
        raise place.error("profile.unknown", hint=hint, name=found.profile)
    flows = profiles.flow_names(found.profile)
    for number, step in enumerate(found.steps):
        if step.send not in flows:
            place = item.find(("steps", number, "send"))
            hint = say("yaml.one_of", values=", ".join(flows))
            raise place.error("profile.no_flow", hint=hint, flow=step.send, profile=found.profile)


def _refuse_unknown_cases(item: Item, found: Scenario) -> None:
    """Every twin has another one, and every step says which conversation it is of."""
    if "case" in item.fields and found.cases:
        raise item.fields["case"].as_key.error("scenario.case_and_cases")
    for name, choice in found.cases.items():
        place = item.find(("cases", name))
        if not (choice.case or choice.twin or choice.patient):
            raise place.error("scenario.case_or_twin", name=name)
        if choice.twin and choice.patient:
            raise place.find(("patient",)).as_key.error("scenario.twin_and_patient")
        _refuse_no_other_patient(place, found, name)
    for number, step in enumerate(found.steps):
        if bool(found.cases) != bool(step.of) or (step.of and step.of not in found.cases):
            hint = plain(", ".join(found.cases)) if found.cases else None
            place = item.find(("steps", number, "for"))
            raise place.error("scenario.no_conversation", hint=hint, name=step.of or "-")


def _refuse_no_other_patient(place: Item, found: Scenario, name: str) -> None:
    """What a conversation says of another one's patient is about one that has its own."""
    own = [n for n, one in found.cases.items() if n != name and not (one.twin or one.patient)]
    for key in ("twin", "patient"):
        named = getattr(found.cases[name], key)
        if named and named not in own:
            raise place.find((key,)).error(
                "scenario.no_twin", hint=plain(", ".join(own)), name=named
            )


def _refuse_wrong_document(item: Item, found: Scenario, step: Step) -> None:
    """What the flow cannot send: a document where it has none, a level or a change of another."""
    kind = profiles.flow_documents(found.profile)[step.send]
    if step.change and kind:
        raise item.find(("change",)).error("scenario.change_in_document")
    if step.document is None:
        return
    found_wrong = forms.wrong(step.form, kind, step.send)
    place = item.find(("document",))
    if not kind:
        raise place.error("form.no_document", flow=step.send)
    if found_wrong:
        at = place.find((found_wrong[0],))
        raise HarnessError(found_wrong[1], file=at.file, line=at.line, column=at.column)


def _refuse_what_is_not_told(item: Item, found: Scenario, step: Step) -> None:
    """A choice about what the message of this flow does not tell, an act that is no case's."""
    made = profiles.flow_makers(found.profile)[step.send]
    for key in ("answer", "reason", "instead", "exams", "identity"):
        if getattr(step, key) and key not in TELLS.get(made, ()):
            raise item.find((key,)).as_key.error("scenario.not_told", key=key, flow=step.send)
    if step.instead and step.instead not in clinical.names():
        hint = plain(", ".join(clinical.names()))
        raise item.find(("instead",)).error("case.unknown", hint=hint, name=step.instead)


def _refuse_wrong_place(item: Item, step: Step) -> None:
    """A change at a place that is none, of the message or of its answer."""
    for owner, changes in ((item, step.mutate), (item.find(("ack",)), step.ack.mutate)):
        for number, change in enumerate(changes):
            edit = change.edit
            if edit.verb in ("set", "remove", "repeat") and not is_place(edit.place):
                key = "edit.xpath" if edit.place.startswith("/") else "er7.path.wrong"
                place = owner.find(("mutate", number, edit.verb))
                raise place.error(key, path=edit.place)


def _refuse_unsaid_wrong(item: Item, step: Step) -> None:
    """A message or an answer that is wrong on purpose, and no rule that it breaks."""
    if step.wrong and not step.expect.findings:
        raise item.find(("wrong",)).as_key.error("scenario.wrong_why")
    if step.variant and (not step.mutate or step.expect.findings):
        raise item.find(("variant",)).as_key.error("scenario.variant")
    if bool(step.ack.mutate) != bool(step.ack.findings):
        raise item.find(("ack",)).as_key.error("scenario.wrong_answer")


def _short_cases(cases: Any) -> None:
    """`anna: ct-brain` stands for `anna: {case: ct-brain}`."""
    if isinstance(cases, dict):
        for name, choice in cases.items():
            if isinstance(choice, str):
                cases[name] = {"case": choice}


def _short_forms(step: Any) -> None:
    """`ack: AA` stands for `ack: {code: [AA]}`, words for a reason, one value for a list of one."""
    if not isinstance(step, dict):
        return
    if isinstance(step.get("ack"), str):
        step["ack"] = {"code": [step["ack"]]}
    if isinstance(step.get("reason"), str):
        step["reason"] = {"words": step["reason"]}
    for owner, key in (("ack", "code"), ("ack", "findings"), ("expect", "findings")):
        inner = step.get(owner)
        if isinstance(inner, dict) and isinstance(inner.get(key), str):
            inner[key] = [inner[key]]


def schema() -> dict[str, Any]:
    """JSON Schema of a scenario file, short forms included, for editors."""
    found = Scenario.model_json_schema()
    lists = (("Acknowledgement", "code"), ("Acknowledgement", "findings"))
    for owner, key in (*lists, ("Expectation", "findings")):
        whole = found["$defs"][owner]["properties"][key]
        found["$defs"][owner]["properties"][key] = {"anyOf": [{"type": "string"}, whole]}
    codes = {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/Acknowledgement"}]}
    found["$defs"]["Step"]["properties"]["ack"] = codes
    found["$defs"]["Step"]["properties"]["reason"]["anyOf"].insert(0, {"type": "string"})
    level = found["$defs"]["Sending"]["properties"]["level"]
    level["anyOf"][0] = {"enum": ["1", "3", "both", 1, 3]}
    choice = {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/CaseChoice"}]}
    found["properties"]["cases"]["additionalProperties"] = choice
    found["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    found["title"] = "telerad scenario"
    return found
