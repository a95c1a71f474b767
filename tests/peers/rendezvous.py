"""Section 4 of docs/PROTOCOL.md, read a second time: the pair, its envelopes, the bundle."""

import os

import primitives as p
from lines import Refused

BUNDLE, INITIAL = 1, 2
SUITE = 2
PREKEYS = ((1, 32), (2, 32), (3, 1184))


class Pair:
    def __init__(self, own, theirs, network):
        self.own, self.theirs = own, theirs
        info = b"bauta rendezvous v1" + min(own.id, theirs) + max(own.id, theirs)
        self.k = p.hkdf(network, own.curve.exchange(p.to_curve(theirs)), info, 32)
        self.tag = p.hkdf_expand(self.k, b"pair")

    def named(self, label, writer, epoch):
        reader = self.theirs if writer == self.own.id else self.own.id
        return p.hkdf_expand(self.k, label + writer + reader + p.u64(epoch))

    def capability(self, writer, epoch):
        return self.named(b"mailbox", writer, epoch)

    def sealing(self, writer, epoch, kind):
        """The key and the AAD of an envelope."""
        address = p.sha256(self.capability(writer, epoch))
        return self.named(b"seal", writer, epoch), address + bytes([kind])

    def seal(self, kind, epoch, plaintext):
        key, aad = self.sealing(self.own.id, epoch, kind)
        nonce = os.urandom(12)
        return nonce + p.seal(key, nonce, p.pad(plaintext, 3972), aad)

    def open(self, kind, epoch, envelope):
        key, aad = self.sealing(self.theirs, epoch, kind)
        if len(envelope) != 4000:
            raise Refused("envelope")
        return p.unpad(p.open_sealed(key, envelope[:12], envelope[12:], aad))


class OwnBundle:
    """A bundle of one's own, with its private keys."""

    def __init__(self, pair, epoch, generation, not_after):
        self.id = os.urandom(16)
        self.signed_prekey, self.one_time_prekey, self.kem = p.Curve(), p.Curve(), p.Kem()
        unsigned = b"".join((
            bytes([1, 2]), p.u16(SUITE), self.id,
            bytes([pair.own.id > pair.theirs]), p.u64(epoch), pair.tag,
            p.u64(generation), p.u64(not_after),
            bytes([1]), self.signed_prekey.public,
            bytes([2]), self.one_time_prekey.public,
            bytes([3]), self.kem.public,
        ))
        self.bytes = unsigned + pair.own.sign(b"bauta bundle v1\0" + unsigned)


class PeerBundle:
    """A bundle of the peer's, checked."""

    def __init__(self, pair, signed, epoch, now):
        self.bytes, self.rest = signed, signed
        if self.take(1) != bytes([1]):
            raise Refused("version")
        suites = self.take(self.take(1)[0])
        if SUITE not in [int.from_bytes(suites[at : at + 2], "big") for at in range(0, len(suites), 2)]:
            raise Refused("suite")
        self.id = self.take(16)
        terms = bytes([pair.theirs > pair.own.id]) + p.u64(epoch) + pair.tag
        if self.take(len(terms)) != terms:
            raise Refused("writer, epoch or tag")
        self.generation, not_after = (int.from_bytes(self.take(8), "big") for _ in range(2))
        if not_after < now:
            raise Refused("not-after")
        self.signed_prekey, self.one_time_prekey, self.encapsulation_key = map(self.prekey, PREKEYS)
        unsigned = signed[: len(signed) - len(self.rest)]
        p.verify(pair.theirs, self.take(64), b"bauta bundle v1\0" + unsigned)
        if self.rest:
            raise Refused("trailing bytes")

    def prekey(self, form):
        kind, length = form
        if self.take(1) != bytes([kind]):
            raise Refused("kind of prekey")
        return self.take(length)

    def take(self, length):
        taken, self.rest = self.rest[:length], self.rest[length:]
        if len(taken) != length:
            raise Refused("bundle too short")
        return taken
