import json
import os
from datetime import datetime
from pathlib import Path

import pytest
from command import Telerad
from lxml import etree
from stored import compare, until

from harness import data
from harness.rules.profile import Profile
from harness.sim.actor import Actor
from harness.sim.case import Case
from harness.sim.generate import cda_report
from harness.text import say
from harness.wire.er7 import Message


@pytest.fixture
def order(profile: Profile, case: Case, clock: datetime, tmp_path: Path) -> Path:
    """A right message of flow A."""
    file = tmp_path / "order.er7"
    message = Actor("ris", profile, case).compose("A", case, clock)
    file.write_bytes(message.raw)
    return file


@pytest.fixture
def broken(order: Path) -> Path:
    """The same without its patient's INS."""
    file = order.with_name("broken.er7")
    file.write_bytes(order.read_bytes().replace(b"^INS", b"^PI"))
    return file


@pytest.fixture
def document(case: Case, tmp_path: Path) -> Path:
    file = tmp_path / "report.xml"
    file.write_bytes(cda_report.report(case))
    return file


def test_a_right_message_conforms(telerad: Telerad, order: Path) -> None:
    done = telerad("check", order.name, "--flow", "A")
    assert done.code == 0
    assert "✓ order.er7   A\n" in done.out
    assert "Flows of which no message was judged: B, C, D, E" in done.out


def test_a_broken_message_says_where(telerad: Telerad, broken: Path) -> None:
    done = telerad("check", broken.name)
    assert done.code == 1
    assert "✗ broken.er7   judged as A, from ORC-1 = NW" in done.out
    assert "─▸ broken.er7:2:" in done.out


def test_more_is_asked_of_what_goes_to_a_pfi(
    telerad: Telerad, profile: Profile, case: Case, clock: datetime, tmp_path: Path
) -> None:
    message = Actor("platform", profile, case).compose("E", case, clock).without("PRT")
    tmp_path.joinpath("report.er7").write_bytes(message.raw)
    assert telerad("check", "report.er7").code == 0
    done = telerad("check", "report.er7", "--towards", "pfi")
    assert done.code == 1
    assert "✗ TC-PRT" in done.out


def test_a_document_is_known_by_its_root(telerad: Telerad, document: Path) -> None:
    done = telerad("check", document.name)
    assert done.code == 0
    assert "judged as CR, from document type 18748-4" in done.out


def test_a_folder_stands_for_the_files_in_it(
    telerad: Telerad, order: Path, broken: Path, document: Path
) -> None:
    order.with_name("notes.md").write_text("not judged", encoding="utf-8")
    done = telerad("check", ".", "--format", "json")
    files = json.loads(done.out)["files"]
    assert [file["path"] for file in files] == ["broken.er7", "order.er7", "report.xml"]
    assert [file["kind"] for file in files] == ["A", "A", "CR"]
    assert done.code == 1


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "content: nothing"),
        (b"%PDF-1.7\n%\xe2\xe3", "content: a PDF file"),
        (b"PK\x03\x04", "content: a ZIP archive"),
        (b"<a/>", "judged as"),
        (b"\0\1\2\xff", "content: binary data"),
    ],
    ids=["empty", "PDF", "ZIP", "XML", "binary"],
)
def test_a_file_of_another_kind_fails_and_says_what_it_is(
    telerad: Telerad, tmp_path: Path, content: bytes, what: str
) -> None:
    (tmp_path / "some.bin").write_bytes(content)
    done = telerad("check", "some.bin")
    assert done.code == 1
    assert what in done.out
    assert done.err == ""


def test_several_formats_go_to_their_files(telerad: Telerad, broken: Path) -> None:
    done = telerad("check", broken.name, "--format", "text,json=r/a.json,junit=a.xml,html=a.html")
    result = json.loads((done.folder / "r/a.json").read_text(encoding="utf-8"))
    suites = etree.parse(done.folder / "a.xml").getroot()
    assert int(suites.get("failures")) >= 1
    assert result["verdict"] == "fail"
    assert (done.folder / "a.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "✗ Does not conform" in done.out


def test_all_adds_what_passed(telerad: Telerad, order: Path) -> None:
    least = json.loads(telerad("check", order.name, "--format", "json").out)
    every = json.loads(telerad("check", order.name, "--format", "json", "--all").out)
    assert "outcomes" not in least
    assert {outcome["verdict"] for outcome in every["outcomes"]} >= {"pass", "not_applicable"}
    assert every.keys() - least.keys() == {"outcomes", "rules"}


@pytest.mark.parametrize("form", ["json", "junit", "html"])
def test_a_name_that_is_not_utf8_still_gives_utf8(telerad: Telerad, order: Path, form: str) -> None:
    odd = os.fsdecode(os.fsencode(order.parent) + b"/\xff.er7")
    Path(odd).write_bytes(order.read_bytes())
    done = telerad("check", ".", "--format", form)  # decoded as UTF-8, strictly
    assert done.code == 0
    assert done.out


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_first_to_fix_is_shown_as_stored(telerad: Telerad, order: Path, lang: str) -> None:
    number = Message(order.read_bytes()).first("PID-3[5=INS].1").encode()
    wrong = number[:13] + (b"01" if number[13:] != b"01" else b"02")
    order.write_bytes(order.read_bytes().replace(number, wrong))
    out = telerad("check", order.name, "--flow", "A", lang=lang).out
    title = say("term.first.fail").in_(lang)
    compare(f"check-{lang}", until(out[out.index(title) :], "telerad explain"))


def test_a_mapping_of_the_site_is_read(telerad: Telerad, order: Path, tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(
        "elements:\n  accession-number:\n    places: [OBR-20]\n", encoding="utf-8"
    )
    assert telerad("check", order.name, "--mapping", "site.yaml").code in (0, 1)
    (tmp_path / "site.yaml").write_text("elements:\n  accesion:\n    places: [OBR-20]\n")
    done = telerad("check", order.name, "--mapping", "site.yaml")
    assert done.code == 2
    assert done.told.startswith("site.yaml:")


def test_the_result_follows_its_schema(telerad: Telerad, broken: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(data.path("schemas", "result.schema.json").read_text(encoding="utf-8"))
    result = json.loads(telerad("check", broken.name, "--format", "json", "--all").out)
    jsonschema.validate(result, schema)


def test_several_formats_at_once(telerad: Telerad, tmp_path: Path) -> None:
    done = telerad("generate", "flow", "A", "--out", "made")
    assert done.code == 0
    kinds = ("json", "ndjson", "junit", "sarif", "markdown", "html")
    wanted = ",".join(f"{kind}=out/{kind}" for kind in kinds)
    done = telerad("check", "made", "--format", f"github,{wanted}")
    assert done.code == 0
    assert done.out.startswith("::")
    assert all((tmp_path / "out" / kind).stat().st_size for kind in kinds)
