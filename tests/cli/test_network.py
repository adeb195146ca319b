"""`telerad certificates`, `doctor`, `proxy` and the options of TLS as a user types them."""

import socket
from pathlib import Path

import pytest
from command import Telerad

from harness.sim.faults import FAULTS


@pytest.fixture
def files(telerad: Telerad, tmp_path: Path) -> list[str]:
    """Options of TLS with certificates of the lab."""
    assert telerad("certificates", "lab").code == 0
    return ["--tls", "--tls-ca", "lab/ca.pem", "--tls-cert", "lab/ris.pem"]


def test_certificates_say_what_they_are_for(telerad: Telerad, tmp_path: Path) -> None:
    done = telerad("certificates", "lab", "--host", "ris.lab.test", "--wrong")
    assert done.code == 0
    assert done.out.startswith("For a lab only: never in production.\n")
    assert "--tls-ca lab/ca.pem" in done.out
    assert len(list((tmp_path / "lab" / "wrong").iterdir())) == 8
    again = telerad("certificates", "lab", lang="fr")
    assert again.code == 2
    assert again.told.startswith("lab/ca.pem: ce fichier existe déjà")


@pytest.mark.net
def test_the_doctor_fits_on_a_screen_in_both_languages(telerad: Telerad) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        asked = ["doctor", "--listen", "127.0.0.1:0", "--sut-port", port, "--out", "runs"]
        english, french = telerad(*asked), telerad(*asked, lang="fr")
    assert (english.code, french.code) == (0, 0)
    assert f"✓ Reach 127.0.0.1:{port}: TCP connection accepted" in english.out
    assert f"✓ Joindre 127.0.0.1:{port} : connexion TCP acceptée" in french.out
    assert len(english.out.splitlines()) == len(french.out.splitlines()) < 24


@pytest.mark.net
def test_the_doctor_says_what_keeps_a_run_from_measuring(telerad: Telerad) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = telerad("doctor", "--listen", f"127.0.0.1:{port}", "--out", "runs")
    assert done.code == 3
    assert f"✗ Listen on 127.0.0.1:{port}" in done.out
    assert "To be settled before a run: 1." in done.out
    assert "The other side was not tried" in done.out


def test_faults_are_listed(telerad: Telerad) -> None:
    done = telerad("proxy", "--list-faults", lang="fr")
    assert done.code == 0
    assert [line.split()[0].partition("=")[0] for line in done.out.splitlines()] == [
        fault.name for fault in FAULTS
    ]
    assert "acquittement en retard" in done.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["proxy"], "a proxy needs `--listen` and `--to`"),
        (["proxy", "--listen", "127.0.0.1:0"], "`--to` is missing"),
        (["proxy", "--to-back", "127.0.0.1:1"], "`--listen-back` is missing"),
        (["proxy", "--fault", "late-akc"], "unknown fault: `late-akc` (did you mean `late-ack`?)"),
        (["simulate", "ris", "--tls-ca", "x"], "`--tls-ca` goes with `--tls`"),
        (["simulate", "ris", "--tls"], "to listen with TLS, a certificate and its key are needed"),
        (["simulate", "ris", "--tls", "--tls-ca", "x.pem"], "x.pem: unreadable file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_told_in_one_line(telerad: Telerad, arguments: list[str], told: str) -> None:
    done = telerad(*arguments)
    assert done.code == 2
    assert done.told.startswith(told)


def test_a_key_of_another_certificate_is_told(telerad: Telerad, files: list[str]) -> None:
    done = telerad("run", *files, "--tls-key", "lab/platform.key", "--sut", "none")
    assert done.code == 2
    assert done.told == "lab/platform.key: this key is not that of certificate lab/ris.pem"


@pytest.mark.net
def test_both_sides_simulated_speak_tls(telerad: Telerad, files: list[str]) -> None:
    done = telerad("run", "lb-neg-no-patient", *files, "--tls-key", "lab/ris.key", "--out", "run")
    assert done.code == 0
    assert "✓ Conforms" in done.out
