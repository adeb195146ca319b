"""The files for other people's CI: valid by their own schemas, and what they call is there."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from harness.show.cli import VERBS
from harness.show.outputs import parse

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


def said(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.github-actions", "kit/github/action.yml"),
        ("vendor.gitlab-ci", "kit/gitlab/telerad.yml"),
    ],
)
def test_a_file_is_valid_by_its_schema(schema: str, file: str) -> None:
    said(str(BIN / "check-jsonschema"), "--builtin-schema", schema, file)


def test_the_dockerfile_is_lint_free() -> None:
    said(str(BIN / "hadolint"), "kit/Dockerfile")


def test_the_hooks_call_verbs_that_there_are() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert [hook["id"] for hook in hooks] == ["telerad-check", "telerad-lint"]
    for hook in hooks:
        program, verb = shlex.split(hook["entry"])
        assert program == "telerad"
        assert verb in VERBS
        assert re.compile(hook["files"])


@pytest.mark.parametrize("file", ["kit/github/action.yml", "kit/gitlab/telerad.yml"])
def test_the_formats_that_they_ask_for_are_ours(file: str) -> None:
    (formats,) = re.findall(r'--format "([^"]+)"', (ROOT / file).read_text(encoding="utf-8"))
    assert parse(formats)
