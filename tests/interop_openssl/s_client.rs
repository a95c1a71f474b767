//! `openssl s_client` against `channel_echo`.

use bauta::crypto::sign::Curve;
use bauta::handshake::CipherSuite;

use crate::support::*;

/// Each group as OpenSSL calls it, its code, and the curve of the certificate that goes with it.
const GROUPS: [(&str, u16, Curve); 4] = [
    ("P-256", 0x0017, Curve::P256),
    ("P-384", 0x0018, Curve::P384),
    ("P-521", 0x0019, Curve::P521),
    ("X25519", 0x001d, Curve::P256),
];

const SUITES: [(&str, CipherSuite); 2] = [
    ("TLS_AES_256_GCM_SHA384", CipherSuite::Aes256GcmSha384),
    ("TLS_CHACHA20_POLY1305_SHA256", CipherSuite::ChaCha20Poly1305Sha256),
];

/// A connection that ends well: data under three generations of keys in either direction, the same
/// exported secret on both sides, a certificate that is its own anchor, close_notify.
fn converse(groups: &str, code: u16, curve: Curve, suite: (&str, CipherSuite), more: &[&str]) {
    let anchor = ECHO.certificate(curve);
    let mut arguments = vec!["-groups", groups, "-ciphersuites", suite.0];
    arguments.extend(["-CAfile", anchor.to_str().unwrap(), "-verify_return_error"]);
    arguments.extend(["-keymatexport", EXPORTED, "-keymatexportlen", "32"]);
    let mut client = s_client(ECHO.port, &[&arguments, more].concat());
    client.enter("under the first keys");
    let said = client.says.until("under the first keys\n");
    let digest = match curve {
        Curve::P256 => "Peer signing digest: SHA256",
        Curve::P384 => "Peer signing digest: SHA384",
        Curve::P521 => "Peer signing digest: SHA512",
    };
    let chosen = format!("New, TLSv1.3, Cipher is {}\n", suite.0);
    let expected = ["Verification: OK", "Peer signature type: ECDSA", digest, &chosen];
    for part in expected {
        assert!(said.contains(part), "{groups}: no {part:?} in {said}");
    }
    // The client's keys change, and ours are to; then the client's alone.
    for (command, text) in [("K", "under new keys of both"), ("k", "under newer keys of one")] {
        client.enter(command);
        client.complains.until("KEYUPDATE\n");
        client.enter(text);
        client.says.until(&format!("{text}\n"));
    }
    client.enter("Q");
    let (content, said, complained) = client.end();
    assert!(content, "{groups}: {complained}");
    assert!(complained.ends_with("DONE\n"), "{groups}: {complained}");
    let exported = said.split("Keying material: ").nth(1).unwrap().lines().next().unwrap();
    let opened = ECHO.opened(exported);
    assert_eq!((opened.suite, opened.group), (suite.1, code), "{groups}");
}

#[test]
fn every_group_and_suite_completes_and_goes_on_under_new_keys() {
    if !installed(&[OPENSSL]) {
        return;
    }
    for (name, code, curve) in GROUPS {
        for suite in SUITES {
            converse(name, code, curve, suite, &[]);
        }
    }
}

/// OpenSSL sends a share for its first group only.
#[test]
fn a_client_whose_first_group_is_unknown_is_asked_for_another_share() {
    if !installed(&[OPENSSL]) {
        return;
    }
    for (name, code, curve) in GROUPS {
        for unknown in ["X448", "ffdhe2048"] {
            converse(&format!("{unknown}:{name}"), code, curve, SUITES[0], &[]);
        }
    }
    let mut client = s_client(ECHO.port, &["-groups", "X448:P-521", "-msg"]);
    client.enter("Q");
    let (_, said, _) = client.end();
    for hello in ["ClientHello", "ServerHello"] {
        assert_eq!(said.matches(&format!(", {hello}\n")).count(), 2, "{said}");
    }
}

/// What browsers and libraries send besides: it changes nothing.
#[test]
fn names_protocols_status_requests_and_fragment_lengths_are_ignored() {
    if !installed(&[OPENSSL]) {
        return;
    }
    let name: &[&str] = &["-servername", "example.org", "-alpn", "h2,http/1.1", "-status"];
    converse("X25519:P-256", 0x001d, Curve::P256, SUITES[0], name);
    converse("P-521", 0x0019, Curve::P521, SUITES[1], &["-maxfraglen", "512"]);
    converse("P-384", 0x0018, Curve::P384, SUITES[0], &["-no_middlebox"]);
    converse("P-384", 0x0018, Curve::P384, SUITES[0], &["-noservername"]);
    converse("P-256", 0x0017, Curve::P256, SUITES[0], &["-x509_strict", "-purpose", "sslserver"]);
}

#[test]
fn a_client_without_the_groups_scheme_is_shown_another_key() {
    if !installed(&[OPENSSL]) {
        return;
    }
    for (group, code, schemes, curve) in [
        ("P-521", 0x0019, "RSA-PSS+SHA256:ECDSA+SHA256", Curve::P256),
        ("X25519", 0x001d, "ECDSA+SHA384:ECDSA+SHA512", Curve::P384),
        ("P-256", 0x0017, "ECDSA+SHA512", Curve::P521),
        // The group's own comes before the client's favourite.
        ("P-384", 0x0018, "ECDSA+SHA512:ECDSA+SHA384", Curve::P384),
    ] {
        converse(group, code, curve, SUITES[0], &["-sigalgs", schemes]);
    }
}

#[test]
fn a_client_with_nothing_in_common_is_told_what_is_missing() {
    if !installed(&[OPENSSL]) {
        return;
    }
    for (arguments, alert) in [
        (&["-tls1_2"][..], "alert protocol version"),
        (&["-ciphersuites", "TLS_AES_128_GCM_SHA256"], "alert handshake failure"),
        (&["-groups", "X448"], "alert handshake failure"),
        (&["-sigalgs", "RSA-PSS+SHA256:ed25519"], "alert handshake failure"),
    ] {
        let (content, _, complained) = s_client(ECHO.port, arguments).end();
        assert!(!content && complained.contains(alert), "{arguments:?}: {complained}");
    }
}

/// The certificate of another key, though it has the same shape, is no anchor.
#[test]
fn another_keys_certificate_does_not_verify() {
    if !installed(&[OPENSSL]) {
        return;
    }
    let anchor = ECHO.certificate(Curve::P384);
    let anchor = anchor.to_str().unwrap();
    let arguments = ["-groups", "P-521", "-verify_return_error", "-CAfile", anchor];
    let (content, _, complained) = s_client(ECHO.port, &arguments).end();
    assert!(!content && complained.contains("certificate verify failed"), "{complained}");
}
