"""Our YAML files read into closed models: a mistake is a HarnessError with file, line and column.

An unknown key is told before anything else, with the nearest one that is known there.
"""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from harness.errors import HarnessError
from harness.text import Text, plain, say
from harness.yamlfile import Item

M = TypeVar("M", bound=BaseModel)


class Closed(BaseModel):
    """A model that takes no other keys and does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(Closed):
    """The same words in French and in English."""

    fr: str
    en: str

    @property
    def text(self) -> Text:
        """As a Text."""
        return Text(self.fr, self.en)


def validate(item: Item, model: type[M], content: object, wrong: str) -> M:
    """The content of `item` as a model. `wrong`: the catalogue's text for a value that is not.

    Raises HarnessError at the place of the mistake.
    """
    try:
        return model.model_validate(content)
    except ValidationError as found:
        raise _placed(item, model, _most_telling(found.errors()), wrong) from None


def _most_telling(wrongs: Sequence[Any]) -> Any:
    """An unknown key before anything else: a misspelt one also counts as missing."""
    return min(wrongs, key=lambda wrong: wrong["type"] != "extra_forbidden")


def _placed(item: Item, model: type[BaseModel], wrong: Any, said: str) -> HarnessError:
    steps = tuple(wrong["loc"])
    where = item.find(steps)
    if wrong["type"] == "extra_forbidden":
        key = str(steps[-1])
        near = get_close_matches(key, allowed(model, steps[:-1]), n=1, cutoff=0.5)
        hint = say("yaml.did_you_mean", word=near[0]) if near else None
        return where.as_key.error("yaml.unknown_key", hint=hint, key=key)
    if wrong["type"] == "missing":
        return where.error("yaml.missing", key=str(steps[-1]))
    place = ".".join(str(step) for step in steps)
    return where.error(said, hint=_wanted(wrong), place=place or "-")


def _wanted(wrong: Any) -> Text:
    """What was wanted, in our words for the mistakes that people make."""
    if "." in wrong["type"]:  # ours: a key of the catalogue
        return say(wrong["type"], **wrong.get("ctx", {}))
    if wrong["type"] == "literal_error":
        return say("yaml.one_of", values=wrong["ctx"]["expected"])
    kinds = {"int": "integer", "bool": "boolean", "float": "number", "string": "text"}
    kind = kinds.get(wrong["type"].partition("_")[0])
    return (
        say(f"scenario.want_{kind}")
        if kind and "pattern" not in wrong["type"]
        else plain(wrong["msg"])
    )


def allowed(model: type[BaseModel], steps: Sequence[str | int]) -> list[str]:
    """The keys that are known at a place of a file."""
    for step in steps:
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        if isinstance(step, str) and step in fields:
            inner = next(_models(fields[step].annotation), None)
            model = inner or model
    return [field.alias or name for name, field in model.model_fields.items()]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models inside a type such as `tuple[Step, ...]` or `Words | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
