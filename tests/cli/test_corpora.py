"""`telerad check` on a corpus, as a user runs it."""

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest
from command import CLOCK, PROGRAM, Telerad, environment

pytestmark = pytest.mark.slow


@pytest.fixture
def corpus(telerad: Telerad, tmp_path: Path) -> Path:
    made = telerad(
        "generate", "corpus", "--count", "24", "--seed", "5", "--clock", CLOCK, "--to", "in.ndjson",
        "--defects", "0.5",
    )  # fmt: skip
    assert made.code == 0
    return tmp_path / "in.ndjson"


def test_however_a_corpus_is_packed_and_however_many_judge(
    telerad: Telerad, corpus: Path, tmp_path: Path
) -> None:
    formats = "text,json=sum.json,html=sum.html"
    done = telerad(
        "check", corpus.name, "--jobs", "2", "--results", "one.ndjson", "--format", formats
    )
    assert done.code == 1
    assert done.err == ""
    assert "24 messages, each judged alone" in done.out
    assert "Each message is judged alone: what compares several" in done.out
    found = json.loads((tmp_path / "sum.json").read_text(encoding="utf-8"))
    assert (found["messages"], found["verdict"]) == (24, "fail")
    assert "Does not conform" in (tmp_path / "sum.html").read_text(encoding="utf-8")
    assert not (tmp_path / "one.ndjson.parts").exists()
    again = telerad("check", corpus.name, "--jobs", "1", "--results", "two.ndjson")
    assert again.code == 1
    one, two = ((tmp_path / f"{name}.ndjson").read_bytes() for name in ("one", "two"))
    assert one == two
    rows = [json.loads(line) for line in one.splitlines()]
    assert len({row["index"] for row in rows}) == 24
    bad = next(row for row in rows if row["finding_verdict"] == "fail")
    shown = telerad("check", corpus.name, "--message", str(bad["index"]))
    assert shown.code == 1
    assert f"✗ {bad['name']}" in shown.out
    assert bad["rule"] in shown.out


def test_ctrl_c_gives_what_there_is_and_the_rest_can_be_had(
    corpus: Path, tmp_path: Path, telerad: Telerad
) -> None:
    lines = corpus.read_bytes() * 60
    (tmp_path / "many.ndjson").write_bytes(lines)
    asked = ["check", "many.ndjson", "--jobs", "1", "--results", "rows.ndjson"]
    process = subprocess.Popen(
        [PROGRAM, *asked, "--format", "json=partial.json"],
        cwd=tmp_path,
        env=environment("en"),
        stderr=subprocess.PIPE,
        text=True,
    )
    parts = tmp_path / "rows.ndjson.parts"
    while not (parts / "000001.ndjson").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    assert process.communicate()[1] == ""
    found = json.loads((tmp_path / "partial.json").read_text(encoding="utf-8"))
    assert found["interrupted"] is True
    rows = (tmp_path / "rows.ndjson").read_bytes().splitlines()
    assert [json.loads(row)["index"] for row in rows][-1:] == [found["messages"]][: len(rows)]
    refused = telerad(*asked)
    assert refused.code == 2
    assert "--resume" in refused.told


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--jobs", "2", "--all"], "--all does not go with a corpus"),
        (["--jobs", "2", "--format", "junit"], "html, json, text"),
        (["--engine", "dask"], "--scheduler"),
        (["--scheduler", "tcp://127.0.0.1:1"], "--engine dask"),
        (["--results", "rows.csv"], ".ndjson, .parquet"),
        (["--resume"], "--results"),
        (["--jobs", "1", "--message", "1"], "without --jobs"),
        (["--message", "2"], "no message 2"),
    ],
)
def test_what_does_not_go_together(
    telerad: Telerad, tmp_path: Path, options: list[str], says: str
) -> None:
    (tmp_path / "a.er7").write_bytes(b"MSH|")
    done = telerad("check", "a.er7", *options)
    assert done.code == 2
    assert says in done.told


def test_a_corpus_is_written_as_asked(telerad: Telerad, tmp_path: Path) -> None:
    asked = ("generate", "corpus", "--count", "3", "--clock", CLOCK, "--to")
    for name in ("a.tar.gz", "b.tar.gz", "c.ndjson.xz"):
        assert telerad(*asked, name).out == f"{name}\n"
    assert (tmp_path / "a.tar.gz").read_bytes() == (tmp_path / "b.tar.gz").read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "a.tar.gz",
        "b.tar.gz",
        "c.ndjson.xz",
    ]
    done = telerad(*asked, "d.zip")
    assert done.code == 2
    assert ".ndjson" in done.told
