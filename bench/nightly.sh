#!/usr/bin/env bash
# The long versions of what is checked, one after the other, each with its counts; about a night.
# Called by `make nightly`, which makes the environment. Arguments: names of steps, none for all.
# A step that fails does not stop the others; the last lines say which did, and how long each took.
set -uo pipefail
cd "$(dirname "$0")/.."

python=.venv/bin/python
steps=(
    "frames|15 min|$python tests/fuzz/volumes.py frames --count 100000000 --jobs 2"
    "messages|2 h|$python tests/fuzz/volumes.py messages --count 2000000 --jobs 2"
    "documents|2 h|$python tests/fuzz/volumes.py documents --count 200000 --jobs 2"
    "fuzz-er7|30 min|make --no-print-directory fuzz TARGET=er7 MINUTES=30"
    "fuzz-mllp|30 min|make --no-print-directory fuzz TARGET=mllp MINUTES=30"
    "fuzz-cda|30 min|make --no-print-directory fuzz TARGET=cda MINUTES=30"
    "fuzz-scenario|30 min|make --no-print-directory fuzz TARGET=scenario MINUTES=30"
    "fuzz-files|30 min|make --no-print-directory fuzz TARGET=files MINUTES=30"
    "fuzz-dates|30 min|make --no-print-directory fuzz TARGET=dates MINUTES=30"
    "fuzz-base64|30 min|make --no-print-directory fuzz TARGET=base64 MINUTES=30"
    "fuzz-journal|30 min|make --no-print-directory fuzz TARGET=journal MINUTES=30"
    "fuzz-judgement|30 min|make --no-print-directory fuzz TARGET=judgement MINUTES=30"
    "mutants|10 min|.venv/bin/telerad selfcheck --mutants 3 --conversations 500"
    "mutants-tlr|10 min|.venv/bin/telerad selfcheck --profile ans-tlr-2026 --mutants 3 --conversations 500"
    "kills|20 min|$python bench/kill.py 600 400"
    "connections|10 min|$python bench/connections.py 2000 20 1000 1000"
    "conversations|10 min|$python bench/parallel.py 1000 100"
    "durable|2 min|$python bench/durable.py"
    "latency|2 min|$python bench/latency.py 30 100 20"
    "corpus|1 h|$python bench/corpus.py 100000"
    "room|20 min|$python bench/room.py"
    "soak|8 h|$python bench/soak.py 480 5/s"
)

wanted=" $* "
failed=()
told=()
for step in "${steps[@]}"; do
    IFS='|' read -r name usual command <<<"$step"
    [[ $# -eq 0 || $wanted == *" $name "* ]] || continue
    echo "== $name (about $usual): $command"
    begin=$SECONDS
    if $command; then result=passed; else
        result=FAILED
        failed+=("$name")
    fi
    told+=("$(printf '%-16s %-7s %6d s' "$name" "$result" $((SECONDS - begin)))")
done

[[ ${#told[@]} -gt 0 ]] || {
    echo "no such step: $*"
    exit 2
}
printf '%s\n' "${told[@]}"
[[ ${#failed[@]} -eq 0 ]]
