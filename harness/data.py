"""Where the project's data folders are: in a checkout, or inside an installed package.

`schemas/`, `schematron/`, `scenarios/` and `reports/` (template and catalogue) stand beside the
package in a checkout and under `harness/_data/` in a wheel.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "_data"
_CHECKOUT = _PACKAGE.parent


def path(*parts: str) -> Path:
    """Path of a data file or folder, e.g. `path("schemas", "profiles")`. It need not exist."""
    root = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
    return root.joinpath(*parts)
