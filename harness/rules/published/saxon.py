"""SaxonC for what libxml2 and our Python cannot evaluate, and to prove them against.

A stylesheet is compiled once in a process and kept. SaxonC can keep nothing compiled on disk (its
free edition exports no stylesheet), so only the schemas that need it are compiled, and of those
only the asserts that do. It is told to call no external function and to open nothing but files.

Source: Saxon 13 documentation, configuration features.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from lxml import etree

from harness.errors import HarnessError
from harness.rules.published.native import Result
from harness.rules.published.plan import Failure
from harness.text import plain, say

_FEATURES: Final = {
    "http://saxon.sf.net/feature/allow-external-functions": "off",
    "http://saxon.sf.net/feature/allowedProtocols": "file",
}
_STEP: Final = re.compile(r"(@?)(?:Q\{([^}]*)\}([^\[/]+)|([\w().-]+))(?:\[(\d+)\])?")


@cache
def _processor() -> Any:
    try:
        import saxonche
    except ImportError:
        hint = "pip install 'telerad-harness[schematron]'"
        raise HarnessError(say("pack.no_saxon"), hint=hint) from None
    processor = saxonche.PySaxonProcessor(license=False)
    for name, value in _FEATURES.items():
        processor.set_configuration_property(name, value)
    return processor


def is_there() -> bool:
    """The extra is installed."""
    try:
        _processor()
    except HarnessError:
        return False
    return True


class Saxon:
    """A compiled stylesheet of `xslt.py`."""

    def __init__(self, stylesheet: str) -> None:
        compiler = _processor().new_xslt30_processor()
        try:
            self.executable = compiler.compile_stylesheet(stylesheet_text=stylesheet)
        except Exception as wrong:  # saxonche has one type for all of its errors
            raise HarnessError(say("pack.saxon_refuses", reason=plain(str(wrong)))) from None

    def run(self, root: Any) -> Result:
        """Judge a document."""
        return read(self.transform(root), root)

    def transform(self, root: Any) -> str:
        """The lines that the stylesheet writes about a document."""
        text = etree.tostring(root, encoding="unicode")
        node = _processor().parse_xml(xml_text=text)
        return str(self.executable.transform_to_string(xdm_node=node) or "")


def read(lines: str, root: Any) -> Result:
    """The lines of a stylesheet as a result."""
    result = Result()
    for line in lines.splitlines():
        kind, *words = line.split("\t")
        if kind == "c":
            result.fired.add(int(words[0]))
        elif kind == "f":
            result.failures.append(Failure(int(words[0]), locate(root, words[1]), words[2]))
    return result


def locate(root: Any, path: str) -> Any:
    """The node that `fn:path()` tells: an element, an attribute's or text's owner, or the root."""
    node = root
    for depth, step in enumerate(_steps(path)):
        if depth == 0:
            continue
        at, uri, name, kind, number = step
        if at or kind:
            return _leaf(node, at, uri, name or kind, int(number or 1))
        tag = f"{{{uri}}}{name}" if uri else name
        node = [child for child in node if child.tag == tag][int(number or 1) - 1]
    return node


def _steps(path: str) -> Iterator[tuple[str, str, str, str, str]]:
    return (tuple(found.groups("")) for found in _STEP.finditer(path))  # type: ignore[misc]


def _leaf(node: Any, at: str, uri: str, name: str, number: int) -> Any:
    if at:
        wanted = f"{{{uri}}}{name}" if uri else name
        found = node.xpath("@*")
        return next(one for one in found if one.attrname == wanted)
    kind = name.partition("(")[0]
    return node.xpath(f"{kind}()")[number - 1]
