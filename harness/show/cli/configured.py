"""The options of a verb as `telerad.toml` and the environment give them."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from harness.errors import HarnessError
from harness.show import config
from harness.show.cli import usage
from harness.show.config import COMMON, SYSTEMS, Config
from harness.text import Text, plain, say

_CHOSEN: Final = "--sut-name"
_SAID: Final = ("help", "version", "lang", "sut-name", "resume")  # said of one command only
_OWN: Final = "lang"  # of the whole program; TELERAD_LANG is read elsewhere


def prepare(ctx: click.Context, verb: str, command: click.Command, verbs: Sequence[str]) -> None:
    """Give a verb the defaults of the file and the names of its environment variables.

    Raises HarnessError with file, line and column for a key or a value that does not hold.
    """
    for name, option in _options(command).items():
        if name not in _SAID:
            word = name.replace("-", "_").upper()
            option.envvar = [f"TELERAD_{verb.upper()}_{word}", f"TELERAD_{word}"]
    found = config.here()
    if found:
        _check(found, verbs)
        ctx.default_map = {verb: dict(_defaults(ctx, found, verb, command))}


def names(options: Mapping[str, click.Option]) -> tuple[str, ...]:
    """The keys that a table may have."""
    return tuple(name for name in options if name not in _SAID)


def _options(command: click.Command) -> dict[str, click.Option]:
    """The options of a command by their long name without dashes."""
    found = (param for param in command.params if isinstance(param, click.Option))
    return {max(one.opts, key=len).lstrip("-"): one for one in found}


def _check(found: Config, verbs: Sequence[str]) -> None:
    """Every key of the file's head and every table is known."""
    for key, value in found.values.items():
        tables = (*verbs, SYSTEMS)
        if isinstance(value, dict) and key not in tables:
            unknown = say("config.no_table", table_name=key)
            raise found.wrong("", key, unknown, hint=_near(key, tables))
        if not isinstance(value, dict) and key not in COMMON:
            unknown = say("yaml.unknown_key", key=key)
            raise found.wrong("", key, unknown, hint=_near(key, COMMON))


def _near(word: str, known: Sequence[str]) -> Text:
    from difflib import get_close_matches  # for mistakes only

    near = get_close_matches(word, known, n=1)
    if near:
        return say("yaml.did_you_mean", word=near[0])
    return say("yaml.one_of", values=", ".join(known))


def _defaults(
    ctx: click.Context, found: Config, verb: str, command: click.Command
) -> Iterator[tuple[str, Any]]:
    """Parameter and value: what is said for all, then for the verb, then for the system."""
    options = _options(command)
    for table, values in _tables(found, verb, options):
        for key, value in values.items():
            if isinstance(value, dict):
                continue
            if key not in names(options):
                if not table:  # another verb's
                    continue
                unknown = say("yaml.unknown_key", key=key)
                raise found.wrong(table, key, unknown, hint=_near(key, names(options)))
            option = options[key]
            yield str(option.name), _value(ctx, found, table, key, option, value)


def _tables(
    found: Config, verb: str, options: Mapping[str, click.Option]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield "", {key: value for key, value in found.values.items() if key != _OWN}
    yield verb, found.values.get(verb, {})
    name = _chosen() if "sut-name" in options else ""
    if not name:
        return
    known = found.values.get(SYSTEMS, {})
    if name not in known:
        listed = ", ".join(known) or "-"
        raise HarnessError(say("config.no_system", name=name), file=found.file, hint=plain(listed))
    yield f"{SYSTEMS}.{name}", known[name]


def _chosen() -> str:
    """`--sut-name` of the command line, or TELERAD_SUT_NAME."""
    words = sys.argv[1:]
    for place, word in enumerate(words):
        if word.startswith(f"{_CHOSEN}="):
            return word.partition("=")[2]
        if word == _CHOSEN and place + 1 < len(words):
            return words[place + 1]
    return os.environ.get("TELERAD_SUT_NAME", "")


def _value(
    ctx: click.Context, found: Config, table: str, key: str, option: click.Option, value: Any
) -> Any:
    """The value as the option takes it. Raises HarnessError."""
    if option.is_flag != isinstance(value, bool) or option.multiple != isinstance(value, list):
        wanted = "boolean" if option.is_flag else "list" if option.multiple else "text"
        what = say("config.kind", key=key, wanted=say(f"config.{wanted}"))
        raise found.wrong(table, key, what, value=True)
    ready = _written(found, option, value)
    try:
        option.type_cast_value(ctx, ready)
    except click.BadParameter as wrong:
        wrong.param = option
        what = say("config.value", key=key, reason=usage.reason(option, wrong))
        raise found.wrong(table, key, what, value=True) from None
    return ready


def _written(found: Config, option: click.Option, value: Any) -> Any:
    """As it would be typed; a path starts from the file's folder."""
    if isinstance(value, bool):
        return value
    if isinstance(value, list):
        return [_written(found, option, one) for one in value]
    if isinstance(option.type, click.Path):
        return str(Path(found.file).parent / str(value))
    return str(value)


def schema(commands: Mapping[str, click.Command]) -> dict[str, Any]:
    """The JSON Schema of the file, for editors."""
    tables = {verb: _schema_of(command) for verb, command in commands.items()}
    of_run = tables["run"]["properties"]
    common = {key: of_run[key] for key in COMMON if key in of_run}
    system = {"type": "object", "additionalProperties": tables["run"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "telerad.toml",
        "type": "object",
        "additionalProperties": False,
        "properties": {"lang": {"enum": ["fr", "en"]}, **common, SYSTEMS: system, **tables},
    }


def _schema_of(command: click.Command) -> dict[str, Any]:
    options = _options(command)
    kinds = {name: _kind(options[name]) for name in names(options)}
    return {"type": "object", "additionalProperties": False, "properties": kinds}


def _kind(option: click.Option) -> dict[str, Any]:
    if option.is_flag:
        return {"type": "boolean"}
    one = _one(option.type)
    return {"type": "array", "items": one} if option.multiple else one


def _one(kind: Any) -> dict[str, Any]:
    if isinstance(kind, click.Choice):
        return {"enum": [str(choice) for choice in kind.choices]}
    if isinstance(kind, (click.IntRange, click.FloatRange)):
        name = "integer" if isinstance(kind, click.IntRange) else "number"
        bounds = {"minimum": kind.min, "maximum": kind.max}
        return {"type": name, **{key: n for key, n in bounds.items() if n is not None}}
    return {"type": "integer"} if kind is click.INT else {"type": "string"}
