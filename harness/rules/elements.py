"""Elements: business data, and the places where a profile lets them stand, best place first.

The white paper names data (accession number, dose …) without saying in which field they travel. An
element makes that explicit, once: rules look for it there, simulated actors write and learn it
there, and a site can narrow or extend the places with its own mapping file.

    elements:
      accession-number:
        says: {fr: Accession Number, en: accession number}
        places: [OBR-18, IPC-1.1, "OBX[3.1=121022]-5"]
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from harness import yamlfile
from harness.text import Text, say
from harness.wire import er7path
from harness.wire.er7 import Message, Node
from harness.yamlfile import Item


@dataclass(frozen=True, slots=True)
class Element:
    """A business datum. `places` are paths, in order of preference."""

    name: str
    says: Text
    places: tuple[str, ...]

    def find(self, message: Message) -> Node | None:
        """The first place that holds something; None when none does."""
        for place in self.places:
            for node in message.at(place):
                if node.present:
                    return node
        return None

    def nodes(self, message: Message) -> tuple[Node, ...]:
        """Everything that stands at the first place that holds something."""
        for place in self.places:
            found = tuple(node for node in message.at(place) if node.present)
            if found:
                return found
        return ()

    def value(self, message: Message) -> str:
        """What stands at the first place that holds something; empty when none does."""
        node = self.find(message)
        return node.value if node else ""

    def values(self, message: Message) -> tuple[str, ...]:
        """The values of `nodes`."""
        return tuple(node.value for node in self.nodes(message))


Elements = Mapping[str, Element]


def load(file: Path) -> Elements:
    """The elements of a file. Raises HarnessError with file, line and column."""
    content = yamlfile.load(file)
    content.only(frozenset({"elements", "document"}))
    return {
        name: _element(name, item, None) for name, item in content.need("elements").fields.items()
    }


def mapped(elements: Elements, file: Path) -> Elements:
    """The elements with a site's own places: `places` replaces, `also` comes before ours."""
    content = yamlfile.load(file)
    content.only(frozenset({"elements"}))
    changed = dict(elements)
    for name, item in content.need("elements").fields.items():
        if name not in elements:
            near = get_close_matches(name, elements, n=1)
            hint = say("yaml.did_you_mean", word=near[0]) if near else None
            names = ", ".join(sorted(elements))
            raise item.as_key.error("elements.unknown", hint=hint, name=name, names=names)
        changed[name] = _element(name, item, elements[name])
    return changed


def _element(name: str, item: Item, ours: Element | None) -> Element:
    item.only(frozenset({"says", "places", "also"}))
    if ours is None:
        return Element(name, item.need("says").both(), _places(item.need("places")))
    said = item.get("says")
    words = said.both() if said else ours.says
    places = item.get("places")
    if places:
        return Element(name, words, _places(places))
    return Element(name, words, (*_places(item.need("also")), *ours.places))


def _places(item: Item) -> tuple[str, ...]:
    for place in item.some:
        if not er7path.is_path(place.text):
            raise place.error("er7.path.wrong", path=place.text)
    return item.texts
