"""Contested points as a text for the authors of a guide, in Markdown."""

from collections.abc import Iterator

from harness.rules import profile as profiles
from harness.rules.contested import Point, Reading
from harness.rules.profile import Profile
from harness.rules.rule import SpecRef
from harness.text import Text, plain, say


def source_words(source: SpecRef) -> Text:
    """The guide and the section."""
    title = profiles.documents().get(source.document) or plain(source.document)
    return Text(f"{title.fr}, {source.section}", f"{title.en}, {source.section}")


def text(profile: Profile, lang: str) -> str:
    """The whole text: what each point is, how it can be read, what its authors are asked."""
    lines = [
        f"# {say('contested.title', title=profile.title).in_(lang)}",
        "",
        say("contested.intro", count=len(profile.points), version=profile.version).in_(lang),
    ]
    for number, point in enumerate(profile.points.values(), 1):
        lines += ["", *_point(number, point, lang)]
    return "\n".join(lines) + "\n"


def _point(number: int, point: Point, lang: str) -> Iterator[str]:
    says = point.says.in_(lang)
    yield f"## {number}. {says[:1].upper()}{says[1:]} ({point.id})"
    yield ""
    yield f"{say('contested.places').in_(lang)} {', '.join(f'`{place}`' for place in point.places)}"
    yield ""
    for reading in point.readings.values():
        yield f"- {_reading(reading, lang)}"
    yield ""
    default = point.readings[point.default]
    yield f"{say('contested.default').in_(lang)} {default.says.in_(lang)}."
    yield ""
    yield f"**{say('contested.question').in_(lang)}** {point.question.in_(lang)}"


def _reading(reading: Reading, lang: str) -> str:
    return f"{reading.says.in_(lang)} ({source_words(reading.source).in_(lang)})"
