"""A coherent case from a seed: the same name, seed and clock always give the same case.

A different clock moves the times and nothing else.
"""

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Final, NamedTuple

from harness.errors import HarnessError
from harness.sim.case import (
    Case,
    Details,
    DocumentIdentity,
    Dose,
    Exam,
    Identifier,
    Narrative,
    Order,
    Organization,
    Patient,
    Product,
    Professional,
    Region,
    Tracer,
    Visit,
)
from harness.sim.generate import exams, identity, people
from harness.sim.generate.exam_codes import Kind, atc_code, cip_code, dose_code, sop_class
from harness.sim.generate.unique import uid, uuid
from harness.text import plain, say

DEFAULT: Final = "ct-brain"
SITE_OID: Final = "1.2.250.1.213.99.1"
_ORDERS: Final = f"{SITE_OID}.12"
_ACCESSIONS: Final = f"{SITE_OID}.27"
_APPOINTMENTS: Final = f"{SITE_OID}.31"
_VISITS: Final = f"{SITE_OID}.30"
_SPARE: Final = 200
_APART: Final = 1000  # between the seeds of cases that are told together


def names() -> tuple[str, ...]:
    """The kinds of case that can be generated."""
    return tuple(exams.KINDS)


def make_case(name: str, seed: int, clock: datetime) -> Case:
    """A case. `clock` is when the request is made; it must have a time zone.

    Raises HarnessError for an unknown name or a clock without a zone.
    """
    kind = _kind(name)
    if clock.tzinfo is None:
        raise HarnessError(say("case.no_zone", clock=clock.isoformat()))
    return _case(name, seed, clock, kind)


def _kind(name: str) -> Kind:
    if name in exams.KINDS:
        return exams.KINDS[name]
    near = get_close_matches(name, names(), n=1)
    hint = say("yaml.did_you_mean", word=near[0]) if near else plain(", ".join(names()))
    raise HarnessError(say("case.unknown", name=name), hint=hint)


def with_act(case: Case, name: str) -> Case:
    """The case with the examination of another one, at the same hour, for the same request.

    Raises HarnessError for an unknown name.
    """
    kind = _kind(name)
    chance = random.Random(f"{case.name}/{case.seed}/{name}")  # noqa: S311  no secret
    exam = _exam(chance, kind, case.exam.start)
    office = case.requester.organization
    return replace(
        case,
        exam=exam,
        narrative=_words(kind, case.seed),
        details=_details(chance, kind, exam, office),
    )


class Choice(NamedTuple):
    """The case of one conversation among several.

    `kind` names it. `twin` is the other conversation whose patient is nearly the same, `patient`
    the one that is about the same patient; without a kind it is that conversation's.
    """

    kind: str
    twin: str = ""
    patient: str = ""


def make_cases(choices: Mapping[str, Choice], seed: int, clock: datetime) -> dict[str, Case]:
    """Several cases of one site and one platform, by name. Raises HarnessError as `make_case`."""
    found: dict[str, Case] = {}
    with_own_first = sorted(choices.items(), key=lambda one: bool(one[1].twin or one[1].patient))
    places = {name: number for number, name in enumerate(choices)}
    for name, (kind, twin, same) in with_own_first:
        kind = kind or choices[twin or same].kind
        case = make_case(kind, seed + _APART * places[name], clock)
        case = _of_the_same_site(case, next(iter(found.values()), case))
        if twin:
            case = replace(case, patient=identity.twin(found[twin].patient, case.patient))
        elif same:
            case = replace(case, patient=found[same].patient)
        found[name] = case
    return {name: found[name] for name in choices}


def _of_the_same_site(case: Case, first: Case) -> Case:
    return replace(
        case,
        site=first.site,
        platform=first.platform,
        responsible=first.responsible,
        radiologist=first.radiologist,
        viewer=first.viewer,
    )


def _case(name: str, seed: int, clock: datetime, kind: Kind) -> Case:
    chance = random.Random(f"{name}/{seed}")  # noqa: S311  fictitious data, no secret
    site = people.organization(chance, "Centre d'imagerie des Essais", ("48000", "MENDE"))
    office = people.organization(chance, "Cabinet médical fictif", ("48000", "MENDE"))
    platform = people.organization(chance, "Plateforme de téléradiologie X", ("69003", "LYON"))
    exam = _exam(chance, kind, clock + timedelta(hours=1))
    told = random.Random(f"{name}/{seed}/told")  # noqa: S311  what only the ANS guide has
    return Case(
        name=name,
        seed=seed,
        patient=_patient(chance, kind, f"{name}/{seed}"),
        visit=_appointed(told, _visit(chance, clock)),
        order=_measured(told, _order(chance, kind, clock)),
        requester=people.professional(chance, people.GENERAL_PRACTICE, office),
        responsible=people.professional(chance, people.RADIOLOGY, site),
        radiologist=people.professional(chance, people.RADIOLOGY, platform),
        site=site,
        platform=platform,
        exam=exam,
        narrative=_words(kind, seed),
        request_document=_document(chance, clock),
        report_document=_version(kind, _document(chance, exam.end + timedelta(minutes=30))),
        viewer=f"https://drimbox.{_host(site)}.example/IHEInvokeImageDisplay",
        uuids=tuple(uuid(chance) for _ in range(_SPARE)),
        details=_details(random.Random(f"{name}/{seed}/details"), kind, exam, office),  # noqa: S311
    )


def _patient(chance: random.Random, kind: Kind, name: str) -> Patient:
    """A patient, drawn again until of the sex that the examination asks for."""
    found, tries = identity.patient(chance), 0
    while kind.sex and found.sex != kind.sex:
        tries += 1
        found = identity.patient(random.Random(f"{name}/patient/{tries}"))  # noqa: S311
    return found


def _words(kind: Kind, seed: int) -> Narrative:
    """The wording: the other one, where there is one, for every even seed."""
    return kind.other_words if kind.other_words and seed % 2 == 0 else kind.words


def _version(kind: Kind, identity: DocumentIdentity) -> DocumentIdentity:
    """The first version; with an addendum the second, which replaces one."""
    if not kind.addendum:
        return identity
    return replace(identity, version=2, replaces=f"{identity.id}7")


def _details(chance: random.Random, kind: Kind, main: Exam, office: Organization) -> Details:
    """What the kind tells, with what is drawn: further acts, tracer, correspondent."""
    tracers = tuple(
        Tracer(
            name,
            atc_code(code, label),
            str(chance.randrange(low, high)),
            f"{chance.randrange(10**6):06d}",
        )
        for name, code, label, low, high in kind.tracers
    )
    to: tuple[Professional, ...] = ()
    if kind.correspondent:
        to = (people.professional(chance, people.GENERAL_PRACTICE, office),)
    return replace(
        kind.details,
        tracers=tracers,
        further=tuple(_exam(chance, part, main.end) for part in kind.more),
        correspondents=to,
        addendum=kind.addendum,
    )


def _host(site: Organization) -> str:
    return site.finess.lower()


def _document(chance: random.Random, created: datetime) -> DocumentIdentity:
    return DocumentIdentity(uid(chance), uid(chance), 1, created)


def _visit(chance: random.Random, clock: datetime) -> Visit:
    number, account = chance.randrange(10**6, 10**7), chance.randrange(10**6, 10**7)
    return Visit(
        patient_class="O",
        number=Identifier(f"V{number}", "SITE-IMAGERIE", _VISITS),
        account=Identifier(f"D{account}", "SITE-IMAGERIE", _VISITS),
        start=clock,
    )


def _appointed(chance: random.Random, visit: Visit) -> Visit:
    number = f"RDV{chance.randrange(10**6, 10**7)}"
    return replace(visit, appointment=Identifier(number, "SITE-IMAGERIE", _APPOINTMENTS))


def _measured(chance: random.Random, order: Order) -> Order:
    return replace(
        order, height=str(chance.randrange(150, 196)), weight=str(chance.randrange(48, 111))
    )


def _order(chance: random.Random, kind: Kind, clock: datetime) -> Order:
    return Order(
        placer_number=Identifier(f"OPN{chance.randrange(10**8):08d}", "SITE-IMAGERIE", _ORDERS),
        placed=clock,
        justification=kind.justification,
        purpose=kind.purpose,
        medical_history="Hypertension artérielle traitée.",
        surgical_history="Appendicectomie dans l'enfance.",
        requested_modality=kind.requested,
        site=kind.site,
        laterality=kind.laterality,
        regions=tuple(region for part in (kind, *kind.more) for region in _regions(part)),
        relevance=kind.relevance,
        technique=kind.technique,
    )


def _regions(kind: Kind) -> tuple[Region, ...]:
    return (Region(kind.region, kind.precision or kind.laterality), *kind.more_regions)


def _exam(chance: random.Random, kind: Kind, start: datetime) -> Exam:
    study = uid(chance)
    return Exam(
        accession_number=Identifier(
            f"ACN{chance.randrange(10**8):08d}", "SITE-IMAGERIE", _ACCESSIONS
        ),
        study_uid=study,
        series_uid=uid(chance),
        sop_uid=uid(chance),
        sop_class=sop_class(kind.sop_class),
        act=kind.act,
        ccam=kind.ccam,
        modalities=kind.modalities,
        region=kind.region,
        site=kind.site,
        start=start,
        end=start + timedelta(minutes=25),
        device="Appareil d'essai TR-1",
        laterality=kind.laterality,
        doses=tuple(drawn_dose(chance, dose) for dose in kind.doses),
        products=_products(chance, kind),
        precision=kind.precision or kind.laterality,
        more_regions=kind.more_regions,
        udi=f"(01)03700000000011(21)TR1-{study[-6:]}" if kind.doses else "",
    )


def drawn_dose(chance: random.Random, dose: tuple[str, str, float, float, str]) -> Dose:
    """A dose of a kind of examination, within its bounds."""
    code, label, low, high, unit = dose
    value = chance.uniform(low, high)
    written = f"{round(value, -6):.0f}" if unit == "Bq" else f"{value:.1f}"
    return Dose(dose_code(code, label), written, unit)


def _products(chance: random.Random, kind: Kind) -> tuple[Product, ...]:
    if kind.product is None:
        return ()
    name, atc, label, cip, volume = kind.product
    lot = f"LOT{chance.randrange(10**5):05d}"
    codes = atc_code(atc, label), cip_code(cip, name)
    return (Product(name, *codes, volume=str(volume), lot=lot),)
