//! `openssl s_client` and Python against the relay's own program.

use std::process::Command;

use crate::processes::Relay;
use crate::support::*;

/// What every key set begins with: it stands in Welcome as it is.
const KEY_SET: &str = "bauta keyset v1";

#[test]
fn a_relay_completes_with_s_client_and_says_welcome() {
    if !installed(&[OPENSSL]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let relay = Relay::new(folder.path());
    for groups in ["P-256", "P-384", "P-521", "X25519", "X448:P-521"] {
        let mut client = s_client(relay.port, &["-groups", groups]);
        let said = client.says.until(KEY_SET);
        assert!(said.contains("\nNew, TLSv1.3, Cipher is TLS_AES_256_GCM_SHA384\n"), "{said}");
        assert!(said.contains("Verification error: self-signed certificate"), "{said}");
        client.enter("Q");
        let (content, _, complained) = client.end();
        assert!(content && complained.ends_with("DONE\n"), "{groups}: {complained}");
    }
    relay.stop();
}

#[test]
fn a_relay_takes_nothing_but_cells_from_s_client() {
    if !installed(&[OPENSSL]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let relay = Relay::new(folder.path());
    let mut client = s_client(relay.port, &[]);
    client.says.until(KEY_SET);
    client.enter("no cell");
    let (content, _, complained) = client.end();
    assert!(!content && complained.contains("alert illegal parameter"), "{complained}");
    relay.stop();
}

/// Welcome is the first cell, and close_notify is answered.
#[test]
fn a_relay_completes_with_python_and_says_welcome() {
    if !installed(&[PYTHON]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let relay = Relay::new(folder.path());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop_openssl/client.py");
    let arguments = ["relay".to_owned(), relay.port.to_string()];
    let (content, said, complained) =
        Process::start(Command::new("python3").arg(script).args(arguments)).end();
    assert!(content && said.contains("relay: all as expected"), "{said}{complained}");
    relay.stop();
}
