//! A client that knows no raw public keys is shown a certificate.

use bauta::crypto::sign::Curve;
use bauta::handshake::Pin;
use rustls::SignatureScheme;
use rustls::server::ParsedCertificate;

use crate::agreement::SUITES;
use crate::agreement::X25519;
use crate::agreement::assert_agreed;
use crate::agreement::groups;
use crate::ours::Ours;
use crate::ours::RELAY;
use crate::theirs::Form;
use crate::theirs::Pinned;
use crate::theirs::Theirs;
use crate::theirs::Willing;
use crate::theirs::client_config;
use crate::wire::converse;

fn client(willing: Willing, pinned: Pinned) -> (Ours, Theirs) {
    let pinned = Pinned { form: Form::Certificate, ..pinned };
    let (mut ours, mut theirs) = (Ours::server(), Theirs::client(client_config(willing, pinned)));
    converse(&mut ours, &mut theirs);
    (ours, theirs)
}

#[test]
fn rustls_reads_the_certificate_of_every_curve() {
    for group in groups() {
        let curve = Pin::new(group.0).curve();
        let willing = Willing::only(group.1, SUITES[0].1);
        let (mut ours, mut theirs) = client(willing, Pinned::key_of(&RELAY, curve));
        assert_agreed(&mut ours, &mut theirs);
        let [shown] = theirs.connection.peer_certificates().unwrap() else {
            panic!("one certificate");
        };
        assert_eq!(shown.as_ref(), RELAY.keys.certificate(curve));
        let parsed = ParsedCertificate::try_from(shown).unwrap();
        assert_eq!(parsed.subject_public_key_info().as_ref(), RELAY.keys.spki(curve));
    }
}

#[test]
fn a_scheme_of_another_curve_brings_that_curves_certificate() {
    for (scheme, curve) in [
        (SignatureScheme::ECDSA_NISTP384_SHA384, Curve::P384),
        (SignatureScheme::ECDSA_NISTP521_SHA512, Curve::P521),
    ] {
        let pinned = Pinned { schemes: vec![scheme], ..Pinned::key_of(&RELAY, curve) };
        let (mut ours, mut theirs) = client(Willing::only(X25519.1, SUITES[1].1), pinned);
        assert_agreed(&mut ours, &mut theirs);
    }
}
