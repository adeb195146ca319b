"""Both ends of TLS in memory: who agrees, and what each end says of the other when they do not."""

import ssl
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import lab
import pytest
import trustme
from lab import Lab

from harness.errors import HarnessError
from harness.sim.network import tls
from harness.sim.network.tls import VERSIONS, Channel, Tls, client_side, server_side

Change = Callable[[Lab, Tls], Tls]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return lab.make(tmp_path_factory.mktemp("lab"))


def shake(client: Channel, server: Channel) -> None:
    """Carry bytes both ways until nothing moves any more."""
    client.receive(b"")
    for _ in range(20):
        for one, other in ((client, server), (server, client)):
            data = one.outgoing()
            if data:
                other.receive(data)


def meet(client: Tls, server: Tls, latest: str = "1.3") -> tuple[Channel, Channel]:
    """Both ends after the handshake, in no later version than `latest`."""
    ours, theirs = client_side(client, lab.HOST), server_side(server)
    theirs.context.maximum_version = VERSIONS[latest]
    ends = Channel(ours, "server:1"), Channel(theirs, "client:2")
    shake(*ends)
    return ends


def said(channel: Channel) -> str:
    assert channel.failure
    return channel.failure.en


def _pair(name: str, **how: object) -> Change:
    return lambda made, good: replace(good, **made.pair(name, **how))  # type: ignore[arg-type]


def _stranger(made: Lab, good: Tls) -> Tls:
    return replace(good, **made.pair("stranger", authority=trustme.CA()))


def _elsewhere(made: Lab, good: Tls) -> Tls:
    return replace(good, **made.pair("elsewhere", "elsewhere.invalid"))


def _nobody(made: Lab, good: Tls) -> Tls:
    return replace(good, cert=None, key=None)


EXPIRED = _pair("expired", begins=lab.past(30), ends=lab.past(1))
NOT_YET = _pair("not-yet", begins=lab.past(-1), ends=lab.past(-30))
KEEP: Change = lambda made, good: good  # noqa: E731
REFUSED = "refuses our certificate"


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("client", ["required", "optional", "none"])
def test_two_good_systems_agree_and_carry_bytes(made: Lab, client: str, version: str) -> None:
    one, other = meet(made.tls("ris"), made.tls("platform", client=client), version)
    assert (one.failure, other.failure) == (None, None)
    assert one.established
    assert other.established
    assert one.facts["version"] == f"TLSv{version}"
    data = b"\x0bMSH|" + bytes(range(256)) * 1000 + b"\x1c\r"
    one.send(data)
    assert other.receive(one.outgoing()) == data
    other.send(data[::-1])
    assert one.receive(other.outgoing()) == data[::-1]
    one.close()
    other.receive(one.outgoing())
    assert other.ended
    assert other.failure is None


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize(
    ("server", "told", "heard"),
    [
        (EXPIRED, "the server certificate that server:1 presents has expired", "expired"),
        (NOT_YET, "the server certificate that server:1 presents is not valid yet", REFUSED),
        (
            _stranger,
            "the server certificate that server:1 presents comes from an authority unknown to us",
            "does not know the authority",
        ),
        (_elsewhere, "server:1 presents is not made out to `localhost`", REFUSED),
    ],
    ids=["expired", "not yet", "unknown authority", "wrong name"],
)
def test_a_client_refuses_a_server_and_both_say_why(
    made: Lab, server: Change, told: str, heard: str, version: str
) -> None:
    good = made.tls("ris")
    one, other = meet(good, server(made, made.tls("platform")), version)
    assert told in said(one)
    assert REFUSED in said(other)
    assert heard in said(other)
    assert str(other.side.own) in said(other)


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize(
    ("client", "told", "heard"),
    [
        (EXPIRED, "the client certificate that client:2 presents has expired", REFUSED),
        (NOT_YET, "the client certificate that client:2 presents is not valid yet", REFUSED),
        (_stranger, "client certificate that client:2 presents comes from an authority", REFUSED),
        (_nobody, "client:2 presents no client certificate", "requires a client certificate"),
    ],
    ids=["expired", "not yet", "unknown client", "no certificate"],
)
def test_a_server_refuses_a_client_and_both_say_why(
    made: Lab, client: Change, told: str, heard: str, version: str
) -> None:
    one, other = meet(client(made, made.tls("ris")), made.tls("platform"), version)
    assert told in said(other)
    assert not other.established
    assert heard in said(one)
    assert one.established is (version == "1.3")  # there a client learns afterwards


def _bare(context: ssl.SSLContext, *, server: bool) -> Channel:
    """An end as others make it, with settings that we would not offer."""
    return Channel(tls.Side(context, server, "" if server else lab.HOST), "them:3")


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1"])
def test_a_client_of_the_past_is_refused(made: Lab, version: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(made.ca)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
    theirs = _bare(context, server=False)
    ours = Channel(server_side(made.tls("platform")), "client:2")
    shake(theirs, ours)
    assert said(ours) == "client:2 only speaks a version of TLS that is too old (`--tls-min`)"
    assert said(theirs) == "them:3 refuses our versions of TLS"


def test_tls_1_2_is_too_old_where_1_3_is_asked(made: Lab) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(made.ca)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    theirs = _bare(context, server=False)
    ours = Channel(server_side(made.tls("platform", minimum="1.3")), "client:2")
    shake(theirs, ours)
    assert "too old" in said(ours)


@pytest.mark.parametrize("ciphers", ["AES128-SHA", "ECDHE+AES+SHA256:!AESGCM", "AES256-GCM-SHA384"])
def test_no_cipher_without_forward_secrecy_and_authentication(made: Lab, ciphers: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(made.ca)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(ciphers)
    theirs = _bare(context, server=False)
    ours = Channel(server_side(made.tls("platform")), "client:2")
    shake(theirs, ours)
    assert said(ours) == "client:2 and we share no cipher"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"\x0bMSH|^~\\&|", "client:2 sends MLLP without TLS to a TLS port"),
        (b"MSH|^~\\&|", "client:2 sends MLLP without TLS to a TLS port"),
        (b"GET / HTTP/1.1\r\n\r\n", "client:2 speaks HTTP on this port"),
        (bytes(range(200, 256)) * 4, "client:2"),
    ],
    ids=["MLLP", "HL7", "HTTP", "noise"],
)
def test_what_is_no_tls_is_named(made: Lab, data: bytes, told: str) -> None:
    ours = Channel(server_side(made.tls("platform")), "client:2")
    assert ours.receive(data) == b""
    assert told in said(ours)
    assert not ours.established


def test_a_server_that_answers_in_plain_is_named(made: Lab) -> None:
    ours = Channel(client_side(made.tls("ris"), lab.HOST), "server:1")
    ours.receive(b"")
    ours.receive(b"\x0bMSH|^~\\&|\r\x1c\r")
    assert "without TLS" in said(ours) or "does not speak TLS" in said(ours)


def test_an_end_in_the_middle_of_the_handshake_is_told(made: Lab) -> None:
    ours = Channel(client_side(made.tls("ris"), lab.HOST), "server:1")
    ours.receive(b"")
    ours.receive_end()
    assert said(ours) == "server:1 closed the connection during the TLS handshake"


def test_an_end_without_farewell_is_only_an_end(made: Lab) -> None:
    one, other = meet(made.tls("ris"), made.tls("platform"))
    one.send(b"\x0bMSH")
    assert other.receive(one.outgoing()) == b"\x0bMSH"
    assert other.receive_end() == b""
    assert other.ended
    assert other.failure is None


def test_files_that_do_not_do_are_named(made: Lab, tmp_path: Path) -> None:
    good, other = made.tls("ris"), made.pair("other")
    (tmp_path / "text").write_text("hello", encoding="utf-8")
    (tmp_path / "text").chmod(0o600)
    for wrong, told in (
        (replace(good, ca=tmp_path / "absent"), "unreadable file"),
        (replace(good, ca=tmp_path / "text"), "no certificate in PEM form"),
        (replace(good, cert=tmp_path / "absent", key=other["key"]), "unreadable file"),
        (replace(good, key=other["key"]), f"this key is not that of certificate {good.cert}"),
        (replace(good, key=tmp_path / "text"), "no readable certificate and key"),
        (replace(good, cert=None), "a certificate and its key are needed"),
        (replace(good, ca=None), "the authority that signs them is needed"),
    ):
        with pytest.raises(HarnessError, match=told):
            server_side(wrong)


def test_a_key_that_all_may_read_is_refused(made: Lab) -> None:
    good = made.tls("open")
    assert good.key
    good.key.chmod(0o644)
    with pytest.raises(HarnessError, match="can be read by everybody"):
        client_side(good, lab.HOST)


def test_a_key_under_a_pass_phrase_is_refused_without_asking(made: Lab) -> None:
    from cryptography.hazmat.primitives import serialization as form

    good = made.tls("secret")
    assert good.key
    key = form.load_pem_private_key(good.key.read_bytes(), None)
    locked = form.BestAvailableEncryption(b"swordfish")
    good.key.write_bytes(key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, locked))
    with pytest.raises(HarnessError, match="pass phrase") as told:
        client_side(good, lab.HOST)
    assert "swordfish" not in str(told.value)
