"""The catalogue of rules as pages, one for each profile and language, made with the site."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from harness.rules import profile as profiles
from harness.rules import profile_file
from harness.rules.profile import Profile
from harness.rules.rule import Rule
from harness.show.saying import source
from harness.text import say

LANGUAGES = ("fr", "en")
_WORDS = {
    "fr": ("Règles", "règle", "niveau", "ce qu'elle demande", "source", "non testable"),
    "en": ("Rules", "rule", "level", "what it asks", "source", "not testable"),
}


def on_config(config: Any) -> None:
    """Write the pages before the folder is read; git does not keep them."""
    for name in profile_file.available():
        profile = profiles.load(name)
        for lang in LANGUAGES:
            file = Path(config["docs_dir"]) / f"rules-{name}.{lang}.md"
            file.write_text(page(profile, lang), encoding="utf-8")


def page(profile: Profile, lang: str) -> str:
    """Markdown: a table for each group, rules in the order of the guide."""
    return "\n".join(_lines(profile, lang)) + "\n"


def _lines(profile: Profile, lang: str) -> Iterator[str]:
    title, rule, level, asks, where, untestable = _WORDS[lang]
    yield f"# {title} : {profile.id}" if lang == "fr" else f"# {title}: {profile.id}"
    yield ""
    yield f"{profile.title.in_(lang)}, {len(profile.rules)}."
    ordered = sorted(profile.rules, key=lambda one: one.group)
    for group, members in groupby(ordered, key=lambda one: one.group):
        yield f"\n## {say(f'group.{group}').in_(lang)}\n"
        yield f"| {rule} | {level} | {asks} | {where} |"
        yield "|---|---|---|---|"
        for one in members:
            yield _row(one, lang, untestable)


def _row(rule: Rule, lang: str, untestable: str) -> str:
    asks = rule.says.in_(lang)
    if rule.untested:
        asks += f" ({untestable} : {rule.untested.in_(lang)})"
    level = rule.level.value
    cells = (f"`{rule.id}`", level, asks, source(rule).in_(lang))
    return "| " + " | ".join(_plain(cell) for cell in cells) + " |"


def _plain(text: str) -> str:
    """Text in a cell: what Markdown or HTML would read as their own is shown."""
    kept = text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "&#124;")
    return kept.replace("\n", " ")
