"""One side of a conversation, written from sections 4 and 5 of docs/PROTOCOL.md alone.

What a line of the test's asks for, and what it is answered, is told by the docstrings of `Peer`.
"""

import os

import primitives as p
import rendezvous
from lines import Refused, serve, to_bytes

INITIAL_HEADER = 1 + 2 + 16 + 32 + 1088
SEALED_HEADER, SEALED_INITIAL_HEADER = 2342, 1254
BODY, INITIAL_BODY = 1642 - 16, 1554 - 16
SALT = 16
CURRENT = -1


def agree(pairs, secret):
    """SK, HK, NHK, mailbox secret."""
    shared = b"".join(own.exchange(theirs) for own, theirs in pairs)
    okm = p.hkdf(bytes(32), b"\xff" * 32 + shared + secret, b"bauta pqxdh v1", 128)
    return okm[:32], okm[32:64], okm[64:96], okm[96:]


class Chain:
    """A chain of message keys, with the key of its headers."""

    def __init__(self, key, header_key, theirs=None):
        self.key, self.header_key, self.theirs = key, header_key, theirs
        self.number, self.skipped = 0, {}

    def step(self):
        message_key, self.key = p.hmac_sha256(self.key, b"\1"), p.hmac_sha256(self.key, b"\2")
        self.number += 1
        return message_key

    def skip_to(self, number):
        if number - self.number > 1024:
            raise Refused("skips too many")
        while self.number < number:
            behind = self.number
            self.skipped[behind] = self.step()

    def message_key(self, number):
        self.skip_to(number)
        if number == self.number:
            return self.step()
        if number not in self.skipped:
            raise Refused("repetition")
        return self.skipped.pop(number)

    def copy(self):
        other = Chain(self.key, self.header_key, self.theirs)
        other.number, other.skipped = self.number, dict(self.skipped)
        return other


class Header:
    def __init__(self, aead, ratchet_key, previous, number, encapsulation_key, ciphertext):
        self.aead, self.ratchet_key, self.previous, self.number = aead, ratchet_key, previous, number
        self.encapsulation_key, self.ciphertext = encapsulation_key, ciphertext

    def bytes(self):
        return b"".join((
            bytes([1, self.aead]), self.ratchet_key, p.u32(self.previous), p.u32(self.number),
            self.encapsulation_key, self.ciphertext,
        ))

    @classmethod
    def parse(cls, raw):
        if raw[0] != 1 or raw[1] not in p.AEADS:
            raise Refused("header")
        previous, number = (int.from_bytes(raw[at : at + 4], "big") for at in (34, 38))
        return cls(raw[1], raw[2:34], previous, number, raw[42:1226], raw[1226:])


class Session:
    def __init__(self, initial_header, network, initiator, responder, bundle, mailbox):
        self.initial_header, self.mailbox, self.network = initial_header, mailbox, network
        self.id = p.sha256(b"bauta session v1", initial_header)[:16]
        self.ad = p.sha256(
            b"bauta ad v1", network, initial_header[1:3], initiator, responder,
            p.sha256(bundle), initial_header,
        )
        self.receiving, self.ciphertext, self.previous = [], b"", 0

    @classmethod
    def initiate(cls, own, theirs, network, bundle):
        ephemeral = p.Curve()
        ciphertext, secret = p.encapsulate(bundle.encapsulation_key)
        root, header_key, next_header_key, mailbox = agree((
            (own.curve, bundle.signed_prekey), (ephemeral, p.to_curve(theirs)),
            (ephemeral, bundle.signed_prekey), (ephemeral, bundle.one_time_prekey),
        ), secret)
        initial = bytes([1]) + p.u16(rendezvous.SUITE) + bundle.id + ephemeral.public + ciphertext
        self = cls(initial, network, own.id, theirs, bundle.bytes, mailbox)
        self.root, self.curve, self.kem = root, p.Curve(), p.Kem()
        key, self.next_sending = self.root_step(bundle.signed_prekey, b"")
        self.sending, self.next_receiving = Chain(key, header_key), next_header_key
        return self

    @classmethod
    def respond(cls, own, theirs, network, bundle, initial):
        ephemeral, ciphertext = initial[19:51], initial[51:]
        if initial[:19] != bytes([1]) + p.u16(rendezvous.SUITE) + bundle.id:
            raise Refused("initial header")
        theirs_curve = p.to_curve(theirs)
        root, header_key, next_header_key, mailbox = agree((
            (bundle.signed_prekey, theirs_curve), (own.curve, ephemeral),
            (bundle.signed_prekey, ephemeral), (bundle.one_time_prekey, ephemeral),
        ), bundle.kem.decapsulate(ciphertext))
        self = cls(initial, network, theirs, own.id, bundle.bytes, mailbox)
        self.root, self.curve, self.kem = root, bundle.signed_prekey, None
        self.sending, self.next_sending, self.next_receiving = None, next_header_key, header_key
        return self

    def root_step(self, theirs, secret):
        """rk' ‖ ck ‖ nhk; rk' is kept."""
        ikm = self.curve.exchange(theirs) + secret
        okm = p.hkdf(self.root, ikm, b"bauta root v1", 96)
        self.root = okm[:32]
        return okm[32:64], okm[64:]

    def encrypt(self, aead, body, initial):
        header = Header(
            aead, self.curve.public, self.previous, self.sending.number, self.kem.public,
            b"" if initial else self.ciphertext,
        ).bytes()
        nonce, salt = os.urandom(12), os.urandom(SALT)
        sealed = nonce + p.seal(self.sending.header_key, nonce, header, self.ad)
        key = self.body_key(self.sending.step(), aead, salt)
        padded = p.pad(body, INITIAL_BODY if initial else BODY)
        return sealed + salt + p.seal(key, bytes(12), padded, self.ad + sealed + salt, aead)

    @staticmethod
    def body_key(message_key, aead, salt):
        return p.hkdf_expand(message_key, b"bauta body v1" + bytes([aead]) + salt)

    def decrypt(self, message, initial):
        length = SEALED_INITIAL_HEADER if initial else SEALED_HEADER
        header, chain = self.open_header(message[:length])
        before = (self.root, self.curve, self.kem, self.sending, self.next_sending,
                  self.next_receiving, list(self.receiving), self.ciphertext, self.previous)
        self.receiving = [kept.copy() for kept in self.receiving]
        try:
            if chain is None:
                self.turn(header)
            key = next(c for c in self.receiving if c.theirs == header.ratchet_key)
            return self.open_body(message, length, header, key.message_key(header.number))
        except Refused:
            (self.root, self.curve, self.kem, self.sending, self.next_sending,
             self.next_receiving, self.receiving, self.ciphertext, self.previous) = before
            raise

    def open_header(self, sealed):
        """A header, and the chain it belongs to: none for one that begins a chain."""
        keys = [(chain.header_key, chain) for chain in self.receiving]
        for key, chain in (*keys, (self.next_receiving, None)):
            try:
                raw = p.open_sealed(key, sealed[:12], sealed[12:], self.ad)
            except Refused:
                continue
            header = Header.parse(raw)
            if (chain.theirs if chain else None) not in (None, header.ratchet_key):
                raise Refused("header key of another chain")
            return header, chain
        raise Refused("no header key")

    def open_body(self, message, length, header, message_key):
        salt, body = message[length : length + SALT], message[length + SALT :]
        key = self.body_key(message_key, header.aead, salt)
        return p.unpad(p.open_sealed(key, bytes(12), body, self.ad + message[: length + SALT], header.aead))

    def turn(self, header):
        if self.receiving:
            self.receiving[CURRENT].skip_to(header.previous)
        secret = self.kem.decapsulate(header.ciphertext) if header.ciphertext else b""
        header_key = self.next_receiving
        key, self.next_receiving = self.root_step(header.ratchet_key, secret)
        self.receiving = [*self.receiving, Chain(key, header_key, header.ratchet_key)][-5:]
        self.curve, self.kem = p.Curve(), p.Kem()
        self.ciphertext, secret = p.encapsulate(header.encapsulation_key)
        self.previous = self.sending.number if self.sending else 0
        header_key = self.next_sending
        key, self.next_sending = self.root_step(header.ratchet_key, secret)
        self.sending = Chain(key, header_key)

    def capability(self, writer, reader, week):
        info = b"mailbox" + self.network + writer + reader + p.u64(week)
        return p.hkdf_expand(self.mailbox, info)


class Peer:
    """What the test can ask for."""

    def start(self, seed, theirs, network):
        """Who one is, whom one talks to, and where. The own ID key."""
        self.own, self.theirs = p.Identity(to_bytes(seed)), to_bytes(theirs)
        self.network = to_bytes(network)
        self.pair = rendezvous.Pair(self.own, self.theirs, self.network)
        return (self.own.id,)

    def pair_of(self, epoch):
        """The tag, and the capabilities of the mailboxes one writes to and reads."""
        writers = (self.own.id, self.theirs)
        return (self.pair.tag, *(self.pair.capability(who, int(epoch)) for who in writers))

    def bundle(self, epoch, generation, not_after):
        """A bundle of one's own, in its envelope."""
        self.asked = rendezvous.OwnBundle(self.pair, int(epoch), int(generation), int(not_after))
        return (self.pair.seal(rendezvous.BUNDLE, int(epoch), self.asked.bytes),)

    def initiate(self, epoch, now, envelope):
        """Takes the peer's bundle. The session's id."""
        signed = self.pair.open(rendezvous.BUNDLE, int(epoch), to_bytes(envelope))
        bundle = rendezvous.PeerBundle(self.pair, signed, int(epoch), int(now))
        self.session = Session.initiate(self.own, self.theirs, self.network, bundle)
        return (self.session.id,)

    def initial(self, epoch, body, aead):
        """An initial message, in its envelope."""
        message = self.session.encrypt(int(aead), to_bytes(body), True)
        plaintext = self.session.initial_header + message
        return (self.pair.seal(rendezvous.INITIAL, int(epoch), plaintext),)

    def respond(self, epoch, envelope):
        """Takes the first initial message that arrives. The session's id and the body."""
        plaintext = self.open_initial(epoch, envelope)
        header, message = plaintext[:INITIAL_HEADER], plaintext[INITIAL_HEADER:]
        args = (self.own, self.theirs, self.network, self.asked, header)
        session = Session.respond(*args)
        body = session.decrypt(message, True)
        self.session = session
        return (session.id, body)

    def late(self, epoch, envelope):
        """Takes a further initial message. The body."""
        plaintext = self.open_initial(epoch, envelope)
        if plaintext[:INITIAL_HEADER] != self.session.initial_header:
            raise Refused("another session")
        return (self.session.decrypt(plaintext[INITIAL_HEADER:], True),)

    def open_initial(self, epoch, envelope):
        return self.pair.open(rendezvous.INITIAL, int(epoch), to_bytes(envelope))

    def encrypt(self, body, aead):
        """An ordinary message: an envelope."""
        return (self.session.encrypt(int(aead), to_bytes(body), False),)

    def decrypt(self, envelope):
        """The body of an ordinary message."""
        return (self.session.decrypt(to_bytes(envelope), False),)

    def mailboxes(self, week):
        """The capabilities of the session's mailboxes that one writes to and reads."""
        own, theirs = self.own.id, self.theirs
        return tuple(self.session.capability(*who, int(week)) for who in ((own, theirs), (theirs, own)))

    def encapsulate(self, encapsulation_key):
        """An ML-KEM-768 ciphertext and the secret in it."""
        return p.encapsulate(to_bytes(encapsulation_key))

    def kem_key(self):
        """An encapsulation key."""
        self.kem = p.Kem()
        return (self.kem.public,)

    def decapsulate(self, ciphertext):
        """The secret in a ciphertext for that key."""
        return (self.kem.decapsulate(to_bytes(ciphertext)),)


if __name__ == "__main__":
    peer = Peer()
    names = [name for name in vars(Peer) if not name.startswith("_") and name != "open_initial"]
    serve({name: getattr(peer, name) for name in names})
