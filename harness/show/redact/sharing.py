"""A run that may leave the machine: pseudonyms under a key that nobody keeps, and the proof."""

import secrets

from harness.rules.profile import Profile
from harness.show.redact.pseudonyms import Pseudonyms
from harness.show.redact.run import Proof, prove, redact_run
from harness.show.report import Report
from harness.show.runs.recorded import Run
from harness.show.runs.rejudging import judge_again
from harness.text import Text, say


def shared(run: Run, profile: Profile, command: str) -> tuple[Run, Report, Proof]:
    """The run with pseudonyms, its report, and what differs from the report of the run itself."""
    put = redact_run(run, Pseudonyms(secrets.token_bytes(32)))
    report = judge_again(put, profile, command)
    return put, report, prove(judge_again(run, profile, command), report)


def told(proof: Proof) -> Text:
    """What the proof says, on one line."""
    if not proof.gone and not proof.new:
        return say("redact.same", count=proof.same)
    differ = ", ".join(dict.fromkeys((*proof.gone, *proof.new)))
    return say("redact.differ", count=proof.same, rules=differ)
