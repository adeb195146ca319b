"""What our HTML pages share: one file, no network, strict policy, both languages inside.

Whatever is shown is escaped by the templates; style and script are allowed by their hash only.
"""

import base64
import hashlib
from functools import cache

import jinja2
from markupsafe import Markup

from harness import data
from harness.show.words import visible
from harness.text import Text, say


def asset(name: str) -> str:
    """A file of `reports/template`, as text."""
    return data.path("reports", "template", name).read_text(encoding="utf-8")


def policy(style: str, script: str) -> str:
    """Content-Security-Policy: nothing from anywhere, our style and script by their hash."""

    def digest(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    return (
        f"default-src 'none'; style-src 'sha256-{digest(style)}'; "
        f"script-src 'sha256-{digest(script)}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


@cache
def environment() -> jinja2.Environment:
    """Templates with autoescape, the filter `both` and the function `t`."""
    loader = jinja2.FileSystemLoader(data.path("reports", "template"))
    environment = jinja2.Environment(
        loader=loader,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["both"] = both
    environment.globals["t"] = translated
    return environment


def _harmless(value: object) -> object:
    """What an expression of a template gives, without characters that act on a reader."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value, keep="\n")
    return value


def both(text: Text | None) -> Markup:
    """Both languages; the style shows the one that the page is in."""
    if text is None:
        return Markup("")
    if text.fr == text.en:
        return _with_code(text.fr)
    pair = Markup('<span class="fr" lang="fr">{}</span><span class="en" lang="en">{}</span>')
    return pair.format(_with_code(text.fr), _with_code(text.en))


def _with_code(text: str) -> Markup:
    """The text escaped, what stands between backticks as code."""
    text = visible(text, keep="\n")
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return Markup("{}").format(text)
    code = Markup("<code>{}</code>")
    shown = (
        code.format(part) if n % 2 else Markup("{}").format(part) for n, part in enumerate(parts)
    )
    return Markup("").join(shown)


def translated(key: str, /, **values: str | int | float | Text) -> Markup:
    """A text of the catalogue, in both languages."""
    return both(say(key, **values))
