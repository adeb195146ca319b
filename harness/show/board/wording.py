"""What the pages say: the language of a visitor, words of states and verdicts, times, templates."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final

import jinja2
from markupsafe import Markup
from starlette.requests import Request

from harness.show.board import cookies
from harness.show.board.store.runs import Event
from harness.show.pages import page
from harness.show.words import visible
from harness.text import LANGUAGES, Text, say

STYLES: Final = ("report.css", "board/board.css")
SCRIPTS: Final = ("board/times.js", "board/board.js", "board/timeline.js")
_SIGNS: Final = {
    "pass": "✓",
    "warning": "!",
    "contested": "?",
    "inconclusive": "?",
    "fail": "✗",
    "error": "‼",
    "failed": "‼",
    "proposed": "?",
    "queued": "…",
    "running": "▶",
    "stopped": "■",
    "interrupted": "■",
    "withdrawn": "·",
    "none": "·",
}
_COLOURS: Final = {"failed": "error", "stopped": "inconclusive", "interrupted": "inconclusive"}


def language_of(request: Request, default: str) -> str:
    """The language that a visitor chose, else asks for, else that of the server."""
    chosen = request.query_params.get("lang") or request.cookies.get(cookies.LANGUAGE, "")
    if chosen in LANGUAGES:
        return chosen
    for part in request.headers.get("accept-language", "").split(","):
        if (wanted := part.strip()[:2].lower()) in LANGUAGES:
            return wanted
    return default


def word(name: str) -> Text:
    """The word of a verdict or a state."""
    key = f"verdict.{name}" if name in _VERDICTS else f"board.state.{name}"
    return say(key)


_VERDICTS: Final = (
    *("pass", "warning", "contested", "inconclusive", "fail", "error"),
    *("not_applicable", "not_tested"),
)


def result(name: str, blame: str, lang: str) -> str:
    """The word, and who is at fault where that was found out."""
    told = word(name).in_(lang)
    return f"{told} ({say(f'board.blame.{blame}').in_(lang)})" if blame else told


def sign(name: str) -> str:
    """The sign of a verdict or a state."""
    return _SIGNS.get(name, "·")


def colour(name: str) -> str:
    """The class of a verdict or a state."""
    return f"v-{_COLOURS.get(name, name)}"


def spoken(lang: str) -> Callable[..., str]:
    """`say` in one language, for templates."""

    def speak(key: str, /, **values: str | int | float | Text) -> str:
        return say(key, **values).in_(lang)

    return speak


def clock(seconds: float | None) -> str:
    """The time of day, empty for never."""
    return f"{datetime.fromtimestamp(seconds).astimezone():%d/%m %H:%M:%S}" if seconds else ""


FORMS: Final = {"second": "%d/%m %H:%M:%S", "day": "%d/%m %H:%M", "minute": "%H:%M"}


def when(seconds: float | None, form: str = "second") -> Markup:
    """A time for a page, which its script shows in the zone of the browser; empty for never."""
    if seconds is None:
        return Markup()
    at = datetime.fromtimestamp(seconds).astimezone()
    shown = Markup('<time datetime="{}" data-at="{:.0f}" data-form="{}">{}</time>')
    exact = at.isoformat(timespec="seconds")
    return shown.format(exact, seconds, form, at.strftime(FORMS[form]))


def local(seconds: float) -> str:
    """A time as a field of a form has it, in the zone of this server."""
    return f"{datetime.fromtimestamp(seconds).astimezone():%Y-%m-%dT%H:%M}"


def zone(lang: str) -> Markup:
    """Which zone the times of a page are in; its script says that of the browser."""
    words = say("board.zone").in_(lang)
    here = datetime.now().astimezone().strftime("UTC%z")
    return Markup('<span data-zone="{}">{}</span>').format(words, words.replace("{zone}", here))


def left(until: float, words: str) -> Markup:
    """A countdown: words that have `{left}` in them."""
    told = words.replace("{left}", span(until - time.time()))
    shown = Markup('<span class="left" data-left="{:.0f}" data-words="{}">{}</span>')
    return shown.format(until, words, told)


def span(seconds: float) -> str:
    """How long, in words that both languages write alike: "1 h 05 min", "12 min", "45 s"."""
    whole = max(0, round(seconds))
    if whole < 120:
        return f"{whole} s"
    hours, minutes = divmod(round(whole / 60), 60)
    return f"{hours} h {minutes:02d} min" if hours > 1 else f"{hours * 60 + minutes} min"


def line(event: Event, lang: str) -> dict[str, Any] | None:
    """What the trace of a run shows of an event: cells of a row, its colour; None for nothing.

    `until` is when a wait is over, in seconds since 1970, None for what is no wait.
    """
    found = _line(event, lang)
    return {"until": None, **found} if found else None


def _line(event: Event, lang: str) -> dict[str, Any] | None:
    data = event.data
    if event.kind == "exchange":
        return {"cells": _cells(data, lang), "colour": colour(data["verdict"])}
    if event.kind == "waits":
        role = say(f"role.{data['role']}")
        text = say("board.waits", flow=data["flow"], role=role).in_(lang)
        return {"cells": ["", text], "colour": "wait", "until": event.at + data["seconds"]}
    if event.kind == "listening":
        text = say("board.listening", port=data["port"]).in_(lang)
        return {"cells": ["", text], "colour": "wait"}
    return None


def _cells(data: Mapping[str, Any], lang: str) -> list[str]:
    """Number, who to whom, what, answer and time, verdict, what is wrong first."""
    roles = [say(f"role.{data[side]}").in_(lang) for side in ("sender", "receiver")]
    took = f" {data['seconds'] * 1000:.0f} ms" if data["seconds"] is not None else ""
    first = ""
    if data["rule"]:
        says, found = (Text(**data[key]).in_(lang) for key in ("says", "found"))
        first = f"{data['rule']} {says} ({found})"
    elif data["reason"]:
        first = Text(**data["reason"]).in_(lang)
    cells = [
        f"{data['number']:04d}",
        f"{data['flow']} {roles[0]} → {roles[1]}",
        data["what"],
        f"{data['said']}{took}",
        f"{sign(data['verdict'])} {word(data['verdict']).in_(lang)}",
        first,
    ]
    return [visible(cell) for cell in cells]


@cache
def style() -> str:
    """The style of all pages."""
    return "".join(page.asset(name) for name in STYLES)


@cache
def script() -> str:
    """The script of all pages."""
    return "".join(page.asset(name) for name in SCRIPTS)


def render(name: str, lang: str, **values: Any) -> str:
    """A page as text."""
    template: jinja2.Template = page.environment().get_template(f"board/{name}.html.j2")
    return template.render(
        lang=lang,
        s=spoken(lang),
        word=lambda of: word(of).in_(lang),
        result=lambda name, blame: result(name, blame, lang),
        words=lambda pair: Text(**pair).in_(lang),
        sign=sign,
        colour=colour,
        clock=clock,
        when=when,
        left=left,
        clock_at=lambda seconds, form: time.strftime(FORMS[form], time.localtime(seconds)),
        local=local,
        zone=lambda: zone(lang),
        now=time.time(),
        line=lambda event: line(event, lang),
        both=page.both,
        in_lang=lambda text: text.in_(lang) if text else "",
        Markup=Markup,
        **values,
    )
