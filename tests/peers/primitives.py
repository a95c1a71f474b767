"""The primitives that docs/PROTOCOL.md names, from `cryptography`."""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from lines import Refused

AES_256_GCM, CHACHA20_POLY1305 = 1, 2
AEADS = {AES_256_GCM: AESGCM, CHACHA20_POLY1305: ChaCha20Poly1305}


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def hmac_sha256(key, data):
    return hmac.digest(key, data, "sha256")


def hkdf(salt, ikm, info, length):
    return HKDF(hashes.SHA256(), length, salt, info).derive(ikm)


def hkdf_expand(prk, info, length=32):
    return HKDFExpand(hashes.SHA256(), length, info).derive(prk)


def seal(key, nonce, plaintext, aad, aead=AES_256_GCM):
    return AEADS[aead](key).encrypt(nonce, plaintext, aad)


def open_sealed(key, nonce, ciphertext, aad, aead=AES_256_GCM):
    try:
        return AEADS[aead](key).decrypt(nonce, ciphertext, aad)
    except InvalidTag:
        raise Refused("not authentic") from None


def pad(body, length):
    """length (2) ‖ body ‖ zeros, `length` bytes in all."""
    assert len(body) + 2 <= length
    return (u16(len(body)) + body).ljust(length, b"\0")


def unpad(padded):
    length = int.from_bytes(padded[:2], "big")
    body, rest = padded[2 : 2 + length], padded[2 + length :]
    if len(body) != length or any(rest):
        raise Refused("padding")
    return body


def u16(number):
    return number.to_bytes(2, "big")


def u32(number):
    return number.to_bytes(4, "big")


def u64(number):
    return number.to_bytes(8, "big")


class Curve:
    """An X25519 key pair."""

    def __init__(self, private=None):
        self.private = private or os.urandom(32)
        self.key = X25519PrivateKey.from_private_bytes(self.private)
        self.public = self.key.public_key().public_bytes_raw()

    def exchange(self, theirs):
        try:
            return self.key.exchange(X25519PublicKey.from_public_bytes(theirs))
        except ValueError:
            raise Refused("X25519 gave zeros") from None


class Kem:
    """An ML-KEM-768 key pair, from the 64 bytes d ‖ z of FIPS 203."""

    def __init__(self, seed=None):
        self.key = MLKEM768PrivateKey.from_seed_bytes(seed or os.urandom(64))
        self.public = self.key.public_key().public_bytes_raw()

    def decapsulate(self, ciphertext):
        return self.key.decapsulate(ciphertext)


def encapsulate(public):
    """The ciphertext, and the secret in it."""
    try:
        secret, ciphertext = MLKEM768PublicKey.from_public_bytes(public).encapsulate()
    except ValueError:
        raise Refused("encapsulation key") from None
    return ciphertext, secret


class Identity:
    """An Ed25519 key pair; `curve` is its X25519 form."""

    def __init__(self, seed):
        self.key = Ed25519PrivateKey.from_private_bytes(seed)
        self.id = self.key.public_key().public_bytes_raw()
        # The private scalar of RFC 8032, section 5.1.5; X25519 clamps it by itself.
        self.curve = Curve(hashlib.sha512(seed).digest()[:32])

    def sign(self, message):
        return self.key.sign(message)


def verify(public, signature, message):
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        raise Refused("signature") from None


def to_curve(public):
    """RFC 7748, section 4.1: u = (1 + y) / (1 - y)."""
    p = 2**255 - 19
    y = int.from_bytes(public, "little") & (2**255 - 1)
    u = (1 + y) * pow(1 - y, -1, p) % p
    return u.to_bytes(32, "little")
