"""A clinical case: everything that the messages and documents of one conversation are made from.

A generator makes a case from a seed; a simulated actor replaces its parts by what it learns from
the messages of a real system. The names are those of the guides; `code.system` is an OID.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final


@dataclass(frozen=True, slots=True)
class Code:
    """A coded value. `hl7` is the coding system's name in HL7 v2 (table 0396), e.g. `LN`, `DCM`."""

    code: str
    label: str
    system: str
    system_name: str
    hl7: str = ""


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number and who gave it. `authority` is a name, `oid` the same as an OID.

    `written` is the whole field as a peer wrote it in ER7, to be echoed as it is; empty for ours.
    """

    value: str
    authority: str = ""
    oid: str = ""
    written: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address in France. `number` and `street` may be empty when only learnt in part."""

    number: str
    street: str
    postal_code: str
    city: str
    country: str = "FRA"


@dataclass(frozen=True, slots=True)
class Patient:
    """The patient: INS identity (number, OID, five strict traits) and what goes with it.

    `ins` is 15 characters, key included; `birth_given_names` are all given names of the birth
    record, in order. `ipp` is the site's own patient number. `birth_cog` is the place of birth.
    `qualified` is the identity's status: while it is not, the INS stays at home. `others` are more
    local numbers, that a peer wrote in PID-3.
    """

    ins: str
    ins_oid: str
    birth_name: str
    birth_given_names: tuple[str, ...]
    sex: str
    birth_date: date
    birth_cog: str
    birth_city: str
    ipp: Identifier
    address: Address
    phone: str
    used_name: str = ""
    used_given_name: str = ""
    qualified: bool = True
    others: tuple[Identifier, ...] = ()

    @property
    def shared_ins(self) -> str:
        """The INS that may leave the site: empty while the identity is not qualified."""
        return self.ins if self.qualified else ""

    @property
    def first_given_name(self) -> str:
        """First given name of the birth record."""
        return self.birth_given_names[0] if self.birth_given_names else ""


@dataclass(frozen=True, slots=True)
class Organization:
    """A health structure. `national_id` is the Struct_IdNat: type digit + number (`1` + FINESS)."""

    national_id: str
    name: str
    address: Address
    phone: str
    practice_setting: Code
    facility_type: Code

    @property
    def finess(self) -> str:
        """The 9-character FINESS number, or the whole identifier when it is of another type."""
        return self.national_id[1:] if self.national_id.startswith("1") else self.national_id


@dataclass(frozen=True, slots=True)
class Professional:
    """A health professional. `national_id` is the PS_IdNat: type digit + number (`8` + RPPS)."""

    national_id: str
    family: str
    given: str
    civility: str
    title: str
    specialty: Code
    organization: Organization
    phone: str


@dataclass(frozen=True, slots=True)
class Visit:
    """The patient's visit at the imaging site. `patient_class` as in PV1-2.

    `appointment` is what the ANS guide puts into PV1-19, where others have the visit `number`.
    """

    patient_class: str
    number: Identifier
    account: Identifier
    start: datetime
    appointment: Identifier = Identifier("")


@dataclass(frozen=True, slots=True)
class Region:
    """An anatomic region, and where in it (`precision`, a topographic modifier)."""

    code: Code
    precision: Code | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """The request: placer order number (ORC-2), dates, clinical words, what is asked.

    `regions` are coarser than `site`. `relevance` is that of the medical history, then of the
    surgical one; a history without relevance is not told in flow 1. `height` in centimetres,
    `weight` in kilograms, empty when unknown; `technique` comments on the modality.
    """

    placer_number: Identifier
    placed: datetime
    justification: str
    purpose: str
    medical_history: str
    surgical_history: str
    requested_modality: Code
    site: Code
    laterality: Code | None = None
    regions: tuple[Region, ...] = ()
    relevance: tuple[str, ...] = ()
    height: str = ""
    weight: str = ""
    technique: str = ""


@dataclass(frozen=True, slots=True)
class Dose:
    """One quantity of radiation. `value` is a decimal number, `unit` a UCUM unit."""

    code: Code
    value: str
    unit: str


@dataclass(frozen=True, slots=True)
class Product:
    """A product given for the examination. `volume` in millilitres."""

    name: str
    atc: Code
    cip: Code
    volume: str
    lot: str


@dataclass(frozen=True, slots=True)
class Exam:
    """The examination as performed. UIDs are DICOM's; `region` and `site` are SNOMED CT.

    `modality` is what flow D reports first; `modalities` all of them (PET-CT has two). `precision`
    is the topographic one of `region`, `more_regions` what else was explored. `device` is the
    model, `udi` its number; `partial_url` the link to the images as a site gave it, empty for ours.
    """

    accession_number: Identifier
    study_uid: str
    series_uid: str
    sop_uid: str
    sop_class: Code
    act: Code
    ccam: Code | None
    modalities: tuple[Code, ...]
    region: Code
    site: Code
    start: datetime
    end: datetime
    device: str
    laterality: Code | None = None
    doses: tuple[Dose, ...] = ()
    products: tuple[Product, ...] = ()
    precision: Code | None = None
    more_regions: tuple[Region, ...] = ()
    udi: str = ""
    partial_url: str = ""

    @property
    def regions(self) -> tuple[Region, ...]:
        """Every region explored, the main one first."""
        return (Region(self.region, self.precision), *self.more_regions)

    @property
    def modality(self) -> Code:
        """The first modality."""
        return self.modalities[0]


@dataclass(frozen=True, slots=True)
class Narrative:
    """What the radiologist writes, in French, invented."""

    protocol: str
    technique: str
    comparison: str
    findings: str
    conclusion: str


@dataclass(frozen=True, slots=True)
class Tracer:
    """A radiopharmaceutical given for the examination. `activity` in megabecquerels."""

    name: str
    atc: Code
    activity: str
    lot: str


@dataclass(frozen=True, slots=True)
class Device:
    """A medical device. `udi` is its unique identifier, `agency` the OID of who issues it."""

    kind: Code
    udi: str
    agency: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document added to another: its title, the lines of its page, the bytes it has at least."""

    title: str
    lines: tuple[str, ...]
    size: int = 0


@dataclass(frozen=True, slots=True)
class Requested:
    """One requested act: modality, site, side."""

    modality: Code
    site: Code
    laterality: Code | None = None


NOT_PREGNANT: Final = Code(
    "60001007", "absence de grossesse", "2.16.840.1.113883.6.96", "SNOMED CT"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What only some cases have; empty means that the documents do not speak of it.

    Request: `urgency` is the reason of an urgent request, `contacted` tells that the radiologist
    was called, `event` what the examination must come before or after, `wish` the contrast wanted
    with a PET, `function` what a PET or a scintigraphy studies, `told` what the patient was told.
    Report: `further` examinations of the same report, `parameters` of the technique, `remark` an
    uncoded comment, `retention` of the images in days.
    """

    contraindications: tuple[Code, ...] = ()
    care: tuple[Code, ...] = ()
    pregnancy: Code = NOT_PREGNANT
    screening: bool = False
    prior: str = ""
    attachment: Attachment | None = None
    told: str = ""
    urgency: str = ""
    contacted: bool = False
    event: str = ""
    comment: str = ""
    function: Code | None = None
    wish: Code | None = None
    correspondents: tuple[Professional, ...] = ()
    requests: tuple[Requested, ...] = ()
    further: "tuple[Exam, ...]" = ()
    tracers: tuple[Tracer, ...] = ()
    complication: str = ""
    parameters: str = ""
    device: Device | None = None
    remark: str = ""
    addendum: str = ""
    retention: int = 1825


@dataclass(frozen=True, slots=True)
class DocumentIdentity:
    """Identity of one version of a CDA document. `id` and `set_id` are OIDs or UUIDs, written
    `root|extension` when they have an extension.

    `replaces` is the id of the version before, empty for a first version.
    """

    id: str
    set_id: str
    version: int
    created: datetime
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is refused or cancelled: a code with its system, or words alone."""

    words: str = ""
    code: str = ""
    system: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the platform says to a request. `protocols` are those beside the first one.

    `encapsulated`: the protocols travel as files, and not as text.
    """

    accepted: bool = True
    reason: Reason = Reason()
    protocols: tuple[str, ...] = ()
    encapsulated: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """A physician who answered for a version of the report (legal authenticator), and when."""

    who: Professional
    at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """One patient, one request, one examination, one report, and the people around them.

    `requester` asked for the examination; `responsible` is the physician responsible for the
    imaging site; `radiologist` reads the images at a distance, on the teleradiology platform.
    `viewer` is the base URL of the link to the images. `uuids` are spare identifiers for the parts
    of the documents, drawn from the seed so that two runs give the same bytes. `details` hold what
    only some cases have. `former` are those who signed the versions before this one, oldest first.
    `answer` is what the platform decides, `cancellation` why the site gives the request up.
    """

    name: str
    seed: int
    patient: Patient
    visit: Visit
    order: Order
    requester: Professional
    responsible: Professional
    radiologist: Professional
    site: Organization
    platform: Organization
    exam: Exam
    narrative: Narrative
    request_document: DocumentIdentity
    report_document: DocumentIdentity
    viewer: str
    uuids: tuple[str, ...] = field(default=(), repr=False)
    details: Details = Details()
    former: tuple[Signature, ...] = ()
    answer: Answer = Answer()
    cancellation: Reason = Reason()

    @property
    def exams(self) -> tuple[Exam, ...]:
        """Every examination of the report, the main one first."""
        return (self.exam, *self.details.further)

    def alone(self) -> "Case":
        """The same with its main examination only, which is all that a message of flow D tells."""
        return replace(self, details=replace(self.details, further=()))
