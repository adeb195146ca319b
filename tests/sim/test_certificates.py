from datetime import datetime, timedelta
from pathlib import Path

import pytest
from test_tls import meet, said

from harness.errors import HarnessError
from harness.sim.network import certificates
from harness.sim.network.tls import Tls

NOW = datetime.now().astimezone()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("certificates")
    certificates.write(found, NOW, hosts=["ris.lab.test", "192.0.2.7"], days=30, wrong=True)
    return found


def of(folder: Path, name: str) -> Tls:
    return Tls(folder / "ca.pem", folder / f"{name}.pem", folder / f"{name}.key")


@pytest.mark.parametrize("pair", [("ris", "platform"), ("platform", "ris")])
@pytest.mark.parametrize("host", ["localhost", "ris.lab.test", "192.0.2.7", "::1"])
def test_each_role_serves_the_other(folder: Path, pair: tuple[str, str], host: str) -> None:
    client = of(folder, pair[0])
    one, other = meet(Tls(client.ca, client.cert, client.key, name=host), of(folder, pair[1]))
    assert (one.failure, other.failure) == (None, None)
    assert one.established
    assert other.established


@pytest.mark.parametrize(
    ("name", "as_server", "as_client"),
    [
        ("wrong/expired", "has expired", "has expired"),
        ("wrong/not-yet-valid", "not valid yet", "not valid yet"),
        ("wrong/wrong-name", "not made out to `localhost`", None),
        ("wrong/unknown-client", "authority unknown to us", "authority unknown to us"),
    ],
)
def test_wrong_ones_are_wrong_for_one_reason(
    folder: Path, name: str, as_server: str, as_client: str | None
) -> None:
    one, _ = meet(of(folder, "ris"), of(folder, name))
    assert as_server in said(one)
    _, other = meet(of(folder, name), of(folder, "platform"))
    if as_client:
        assert as_client in said(other)
    else:
        assert other.established


def test_all_say_that_they_are_for_a_lab(folder: Path) -> None:
    found = sorted(folder.rglob("*.pem"))
    assert len(found) == 7
    for file in found:
        seen = certificates.read_file(file)
        assert "LAB ONLY" in seen.subject
        assert "LAB ONLY" in seen.issuer
    assert "LAB ONLY" in (folder / "README.txt").read_text(encoding="utf-8")


def test_they_last_as_long_as_asked(folder: Path) -> None:
    seen = certificates.read_file(folder / "ris.pem")
    assert seen.ends == (NOW + timedelta(days=30)).replace(microsecond=0)
    assert seen.begins < NOW


def test_keys_are_for_their_owner(folder: Path) -> None:
    keys = list(folder.rglob("*.key"))
    assert len(keys) == 7
    assert {key.stat().st_mode & 0o777 for key in keys} == {0o600}


def test_nothing_is_written_over(folder: Path) -> None:
    before = (folder / "ca.key").read_bytes()
    with pytest.raises(HarnessError, match="there already"):
        certificates.write(folder, NOW)
    assert (folder / "ca.key").read_bytes() == before
