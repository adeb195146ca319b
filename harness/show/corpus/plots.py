"""Plots of a summary as SVG in the page, drawn by matplotlib; none without it.

The drawing has the colours of the page: each is an attribute that the style overrides, so that the
page's policy, which allows no style inside elements, and its dark form hold for plots too. Words
stay text. A plot says only names, numbers and days; what they are is told beside it.
"""

import io
import logging
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, Final

from lxml import etree
from markupsafe import Markup

from harness.rules.rule import Verdict
from harness.show.words import cut, visible

SHOWN: Final = 15  # bars
INK: Final = "#1b2430"
LINE: Final = "#d9dee5"
COLOURS: Final = {
    Verdict.PASS: "#1c7a3e",
    Verdict.CONTESTED: "#9a7cc4",
    Verdict.WARNING: "#c98a1b",
    Verdict.INCONCLUSIVE: "#6a3fa0",
    Verdict.FAIL: "#b3261e",
    Verdict.ERROR: "#7a0019",
    Verdict.NOT_TESTED: "#5a6370",
    Verdict.NOT_APPLICABLE: "#5a6371",
}
_LONG: Final = 34  # characters of a name
_WIDTH: Final = 9.0  # inches; the page makes it as wide as it is
_SVG: Final = "{http://www.w3.org/2000/svg}"
_GONE: Final = (f"{_SVG}metadata", f"{_SVG}style", etree.Comment)


Bars = Sequence[tuple[str, Counter[str]]]  # name, messages by verdict


def is_possible() -> bool:
    """Whether there is anything to draw with."""
    try:
        import matplotlib  # noqa: F401  only whether it is there
    except ImportError:
        return False
    return True


def across(name: str, bars: Bars) -> Markup:
    """Bars from left to right, one below the other, the first on top; at most `SHOWN`.

    `name` tells the plots of a page apart.
    """
    bars = bars[:SHOWN][::-1]
    with _drawing(0.6 + 0.32 * len(bars)) as (figure, axes):
        places = range(len(bars))
        left = [0] * len(bars)
        for colour, counts in _layers([of for _, of in bars]):
            axes.barh(places, counts, left=left, color=colour, height=0.7)
            left = [a + b for a, b in zip(left, counts, strict=True)]
        axes.set_yticks(places, [visible(cut(label, "en", _LONG)) for label, _ in bars])
        axes.xaxis.get_major_locator().set_params(integer=True)
        return _svg(name, figure)


def over_time(name: str, steps: Sequence[tuple[date, Counter[str]]], width: int) -> Markup:
    """Bars over time, each `width` days wide."""
    with _drawing(2.6) as (figure, axes):
        low = [0] * len(steps)
        days = [day for day, _ in steps]
        for colour, counts in _layers([of for _, of in steps]):
            axes.bar(days, counts, bottom=low, color=colour, width=width * 0.9, align="edge")
            low = [a + b for a, b in zip(low, counts, strict=True)]
        axes.yaxis.get_major_locator().set_params(integer=True)
        figure.autofmt_xdate(rotation=30)
        return _svg(name, figure)


def _layers(counts: Sequence[Counter[str]]) -> Iterator[tuple[str, list[int]]]:
    """The verdicts that there are, worst first, with how many messages each bar has of them."""
    for verdict in reversed(Verdict):
        found = [of[verdict.word] for of in counts]
        if any(found):
            yield COLOURS[verdict], found


@contextmanager
def _drawing(height: float) -> Iterator[tuple[Any, Any]]:
    """A figure without a window, in the page's ink. No text is read as a formula."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # that it looks for fonts, and where
    import matplotlib as mpl
    from matplotlib.figure import Figure

    terms = {
        "svg.fonttype": "none",
        "svg.hashsalt": "telerad",
        "text.parse_math": False,
        "font.size": 10,
        "text.color": INK,
        "axes.edgecolor": LINE,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "xtick.color": LINE,
        "ytick.color": LINE,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
    }
    with mpl.rc_context(terms), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a letter that its own fonts lack: the page has others
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        yield figure, figure.subplots()


def _svg(name: str, figure: Any) -> Markup:
    drawn = io.BytesIO()
    figure.savefig(drawn, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    root = etree.fromstring(drawn.getvalue(), etree.XMLParser(no_network=True, load_dtd=False))
    etree.strip_elements(root, *_GONE, with_tail=False)
    for element in root.iter(etree.Element):
        _without_style(element)
        _within(element, name)
    root.set("class", "plot")
    root.set("aria-hidden", "true")  # its table says the same
    for size in ("width", "height"):
        root.attrib.pop(size, None)
    return Markup(etree.tostring(root, encoding="unicode"))  # noqa: S704  escaped by libxml2


def _without_style(element: Any) -> None:
    """Style as attributes, which the page's policy allows."""
    for part in element.attrib.pop("style", "").split(";"):
        key, mark, value = part.partition(":")
        if mark and key.strip() != "font":
            element.set(key.strip(), value.strip())


def _within(element: Any, name: str) -> None:
    """Ids and links of this drawing only."""
    for key, value in element.attrib.items():
        if key == "id":
            element.set(key, f"{name}-{value}")
        elif value.startswith(("#", "url(#")) and key not in ("fill", "stroke"):
            element.set(key, value.replace("#", f"#{name}-", 1))
