//! Our client against `openssl s_server`: OpenSSL 3.0 has no raw public keys, and the client takes
//! nothing else.

use std::path::Path;
use std::process::Command;

use bauta::handshake::AlertDescription;
use bauta::handshake::CipherSuite;
use bauta::handshake::Error;
use bauta::handshake::Group;
use bauta::handshake::KeyExchange;
use bauta::handshake::error::PeerIncompatible;
use bauta::handshake::identity::IdentityError;
use bauta::net::channel::ChannelError;
use bauta::net::channel::ConnectError;
use bauta::net::channel::ConnectOptions;
use bauta::net::channel::connect;
use bauta::net::clock;
use tokio::net::TcpStream;

use crate::support::*;

/// A server with a certificate of P-521, for one connection; and its port.
fn s_server(folder: &Path) -> (Process, u16) {
    let (key, certificate) = (folder.join("key.pem"), folder.join("certificate.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521", "-nodes"])
        .args(["-subj", "/CN=example.org", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut command = Command::new("openssl");
    command.args(["s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-key"]);
    let server = Process::start(command.arg(&key).arg("-cert").arg(&certificate));
    server.says.until("ACCEPT 127.0.0.1:");
    let port = server.says.until("\n").trim().parse().unwrap();
    (server, port)
}

/// Why our client leaves, and what the server says about it.
async fn left(group: Group) -> (Error, String) {
    let folder = tempfile::tempdir().unwrap();
    let (server, port) = s_server(folder.path());
    let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let options = ConnectOptions {
        // OpenSSL 3.0 has no hybrids.
        exchange: KeyExchange::Classical(group),
        suite: CipherSuite::Aes256GcmSha384,
    };
    let verify = |_: &_| Err(IdentityError::BadSignature);
    let error = connect(stream, options, &mut clock::system_rng(), verify).await.unwrap_err();
    let ConnectError::Channel(ChannelError::Protocol(error)) = error else { panic!("{error:?}") };
    (error, server.end().2)
}

#[tokio::test]
async fn our_client_leaves_a_server_that_shows_a_certificate() {
    if !installed(&[OPENSSL]) {
        return;
    }
    let (error, complained) = left(Group::P521).await;
    assert_eq!(error, PeerIncompatible::RawPublicKeyRequired.into());
    assert_eq!(error.to_string(), "nothing in common with the peer: no raw public keys");
    assert!(complained.contains("SSL alert number 43"), "{complained}");
}

#[tokio::test]
async fn our_client_is_told_by_a_server_without_its_scheme() {
    if !installed(&[OPENSSL]) {
        return;
    }
    let (error, complained) = left(Group::P256).await;
    assert_eq!(error, Error::PeerAlert(AlertDescription::HANDSHAKE_FAILURE));
    assert!(complained.contains("no suitable signature algorithm"), "{complained}");
}
