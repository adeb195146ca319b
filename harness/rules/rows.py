"""The rows of a profile's tables, by the id of the rule that each became."""

from collections.abc import Mapping
from functools import cache

from harness import yamlfile
from harness.rules import compiling, profile_file
from harness.yamlfile import Item


@cache
def rows(name: str) -> Mapping[str, Item]:
    """Every row of the tables and packs of a profile. Raises HarnessError with the place."""
    files = (file for file, _ in compiling.tables(profile_file.read(name)))
    return {
        row.need("id").text: row
        for file in files
        for block in yamlfile.load_all(file)
        for row in block.need("rows").items
    }
