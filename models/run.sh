#!/usr/bin/env bash
# Runs the models and their edits, and compares what Verifpal answers with edits.txt.
# Usage: models/run.sh [quick | all]
set -euo pipefail
cd "$(dirname "$0")"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
while IFS='|' read -r name model sessions expected edit <&3; do
    [ "$name" = "# mark" ] && [ "${1:-quick}" != all ] && break
    [[ $name == "#"* ]] && continue
    sed -e "$edit" "$model" >"$work/$model"
    if [ -n "$edit" ] && cmp -s "$model" "$work/$model"; then
        printf 'FAILED  %s: the edit changes nothing\n' "$name"
        failed=1
        continue
    fi
    # In a pipe the tool asks nobody for a newer version of itself.
    answer=$(verifpal verify "$work/$model" --sessions "$sessions" --result-code 2>&1 | tail -n 1)
    if [ "$answer" = "$expected" ]; then
        printf 'ok      %s: %s\n' "$name" "$answer"
    else
        printf 'FAILED  %s: %s, not %s\n' "$name" "$answer" "$expected"
        failed=1
    fi
done 3<edits.txt
exit "$failed"
