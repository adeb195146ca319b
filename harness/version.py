"""The version of this program, written once: the package's metadata are made from it."""

from typing import Final

VERSION: Final = "0.1.0"
