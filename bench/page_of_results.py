"""Writes what was measured into `docs/pages/performance.{fr,en}.md`, between marks; the plot."""

import os
import platform
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PAGES = Path(__file__).parent.parent / "docs" / "pages"
LANGUAGES = ("fr", "en")
PACKAGES = ("lxml", "hl7apy", "hl7", "hl7types", "saxonche", "xmlschema", "pybase64")
PLOT = "performance.svg"
WORDS = {
    "goal": ("objectif", "goal"),
    "wanted": ("voulu", "wanted"),
    "figure": ("mesuré", "measured"),
    "verdict": ("", ""),
    "met": ("atteint", "met"),
    "short": ("**non atteint**", "**not met**"),
    "open": ("non mesuré", "not measured"),
}

Found = list[dict[str, Any]]


def write(found: Found, *, quick: bool, seconds: float) -> None:
    """Both pages and the plot."""
    for place, lang in enumerate(LANGUAGES):
        file = PAGES / f"performance.{lang}.md"
        text = file.read_text(encoding="utf-8")
        for mark, lines in (
            ("goals", goals(found, place)),
            ("tables", tables(found, place)),
            ("made", made(place, quick=quick, seconds=seconds)),
        ):
            text = between(text, mark, "\n".join(lines))
        file.write_text(text, encoding="utf-8")
    if any(part["curves"] for part in found):
        plot(found)
    print(f"written: {PAGES.name}/performance.*.md")


def between(text: str, mark: str, body: str) -> str:
    """The text with what stands between two marks replaced."""
    begin, end = f"<!-- {mark} -->", f"<!-- end of {mark} -->"
    before, _, rest = text.partition(begin)
    _, there, after = rest.partition(end)
    if not there:
        raise ValueError(f"no {end} in the page")
    return f"{before}{begin}\n\n{body.strip()}\n\n{end}{after}"


def goals(found: Found, place: int) -> Iterator[str]:
    """Every goal, with what was measured."""
    head = [WORDS[word][place] for word in ("goal", "wanted", "figure", "verdict")]
    yield "| " + " | ".join(head) + " |"
    yield "|---|---|---|---|"
    for part in found:
        for goal in part["goals"]:
            verdict = {True: "met", False: "short", None: "open"}[goal["met"]]
            cells = [goal["name"][place], goal["wanted"][place], goal["figure"][place]]
            yield "| " + " | ".join([*map(cell, cells), WORDS[verdict][place]]) + " |"


def tables(found: Found, place: int) -> Iterator[str]:
    """The tables of every part, with its notes."""
    for part in found:
        if part["tables"] or part["notes"]:
            yield f"### {part['title'][place]}\n"
        for table in part["tables"]:
            yield f"**{cell(table['title'][place])}**\n"
            heads = [cell(head[place]) for head in table["head"]]
            yield "| " + " | ".join(heads) + " |"
            yield "|---|" + "---:|" * (len(heads) - 1)
            for row in table["rows"]:
                told = [cell(one if isinstance(one, str) else one[place]) for one in row]
                yield "| " + " | ".join(told) + " |"
            yield ""
        for note in part["notes"]:
            yield f"- {cell(note[place])}"
        yield ""


def cell(text: str) -> str:
    """Text that cannot break a table."""
    return text.replace("|", "\\|").replace("<", "&lt;")


def made(place: int, *, quick: bool, seconds: float) -> Iterator[str]:
    """When, on what, with which versions and command."""
    versions = ", ".join(f"{name} {one}" for name in PACKAGES if (one := installed(name)))
    command = "make bench QUICK=1" if quick else "make bench"
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    machine = f"{cpu()}, {os.cpu_count()} × CPU, {platform.system()} {platform.machine()}"
    python = f"Python {platform.python_version()}"
    if place == 0:
        yield f"{day}, `{command}` en {seconds:.0f} s. {machine}, {python} ; {versions}."
    else:
        yield f"{day}, `{command}` in {seconds:.0f} s. {machine}, {python}; {versions}."


def installed(name: str) -> str:
    """The version of a package, empty when it is not there."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def cpu() -> str:
    """The processor, as Linux names it."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.machine()
    found = re.search(r"^model name\s*: (.+)$", text, re.M)
    return found[1].strip() if found else platform.machine()


def plot(found: Found) -> None:
    """The curves as one SVG, in English with words that both languages share."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "telerad", "font.size": 9})
    curves = [curve for part in found for curve in part["curves"]]
    figure, axes = plt.subplots(2, 2, figsize=(9, 6.4), layout="constrained")
    for axis, curve in zip(axes.flat, curves, strict=False):
        for (name, points), marker in zip(curve["series"].items(), "osv", strict=False):
            axis.plot(*zip(*points, strict=True), marker=marker, markersize=4, label=name)
        axis.set_title(f"{curve['title'][1]}\n{curve['title'][0]}", fontsize=9)
        axis.set_xlabel(" / ".join(dict.fromkeys(reversed(curve["across"]))))
        axis.set_ylabel(" / ".join(dict.fromkeys(reversed(curve["up"]))))
        axis.set_xlim(left=0)
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.3)
        axis.spines[["top", "right"]].set_visible(False)
        axis.legend(frameon=False)
    (PAGES / "images").mkdir(exist_ok=True)
    figure.savefig(PAGES / "images" / PLOT, metadata={"Date": None})
    plt.close(figure)
