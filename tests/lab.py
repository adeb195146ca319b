"""Certificates made by trustme, which knows nothing of ours, as files of a folder."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import trustme

from harness.sim.network.tls import Tls

HOST = "localhost"


@dataclass(frozen=True)
class Lab:
    """An authority and its files; `tls` names those of a good system."""

    folder: Path
    authority: trustme.CA
    ca: Path

    def pair(
        self,
        name: str,
        *hosts: str,
        authority: trustme.CA | None = None,
        begins: datetime | None = None,
        ends: datetime | None = None,
    ) -> dict[str, Path]:
        """`cert` and `key` of a new certificate, by default of this authority and valid."""
        leaf = (authority or self.authority).issue_cert(
            *(hosts or (HOST, "127.0.0.1")), not_before=begins, not_after=ends
        )
        cert, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        for number, blob in enumerate(leaf.cert_chain_pems):
            blob.write_to_path(cert, append=number > 0)
        leaf.private_key_pem.write_to_path(key)
        key.chmod(0o600)
        return {"cert": cert, "key": key}

    def tls(self, name: str, **changes: object) -> Tls:
        """The options of a good system, with changes."""
        return replace(Tls(ca=self.ca, **self.pair(name)), **changes)  # type: ignore[arg-type]


def make(folder: Path) -> Lab:
    authority = trustme.CA()
    ca = folder / "ca.pem"
    authority.cert_pem.write_to_path(ca)
    return Lab(folder, authority, ca)


def past(days: int) -> datetime:
    return datetime.now().astimezone() - timedelta(days=days)
