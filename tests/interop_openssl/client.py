"""A client of Python's ssl: `client.py echo PORT FOLDER` and `client.py relay PORT`.

It ends with an exception where anything is not as it should be.
"""

import socket
import ssl
import sys

TIMEOUT = 60
CELL_LEN = 4096
# Four full records.
PIECE_LEN = 65536
# The groups as Python calls them, with the certificate of the key that goes with each.
GROUPS = [
    ("prime256v1", "P-256.der"),
    ("secp384r1", "P-384.der"),
    ("secp521r1", "P-521.der"),
    ("X25519", "P-256.der"),
]


def context(anchor=None):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    if anchor is None:
        made.verify_mode = ssl.CERT_NONE
    else:
        made.load_verify_locations(cadata=anchor)
    return made


def connect(port, made):
    plain = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
    return made.wrap_socket(plain, server_hostname="example.org")


def receive(tls, length):
    data = b""
    while len(data) < length:
        piece = tls.recv(length - len(data))
        assert piece, "ended too soon"
        data += piece
    return data


def exchange(tls, data):
    """In pieces: who echoes does not read while nobody takes what it writes."""
    for at in range(0, len(data), PIECE_LEN):
        piece = data[at : at + PIECE_LEN]
        tls.sendall(piece)
        assert receive(tls, len(piece)) == piece


def close(tls):
    """Sends close_notify, waits for the peer's, and then for the end of the stream."""
    plain = tls.unwrap()
    assert plain.recv(1) == b""
    plain.close()


def check(tls):
    assert tls.version() == "TLSv1.3", tls.version()
    assert tls.selected_alpn_protocol() is None
    assert not tls.session_reused


def echo(port, folder):
    for group, name in GROUPS:
        with open(f"{folder}/{name}", "rb") as file:
            anchor = file.read()
        for trusted in (None, anchor):
            made = context(trusted)
            made.set_ecdh_curve(group)
            made.set_alpn_protocols(["h2", "http/1.1"])
            tls = connect(port, made)
            check(tls)
            assert tls.getpeercert(binary_form=True) == anchor, group
            exchange(tls, b"x")
            exchange(tls, bytes(range(256)) * 64)
            close(tls)
    # As it comes, without a choice of groups.
    tls = connect(port, context())
    check(tls)
    exchange(tls, bytes(range(256)) * 4096)
    # No ticket came with all that.
    assert tls.session is None or not tls.session.has_ticket
    close(tls)
    refused(port, context(anchor=other(folder)), "CERTIFICATE_VERIFY_FAILED")
    old = context()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    refused(port, old, "TLSV1_ALERT_PROTOCOL_VERSION")
    # The connections before took nothing from this one.
    tls = connect(port, context())
    exchange(tls, b"still there")
    close(tls)


def other(folder):
    with open(f"{folder}/P-521.der", "rb") as file:
        return file.read()


def refused(port, made, reason):
    try:
        connect(port, made)
    except ssl.SSLError as error:
        assert error.reason == reason, error.reason
    else:
        raise AssertionError("not refused: " + reason)


def relay(port):
    tls = connect(port, context())
    check(tls)
    welcome = receive(tls, CELL_LEN)
    assert b"bauta keyset v1" in welcome
    close(tls)


if __name__ == "__main__":
    if sys.argv[1] == "echo":
        echo(int(sys.argv[2]), sys.argv[3])
    else:
        relay(int(sys.argv[2]))
    print(sys.argv[1] + ": all as expected")
