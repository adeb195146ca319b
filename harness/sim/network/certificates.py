"""Certificates for a lab: an authority, one certificate for each role, and wrong ones on request.

Each carries "LAB ONLY" in its names. A certificate of a role serves both ways, as server and as
client, because both systems listen and connect.

Source: RFC 5280; the project's robustness sheet, 3.10.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from harness.errors import HarnessError
from harness.text import say

MARK: Final = "LAB ONLY - not for production"
HOSTS: Final = ("localhost", "127.0.0.1", "::1")
DAYS: Final = 90
ROLES: Final = ("ris", "platform")
_BACKDATED: Final = timedelta(hours=1)  # clocks differ
_USES: Final = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)


@dataclass(frozen=True)
class Authority:
    """A lab authority: its certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, in PEM."""

    name: str
    certificate: bytes
    key: bytes


def make_authority(name: str, now: datetime, days: int = DAYS) -> Authority:
    """A new authority that signs its own certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    called = _called(name)
    builder = _builder(called, called, key, now - _BACKDATED, now + timedelta(days=days))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs_others=True), critical=True)
    builder = builder.add_extension(
        x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
    )
    return Authority(builder.sign(key, hashes.SHA256()), key)


def issue(
    authority: Authority,
    name: str,
    hosts: Sequence[str],
    begins: datetime,
    ends: datetime,
) -> Pair:
    """A certificate for server and client use, made out to `hosts` (names or addresses)."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_called(name), authority.certificate.subject, key, begins, ends)
    builder = builder.add_extension(
        x509.SubjectAlternativeName([_general(host) for host in hosts]), critical=False
    )
    builder = builder.add_extension(
        x509.BasicConstraints(ca=False, path_length=None), critical=True
    )
    builder = builder.add_extension(_usage(signs_others=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage(_USES), critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()),
        critical=False,
    )
    signed = builder.sign(authority.key, hashes.SHA256())
    return Pair(name, _pem(signed), _key_pem(key))


def write(
    folder: Path, now: datetime, *, hosts: Sequence[str] = (), days: int = DAYS, wrong: bool = False
) -> tuple[Path, ...]:
    """Write an authority, a pair for each role, the wrong ones if asked. Gives the files.

    Keys are readable by their owner only. Raises HarnessError when a file is there already or
    cannot be written.
    """
    authority = make_authority("telerad lab CA", now, days)
    named = tuple(dict.fromkeys((*HOSTS, *hosts)))
    begins, ends = now - _BACKDATED, now + timedelta(days=days)
    files: dict[str, bytes] = {
        "ca.pem": _pem(authority.certificate),
        "ca.key": _key_pem(authority.key),
    }
    for role in ROLES:
        _add(files, role, issue(authority, f"telerad {role}", named, begins, ends))
    for name, make in _WRONG.items() if wrong else ():
        _add(files, f"wrong/{name}", make(authority, named, now, ends))
    files["README.txt"] = f"{MARK}\n\n{say('certificates.readme').fr}\n\n".encode()
    files["README.txt"] += f"{say('certificates.readme').en}\n".encode()
    return tuple(_write(folder / name, content) for name, content in files.items())


def _expired(authority: Authority, hosts: Sequence[str], now: datetime, ends: datetime) -> Pair:
    begins = now - timedelta(days=3)
    return issue(authority, "telerad expired", hosts, begins, now - timedelta(days=1))


def _not_yet(authority: Authority, hosts: Sequence[str], now: datetime, ends: datetime) -> Pair:
    begins = now + timedelta(days=1)
    return issue(authority, "telerad not yet valid", hosts, begins, begins + timedelta(days=1))


def _wrong_name(authority: Authority, hosts: Sequence[str], now: datetime, ends: datetime) -> Pair:
    return issue(authority, "telerad wrong name", ["elsewhere.invalid"], now - _BACKDATED, ends)


def _unknown(authority: Authority, hosts: Sequence[str], now: datetime, ends: datetime) -> Pair:
    other = make_authority("telerad lab CA nobody knows", now)
    return issue(other, "telerad unknown client", hosts, now - _BACKDATED, ends)


_WRONG: Final[dict[str, Callable[[Authority, Sequence[str], datetime, datetime], Pair]]] = {
    "expired": _expired,
    "not-yet-valid": _not_yet,
    "wrong-name": _wrong_name,
    "unknown-client": _unknown,
}


@dataclass(frozen=True)
class Seen:
    """What a certificate says: whose, by whom, until when."""

    subject: str
    issuer: str
    begins: datetime
    ends: datetime


def read(der: bytes) -> Seen:
    """What a certificate in DER says. Raises ValueError when it is none."""
    found = x509.load_der_x509_certificate(der)
    return Seen(
        found.subject.rfc4514_string(),
        found.issuer.rfc4514_string(),
        found.not_valid_before_utc,
        found.not_valid_after_utc,
    )


def read_file(file: Path) -> Seen:
    """What the first certificate of a PEM file says. Raises ValueError or OSError."""
    found = x509.load_pem_x509_certificate(file.read_bytes())
    return read(found.public_bytes(serialization.Encoding.DER))


def _called(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, MARK),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{name} (LAB ONLY)"),
        ]
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    begins: datetime,
    ends: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )


def _usage(*, signs_others: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=not signs_others,
        key_cert_sign=signs_others,
        crl_sign=signs_others,
        encipher_only=False,
        decipher_only=False,
    )


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _add(files: dict[str, bytes], name: str, pair: Pair) -> None:
    files[f"{name}.pem"], files[f"{name}.key"] = pair.certificate, pair.key


def _write(file: Path, content: bytes) -> Path:
    secret = file.suffix == ".key"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600 if secret else 0o644, exist_ok=False)
        file.write_bytes(content)
    except FileExistsError:
        raise HarnessError(say("certificates.there"), file=file) from None
    except OSError as wrong:
        reason = wrong.strerror or str(wrong)
        raise HarnessError(say("cli.cannot_write", reason=reason), file=file) from None
    return file
