"""One side of the plain Double Ratchet and of X3DH, by the packages `DoubleRatchet` and `X3DH`.

The packages' hooks are given the key schedules of docs/PROTOCOL.md, section 5; all else is theirs. A
message is ratchet key (32) ‖ length of the previous chain (4) ‖ number (4) ‖ salt (16) ‖ sealed body.
"""

import asyncio
import os

import doubleratchet
import x3dh
from doubleratchet.recommended import diffie_hellman_ratchet_curve25519, kdf_hkdf, kdf_separate_hmacs
from doubleratchet.recommended.crypto_provider import HashFunction
from x3dh.crypto_provider import HashFunction as X3dhHashFunction
from x3dh.identity_key_pair import IdentityKeyPairSeed

import primitives as p
from lines import Refused, serve, to_bytes

HEADER, SALT = 32 + 4 + 4, 16


class RootKdf(kdf_hkdf.KDF):
    """rk' ‖ ck: the first 64 of the 96 bytes that a ratchet with header keys derives."""

    @staticmethod
    def _get_hash_function():
        return HashFunction.SHA_256

    @staticmethod
    def _get_info():
        return b"bauta root v1"


class ChainKdf(kdf_separate_hmacs.KDF):
    @staticmethod
    def _get_hash_function():
        return HashFunction.SHA_256


class Aead(doubleratchet.AEAD):
    @staticmethod
    async def encrypt(plaintext, key, associated_data):
        salt = os.urandom(SALT)
        return salt + p.seal(body_key(key, salt), bytes(12), plaintext, associated_data + salt)

    @staticmethod
    async def decrypt(ciphertext, key, associated_data):
        salt, sealed = ciphertext[:SALT], ciphertext[SALT:]
        return p.open_sealed(body_key(key, salt), bytes(12), sealed, associated_data + salt)


def body_key(message_key, salt):
    return p.hkdf_expand(message_key, b"bauta body v1" + bytes([p.AES_256_GCM]) + salt)


class Ratchet(doubleratchet.DoubleRatchet):
    @staticmethod
    def _build_associated_data(associated_data, header):
        return associated_data + encode(header)


def encode(header):
    previous, number = header.previous_sending_chain_length, header.sending_chain_length
    return header.ratchet_pub + p.u32(previous) + p.u32(number)


def parse(message):
    previous, number = (int.from_bytes(message[at : at + 4], "big") for at in (32, 36))
    header = doubleratchet.Header(message[:32], previous, number)
    return doubleratchet.EncryptedMessage(header, message[HEADER:])


SCHEDULES = {
    "diffie_hellman_ratchet_class": diffie_hellman_ratchet_curve25519.DiffieHellmanRatchet,
    "root_chain_kdf": RootKdf,
    "message_chain_kdf": ChainKdf,
    # The package takes the next chain key from the front and the message key from behind it.
    "message_chain_constant": b"\2\1",
    "dos_protection_threshold": 1024,
    "max_num_skipped_message_keys": 2048,
    "aead": Aead,
}


class State(x3dh.BaseState):
    @staticmethod
    def _encode_public_key(key_format, pub):
        return pub


class Peer:
    """What the test can ask for."""

    def __init__(self):
        self.read = set()

    def begin(self, secret, theirs, ad, body):
        """The initiator's side, with its first message."""
        self.ad = to_bytes(ad)
        self.ratchet, message = asyncio.run(Ratchet.encrypt_initial_message(
            **SCHEDULES, shared_secret=to_bytes(secret), recipient_ratchet_pub=to_bytes(theirs),
            message=to_bytes(body), associated_data=self.ad,
        ))
        return (encode(message.header) + message.ciphertext,)

    def answer(self, secret, own, ad, message):
        """The responder's side, from the first message to arrive. The body."""
        self.ad = to_bytes(ad)
        self.ratchet, body = asyncio.run(Ratchet.decrypt_initial_message(
            **SCHEDULES, shared_secret=to_bytes(secret), own_ratchet_priv=to_bytes(own),
            message=parse(to_bytes(message)), associated_data=self.ad,
        ))
        return (body,)

    def encrypt(self, body):
        """A message."""
        message = asyncio.run(self.ratchet.encrypt_message(to_bytes(body), self.ad))
        return (encode(message.header) + message.ciphertext,)

    def decrypt(self, message):
        """The body of a message."""
        message = parse(to_bytes(message))
        try:
            body = asyncio.run(self.ratchet.decrypt_message(message, self.ad))
        except (doubleratchet.DuplicateMessageException, Refused):
            # The package takes a repetition in an earlier chain for a turn, and does not authenticate it.
            if message.header in self.read:
                raise Refused("repetition") from None
            raise
        self.read.add(message.header)
        return (body,)

    def state(self, seed):
        """A state of X3DH with one prekey. Identity key, signed prekey, one-time prekey."""
        self.x3dh = State.create(
            x3dh.IdentityKeyFormat.ED_25519, X3dhHashFunction.SHA_256, b"bauta x3dh v1",
            IdentityKeyPairSeed(to_bytes(seed)),
        )
        self.x3dh.generate_pre_keys(1)
        bundle = self.x3dh.bundle
        return (bundle.identity_key, bundle.signed_pre_key, *bundle.pre_keys)

    def active(self, *bundle):
        """The initiator's side: the peer's identity key, signed prekey, its signature, one-time prekey.
        The ephemeral key and the shared secret."""
        identity, signed_prekey, signature, prekey = map(to_bytes, bundle)
        bundle = x3dh.Bundle(identity, signed_prekey, signature, frozenset([prekey]))
        secret, _, header = asyncio.run(self.x3dh.get_shared_secret_active(bundle))
        return (header.ephemeral_key, secret)

    def passive(self, identity, ephemeral):
        """The responder's side. The shared secret."""
        bundle = self.x3dh.bundle
        header = x3dh.Header(
            to_bytes(identity), to_bytes(ephemeral), bundle.signed_pre_key, next(iter(bundle.pre_keys)),
        )
        return (asyncio.run(self.x3dh.get_shared_secret_passive(header))[0],)


if __name__ == "__main__":
    peer = Peer()
    names = [name for name in vars(Peer) if not name.startswith("_")]
    serve({name: getattr(peer, name) for name in names})
