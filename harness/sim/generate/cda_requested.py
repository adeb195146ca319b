"""The requested acts of an imaging request: modality, site, urgency, studied function, comment.

Source: IMG-DA-IMG 2024.01; imaging body fact sheet, 2.4.
"""

from collections.abc import Iterator
from typing import Final

from harness.sim.case import Case, Code, Requested
from harness.sim.generate.cda_added import CISIS, comment, simple_observation
from harness.sim.generate.cda_parts import (
    Element,
    coded,
    el,
    ids,
    loinc,
    maybe,
    original,
    performer,
    reference,
    section,
    target_site,
    templates,
)

_URGENT: Final = Code("UR", "Urgent", "2.16.840.1.113883.5.7", "ActPriority")
_CALL_BACK: Final = Code("GEN-297", "Le demandeur souhaite un retour par téléphone", *CISIS)
_EVENT: Final = Code("GEN-296", "Évènement associé à l'examen demandé", *CISIS)
_FUNCTION: Final = Code("MED-1133", "Fonction étudiée", *CISIS)


def requested_acts(case: Case, uuids: Iterator[str]) -> Element:
    """The section with one entry for each act."""
    order = case.order
    first = Requested(order.requested_modality, order.site, order.laterality)
    acts = list(enumerate((first, *case.details.requests), 1))
    text = el("text", *(p for n, act in acts for p in _paragraphs(case, act, n)))
    entries = [el("entry", _requested(case, act, n, uuids)) for n, act in acts]
    return section(
        next(uuids),
        (
            "2.16.840.1.113883.10.20.1.10",
            "1.3.6.1.4.1.19376.1.5.3.1.3.36",
            "1.2.250.1.213.1.1.2.158",
            "1.2.250.1.213.1.1.2.158.3",
        ),
        loinc("code", "18776-5", "Plan de soins"),
        "Acte(s) d'imagerie demandé(s)",
        text,
        *entries,
    )


def _stem(number: int) -> str:
    return f"demande-{number:02d}"


def _paragraphs(case: Case, act: Requested, number: int) -> Iterator[Element]:
    details, stem = case.details, _stem(number)
    place = act.site.label + (f" ({act.laterality.label})" if act.laterality else "")
    lines = [(act.modality.label, "-modalite"), (place, "-localisation"), (case.order.purpose, "")]
    lines.append((details.urgency, "-urgence"))
    if number == 1:
        called = f"Dr {case.responsible.family}, joint par téléphone" if details.contacted else ""
        lines += [
            ("Retour par téléphone souhaité" if details.urgency else "", "-rappel"),
            (called, "-medecin"),
            (details.event, "-evenement"),
            (details.comment, "-commentaire"),
            (details.function.label if details.function else "", "-fonction"),
            (details.wish.label if details.wish else "", "-contraste"),
        ]
    for words, part in lines:
        inside = maybe("content", words, ID=f"{stem}{part}")
        if inside is not None:
            yield el("paragraph", inside)


def _requested(case: Case, act: Requested, number: int, uuids: Iterator[str]) -> Element:
    details, stem = case.details, _stem(number)
    return el(
        "observation",
        *templates(
            "1.3.6.1.4.1.19376.1.5.3.1.1.20.3.1",
            "2.16.840.1.113883.10.20.1.25",
            "1.2.250.1.213.1.1.3.27",
            "1.2.250.1.213.1.1.3.27.3",
        ),
        ids(next(uuids)),
        _modality(act, details.wish if number == 1 else None, stem),
        el("text", reference(f"#{stem}")),
        el("statusCode", code="active"),
        el("effectiveTime", nullFlavor="UNK"),
        coded("priorityCode", _URGENT, original(f"#{stem}-urgence")) if details.urgency else None,
        target_site(act.site, act.laterality, f"#{stem}-localisation"),
        *(_once(case, stem, uuids) if number == 1 else _call_back(case, uuids)),
        classCode="OBS",
        moodCode="INT",
    )


def _modality(act: Requested, wish: Code | None, stem: str) -> Element:
    words = original(f"#{stem}-modalite")
    if wish is None:
        return coded("code", act.modality, words)
    value = coded("value", wish, original(f"#{stem}-contraste"))
    return coded("code", act.modality, words, el("qualifier", value))


def _call_back(case: Case, uuids: Iterator[str]) -> Iterator[Element]:
    """The phone call-back of an urgent request; the words stand with the first act."""
    if case.details.urgency:
        yes = el("value", value="true", xsi_type="BL")
        yield _part(simple_observation(next(uuids), _CALL_BACK, f"{_stem(1)}-rappel", yes))


def _once(case: Case, stem: str, uuids: Iterator[str]) -> Iterator[Element]:
    """What is told once for the whole request, with its first act."""
    details = case.details
    if details.contacted:
        yield performer(case.responsible)
    if details.comment:
        yield comment(f"{stem}-commentaire")
    yield from _call_back(case, uuids)
    if details.event:
        yield _part(simple_observation(next(uuids), _EVENT, f"{stem}-evenement"))
    if details.function:
        name = f"{stem}-fonction"
        value = coded("value", details.function, original(f"#{name}"), xsi_type="CD")
        model = "1.2.250.1.213.1.1.3.48.36"
        yield _part(simple_observation(next(uuids), _FUNCTION, name, value, model=model))


def _part(observation: Element) -> Element:
    return el("entryRelationship", observation, typeCode="COMP", inversionInd="false")
