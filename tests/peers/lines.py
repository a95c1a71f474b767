"""The lines between a test and a peer: `verb argument ...` in, `ok result ...` out, bytes in hex.

A peer that refuses what it was given says `refused why`; what it says then is never hex. Numbers are
decimal. An empty byte string is written `-`.
"""

import sys


class Refused(Exception):
    """What a peer does not accept."""


def to_bytes(word):
    return b"" if word == "-" else bytes.fromhex(word)


def from_bytes(value):
    return (value.hex() or "-") if isinstance(value, bytes) else str(value)


def serve(verbs):
    """Answers line for line until the end of the input. A fault of the peer's own ends it."""
    for line in sys.stdin:
        verb, *words = line.split()
        try:
            results = verbs[verb](*words)
            print("ok", *map(from_bytes, results or ()), flush=True)
        except Refused as refusal:
            print("refused", refusal, flush=True)
