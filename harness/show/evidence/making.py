"""A pack of evidence made from a run and its report."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness.errors import HarnessError
from harness.show.evidence import container
from harness.show.evidence.sums import Sums
from harness.show.formats.jsonfmt import to_json
from harness.show.pages.html import to_html
from harness.show.redact.run import Proof
from harness.show.report import Report
from harness.show.runs.recorded import Run
from harness.text import say

SCHEMA: Final = "telerad-evidence-1"


@dataclass(frozen=True, slots=True)
class Made:
    """A pack, and the SHA-256 of its manifest, by which it is known again."""

    data: bytes
    digest: str


def make(run: Run, report: Report, lang: str, proof: Proof | None) -> Made:
    """The pack of a run whose report is `report`; `proof` when it has pseudonyms."""
    files = _files(report, lang)
    manifest = _json(_manifest(run, report, files, proof))
    whole = {"seal.json": sealed(manifest), "manifest.json": manifest, **files}
    return Made(container.written(whole), Sums.of(manifest).sha256)


def attached(pack: Path, files: Mapping[str, bytes]) -> Made:
    """A pack with more files below `attachments/`: its manifest lists them, nothing else changes.

    Raises HarnessError for what is no pack, or has no manifest.
    """
    whole = container.read(pack)
    try:
        manifest = json.loads(whole["manifest.json"])
        manifest["files"] |= {f"attachments/{name}": _sums(data) for name, data in files.items()}
    except (KeyError, ValueError, TypeError, RecursionError) as wrong:
        what = say("evidence.no_manifest", reason=str(wrong), offset=0)
        raise HarnessError(what, file=pack) from None
    whole |= {f"attachments/{name}": data for name, data in files.items()}
    written = _json(manifest)
    whole |= {"seal.json": sealed(written), "manifest.json": written}
    return Made(container.written(whole), Sums.of(written).sha256)


def sealed(manifest: bytes) -> bytes:
    """The seal of a manifest."""
    return _json({"schema": SCHEMA, "manifest": Sums.of(manifest).as_dict()})


def _files(report: Report, lang: str) -> dict[str, bytes]:
    found = {
        "result.json": to_json(report, lang, every=True).encode("utf-8", "backslashreplace"),
        "report.html": to_html(report, lang).encode("utf-8", "backslashreplace"),
    }
    for judged in report.judged:
        if judged.message:
            found[judged.file] = judged.message.raw
        if judged.document and judged.document_file:
            found[judged.document_file] = judged.document.raw
    return found


def _manifest(
    run: Run, report: Report, files: dict[str, bytes], proof: Proof | None
) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "tool": report.tool,
        "profile": report.profile,
        "rules_hash": report.rules_hash,
        "rules_hash_of_run": run.rules_hash or None,
        "sut": report.sut,
        "seed": report.seed,
        "started": report.started.isoformat(),
        "verdict": report.verdict.word,
        "pseudonyms": _proof(proof) if proof else None,
        "files": {name: _sums(data) for name, data in files.items()},
    }


def _sums(data: bytes) -> dict[str, Any]:
    return Sums.of(data).as_dict()


def _proof(proof: Proof) -> dict[str, Any]:
    return {"same_findings": proof.same, "gone": list(proof.gone), "new": list(proof.new)}


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
