#!/usr/bin/env python3
"""Each side's CPU time in a handshake of the OpenSSL that Python is linked with.

    python3 benches/openssl.py [rounds]

What `cargo bench --bench peers` measures, with a certificate in the place of the raw public key: one
group, TLS_AES_256_GCM_SHA384, no tickets, and 4,096 bytes of the server, which the client reads. The
client has the certificate as its root and checks no name. Python's own time is included.
"""

import ssl
import statistics
import subprocess
import sys
import tempfile
import time

PAIRS = [
    # group, how its key share begins (code and length), key
    ("secp521r1", b"\x00\x19\x00\x85", "P-521"),
    ("secp384r1", b"\x00\x18\x00\x61", "P-384"),
    ("prime256v1", b"\x00\x17\x00\x41", "P-256"),
    ("X25519", b"\x00\x1d\x00\x20", "P-256"),
]
WELCOME = bytes([7]) * 4096


def certificate(folder, curve):
    """A self-signed certificate and its key, in two files."""
    key, cert = f"{folder}/{curve}.key", f"{folder}/{curve}.pem"
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", f"ec_paramgen_curve:{curve}"]
    about = ["-subj", "/CN=relay.example", "-days", "2", "-nodes", "-keyout", key, "-out", cert]
    subprocess.run(new + about, check=True, stderr=subprocess.DEVNULL)
    return cert, key


def contexts(group, cert, key):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(cert, key)
    server.num_tickets = 0
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.load_verify_locations(cert)
    for context in (server, client):
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.set_ecdh_curve(group)
    return server, client


def timed(spent, side, work):
    start = time.process_time_ns()
    try:
        return work()
    except ssl.SSLWantReadError:
        return None
    finally:
        spent[side] += time.process_time_ns() - start


def handshake(server_context, client_context, share):
    """The nanoseconds that client and server spent."""
    spent = {"client": 0, "server": 0}
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server)
    timed(spent, "client", client.do_handshake)
    hello = to_server.read()
    assert share in hello, "a share of another group"
    to_server.write(hello)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    timed(spent, "server", server.do_handshake)
    timed(spent, "client", client.do_handshake)
    timed(spent, "server", server.do_handshake)
    timed(spent, "server", lambda: server.write(WELCOME))
    heard = timed(spent, "client", lambda: client.read(4096))
    assert heard == WELCOME
    assert client.cipher()[0] == "TLS_AES_256_GCM_SHA384"
    return spent


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    print(ssl.OPENSSL_VERSION)
    with tempfile.TemporaryDirectory() as folder:
        for group, share, curve in PAIRS:
            both = contexts(group, *certificate(folder, curve))
            all_spent = [handshake(*both, share) for _ in range(rounds)]
            medians = (
                statistics.median(spent[side] for spent in all_spent) / 1000
                for side in ("server", "client")
            )
            server, client = medians
            print(f"{group:10} {curve}   server {server:6.0f} us   client {client:6.0f} us")


if __name__ == "__main__":
    main()
