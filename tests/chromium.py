"""The system's Chromium for tests of pages; TELERAD_CHROMIUM names another one."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser of playwright; the test is skipped where there is none."""
    program = os.environ.get("TELERAD_CHROMIUM") or shutil.which("chromium")
    if program is None:
        pytest.skip("no Chromium: install it, or name one in TELERAD_CHROMIUM")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield started
        started.close()
