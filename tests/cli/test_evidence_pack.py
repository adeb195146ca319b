"""`telerad evidence` and `telerad verify` on the command line."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest
from command import Done, Telerad


@pytest.fixture
def run(wrong_key: Done, tmp_path: Path) -> Path:
    shutil.copytree(wrong_key.folder / "run", tmp_path / "run")
    return tmp_path / "run"


@pytest.mark.usefixtures("run")
def test_a_pack_is_made_and_verified(telerad: Telerad, tmp_path: Path, run: Path) -> None:
    done = telerad("evidence", "run", "--out", "pack.zip")
    assert (done.code, done.err) == (0, "")
    assert "Pseudonyms: the " in done.out
    digest = done.out.rsplit(maxsplit=1)[-1]
    done = telerad("verify", "pack.zip", "--digest", digest, lang="fr")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("✓ Identique  pack.zip\n  mêmes règles que le dossier\n")
    with zipfile.ZipFile(tmp_path / "pack.zip") as pack:
        message = pack.read("messages/0001-A.er7")
    assert message != (run / "messages/0001-A.er7").read_bytes()
    assert telerad("verify", "pack.zip", "--digest", "0" * 64).code == 1


@pytest.mark.usefixtures("run")
def test_a_changed_byte_is_told(telerad: Telerad, tmp_path: Path, run: Path) -> None:
    done = telerad("evidence", "run", "--out", "pack.zip", "--no-redact")
    assert done.code == 0
    assert "without pseudonyms" in done.told
    file = tmp_path / "pack.zip"
    message = (run / "messages/0001-A.er7").read_bytes()
    data = bytearray(file.read_bytes())
    data[bytes(data).index(message) + 123] ^= 2
    file.write_bytes(data)
    done = telerad("verify", "pack.zip")
    assert done.code == 1
    assert "✗ Altered" in done.out
    assert "messages/0001-A.er7: byte 123 was changed" in done.out


@pytest.mark.usefixtures("run")
def test_other_rules_are_told(telerad: Telerad, tmp_path: Path) -> None:
    telerad("evidence", "run", "--out", "pack.zip")
    (tmp_path / "site.yaml").write_text(MAPPING)
    done = telerad("verify", "pack.zip", "--mapping", "site.yaml")
    assert done.code in (0, 4)
    assert "other rules than the pack: that is no tampering" in done.out


MAPPING = """\
elements:
  accession-number:
    places: [OBR-20]
"""


def test_what_is_no_pack_is_told(telerad: Telerad, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_text(json.dumps({}))
    done = telerad("verify", "x.zip")
    assert done.code == 2
    assert "no readable pack of evidence" in done.told
    assert telerad("verify", "absent.zip").code == 2
