"""10 million damaged frames, 20,000 damaged messages, 2,000 damaged documents, in shares.

`TELERAD_FUZZ_SEED` takes other ones. More of them: `python tests/fuzz/volumes.py`.
"""

import os

import fuzzseeds
import mutatedframes
import mutatedinputs
import pytest

SEED = int(os.environ.get("TELERAD_FUZZ_SEED", "1"))
SHARES = range(SEED * 1000, SEED * 1000 + 10)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SHARES)
def test_damaged_frames_lose_no_byte_and_no_good_frame(seed: int) -> None:
    print(f"seed {seed}")
    assert mutatedframes.check(seed, 1_000_000) > 1_000_000 * len(mutatedframes.GOOD)


@pytest.mark.slow
@pytest.mark.parametrize("name", fuzzseeds.PROFILES)
@pytest.mark.parametrize("seed", SHARES[:4])
def test_no_rule_breaks_down_on_damaged_messages(name: str, seed: int) -> None:
    print(f"seed {seed}")
    mutatedinputs.check_messages(name, seed, 2500)


@pytest.mark.slow
@pytest.mark.parametrize("name", fuzzseeds.PROFILES)
@pytest.mark.parametrize("seed", SHARES[:4])
def test_no_rule_breaks_down_on_damaged_documents(name: str, seed: int) -> None:
    print(f"seed {seed}")
    mutatedinputs.check_documents(name, seed, 250)
