"""Forty conversations at once, ten of them of twins: none is lost, none crossed.

`bench/parallel.py` plays many more.
"""

import asyncio
import json
from pathlib import Path

import pytest
from conversations import Ris, make_talks
from program import simulator

from harness.rules.profile import Profile

pytestmark = pytest.mark.net


def test_every_conversation_gets_its_own_answers(tmp_path: Path, profile: Profile) -> None:
    talks, ris = make_talks(profile, 40, 5), Ris()
    port = asyncio.run(ris.reserve())
    with simulator(tmp_path / "run", "platform", "--peer", f"127.0.0.1:{port}") as platform:
        asyncio.run(ris.play(talks, platform.port))
        assert platform.end() == 0
    assert [what for talk in talks for what in talk.wrong()] == []
    result = json.loads((platform.folder / "result.json").read_text(encoding="utf-8"))
    exchanges = result["exchanges"]
    assert len(exchanges) == 5 * len(talks)
    assert {x["ack"] for x in exchanges} == {"AA"}
    assert {x["verdict"] for x in exchanges} <= {"pass", "warning"}
    by_order: dict[str, list[str]] = {}
    for exchange in exchanges:
        by_order.setdefault(exchange["conversation"], []).append(exchange["flow"])
    assert set(by_order) == {talk.order for talk in talks}
    assert {tuple(sorted(flows)) for flows in by_order.values()} == {("A", "B", "C", "D", "E")}
