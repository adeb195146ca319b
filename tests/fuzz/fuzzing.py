"""One fuzzer: a target under atheris, with its own mutator. Started by `run.py`.

    python tests/fuzz/fuzzing.py TARGET [what libFuzzer takes …]

Source: github.com/google/atheris, README (custom mutators); llvm.org/docs/LibFuzzer.html.
"""

import random
import sys
import time

import atheris

with atheris.instrument_imports(include=["harness"]):
    from fuzztargets import TARGETS

LONGEST = 2.0  # seconds of CPU time for one input: the machine may be busy with other things
OF_FORM = 0.7  # how often the mutator that knows the form is used, else libFuzzer's own


def main() -> None:
    target = TARGETS[sys.argv[1]]

    def mutator(given: bytes, most: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if chance.random() < OF_FORM:
            return target.mutate(given, chance)[:most]
        return bytes(atheris.Mutate(given, most))

    def run(given: bytes) -> None:
        begin = time.process_time()
        target.run(given)
        took = time.process_time() - begin
        assert took < LONGEST, f"{took:.1f} s for {len(given)} bytes"

    atheris.Setup([sys.argv[0], *sys.argv[2:]], run, custom_mutator=mutator)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
