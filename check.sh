#!/usr/bin/env bash
# Everything that a change must pass, here and in CI. Takes no arguments.
set -euo pipefail
cd "$(dirname "$0")"

# Property tests try the same cases in every run; new ones are looked for on purpose, with another seed.
export PROPTEST_RNG_SEED="${PROPTEST_RNG_SEED:-1}"

step() { printf '\n== %s\n' "$*"; "$@"; }

step cargo fmt --all --check
step cargo clippy --locked --all-targets -- -D warnings
step cargo clippy --locked --all-targets --no-default-features -- -D warnings
step cargo clippy --locked --all-targets --all-features -- -D warnings
step cargo fmt --manifest-path fuzz/Cargo.toml --check
step cargo check --locked --manifest-path fuzz/Cargo.toml
step cargo test --locked
# The other backend, and one against the other.
step cargo test --locked --no-default-features --features aws-lc --lib \
    --test backends --test wycheproof --test vectors --test handshake --test redaction --test allocations
RUSTDOCFLAGS="-D warnings" step cargo doc --locked --no-deps
if command -v verifpal >/dev/null; then
    step models/run.sh quick
else
    printf '\nskipped: verifpal not installed\n'
fi
if cargo deny --version >/dev/null 2>&1; then
    step cargo deny --locked check licenses bans sources
    # Their database is a git repository on the network, which some machines cannot reach.
    if cargo deny --locked fetch db; then
        step cargo deny --locked check advisories
    else
        printf '\n!! ADVISORIES WERE NOT CHECKED: their database cannot be fetched from here\n'
    fi
else
    printf '\nskipped: cargo-deny not installed\n'
fi
printf '\ncheck.sh: all passed\n'
