//! What was not offered, what is missing, what stands in the wrong place or twice.

use bauta::handshake::Error;
use bauta::handshake::Group;
use bauta::handshake::error::PeerIncompatible;
use bauta::handshake::error::PeerMisbehaved;
use bauta::handshake::record::ContentType;

use crate::support::*;

/// A ClientHello put together by hand, one part at a time.
pub(crate) struct Hello {
    version: [u8; 2],
    pub(crate) session_id: Vec<u8>,
    pub(crate) suites: Vec<u8>,
    compression: Vec<u8>,
    pub(crate) extensions: Vec<Vec<u8>>,
}

/// Where each extension of a [`Hello`] stands.
const VERSIONS: usize = 0;
pub(crate) const GROUPS_: usize = 1;
pub(crate) const SCHEMES: usize = 2;
pub(crate) const TYPES: usize = 3;
pub(crate) const SHARES: usize = 4;

pub(crate) fn share(group: u16, point: &[u8]) -> Vec<u8> {
    [&group.to_be_bytes()[..], &vec16(point)].concat()
}

pub(crate) fn point() -> Vec<u8> {
    let key = bauta::crypto::group::EphemeralKey::generate(Group::P256, &mut rng(4));
    key.public_key()
}

impl Hello {
    pub(crate) fn good() -> Self {
        Self {
            version: [3, 3],
            session_id: Vec::new(),
            suites: vec![0x13, 0x02],
            compression: vec![0],
            extensions: vec![
                extension(43, &[2, 3, 4]),
                extension(10, &vec16(&[0, 23])),
                extension(13, &vec16(&[4, 3])),
                extension(20, &[1, 2]),
                extension(51, &vec16(&share(23, &point()))),
            ],
        }
    }

    pub(crate) fn record(&self) -> Vec<u8> {
        let vec8 = |content: &[u8]| [&[u8::try_from(content.len()).unwrap()], content].concat();
        let body = [
            &self.version[..],
            &[6; 32],
            &vec8(&self.session_id),
            &vec16(&self.suites),
            &vec8(&self.compression),
            &vec16(&self.extensions.concat()),
        ]
        .concat();
        plain(ContentType::Handshake, &message(1, &body))
    }
}

fn refused(change: impl FnOnce(&mut Hello)) -> Error {
    let mut hello = Hello::good();
    change(&mut hello);
    serve(&hello.record()).refused()
}

fn answered(change: impl FnOnce(&mut Hello)) {
    let mut hello = Hello::good();
    change(&mut hello);
    serve(&hello.record()).answered();
}

#[test]
fn a_foreign_client_that_offers_more_is_served() {
    answered(|_| {});
    answered(|hello| hello.suites = vec![0x0a, 0x0a, 0x13, 0x01, 0x13, 0x02, 0x13, 0x03]);
    answered(|hello| hello.extensions[VERSIONS] = extension(43, &[6, 0x2a, 0x2a, 3, 4, 3, 3]));
    answered(|hello| {
        hello.extensions[GROUPS_] = extension(10, &vec16(&[0x1a, 0x1a, 0, 24, 0, 23]))
    });
    answered(|hello| hello.extensions[TYPES] = extension(20, &[2, 0, 2]));
    answered(|hello| hello.extensions.insert(0, extension(0x5a5a, b"grease")));
    answered(|hello| hello.extensions.push(extension(16, &vec16(b"\x02h2"))));
    answered(|hello| {
        hello.extensions.push(extension(45, &[1, 1]));
        hello.extensions.push(extension(41, b"last as it should be"));
    });
}

#[test]
fn a_client_without_anything_acceptable_is_told_so() {
    let version = PeerIncompatible::Version.into();
    assert_eq!(refused(|hello| hello.extensions[VERSIONS] = extension(43, &[2, 3, 3])), version);
    assert_eq!(refused(|hello| drop(hello.extensions.remove(VERSIONS))), version);
    assert_eq!(refused(|hello| hello.extensions.clear()), version);
    for ssl in [[3, 0], [2, 0], [0, 2], [0, 0]] {
        assert_eq!(refused(|hello| hello.version = ssl), version);
    }
    for suite in [[0x13, 0x01], [0x13, 0x04], [0xc0, 0x2b], [0, 0]] {
        let error = refused(|hello| hello.suites = suite.to_vec());
        assert_eq!(error, PeerIncompatible::CipherSuite.into());
    }
    let group = PeerIncompatible::Group.into();
    let p224 = |hello: &mut Hello| {
        hello.extensions[GROUPS_] = extension(10, &vec16(&[0, 21]));
        hello.extensions[SHARES] = extension(51, &vec16(&share(21, &[4; 57])));
    };
    assert_eq!(refused(p224), group);
    let scheme = PeerIncompatible::SignatureScheme.into();
    for other in [[8, 4], [5, 3], [6, 3], [4, 1]] {
        let schemes = extension(13, &vec16(&other));
        assert_eq!(refused(|hello| hello.extensions[SCHEMES] = schemes), scheme);
    }
    let certificate_type = PeerIncompatible::CertificateType.into();
    for types in [&[1, 1][..], &[3, 1, 3, 0xff]] {
        let error = refused(|hello| hello.extensions[TYPES] = extension(20, types));
        assert_eq!(error, certificate_type);
    }
}

#[test]
fn a_client_that_leaves_something_out_is_told_so() {
    for at in [GROUPS_, SCHEMES, SHARES] {
        let error = refused(|hello| drop(hello.extensions.remove(at)));
        assert_eq!(error, PeerMisbehaved::MissingExtension.into());
    }
}

#[test]
fn a_client_that_contradicts_itself_is_refused() {
    let illegal = PeerMisbehaved::IllegalValue.into();
    assert_eq!(refused(|hello| hello.version = [3, 1]), illegal);
    assert_eq!(refused(|hello| hello.version = [3, 4]), illegal);
    assert_eq!(refused(|hello| hello.compression = vec![1, 0]), illegal);
    assert_eq!(refused(|hello| hello.compression = vec![0, 0]), illegal);
    assert_eq!(refused(|hello| hello.compression = vec![]), illegal);
    let unlisted = extension(51, &vec16(&share(24, &[4; 97])));
    assert_eq!(refused(|hello| hello.extensions[SHARES] = unlisted), illegal);
    let twice = [share(23, &point()), share(23, &point())].concat();
    assert_eq!(refused(|hello| hello.extensions[SHARES] = extension(51, &vec16(&twice))), illegal);
    for at in 0..5 {
        let error = refused(|hello| hello.extensions.push(hello.extensions[at].clone()));
        assert_eq!(error, PeerMisbehaved::DuplicateExtension.into());
    }
    let error =
        refused(|hello| hello.extensions.push(extension(41, b"and no psk_key_exchange_modes")));
    assert_eq!(error, PeerMisbehaved::MissingExtension.into());
    let error = refused(|hello| hello.extensions.insert(2, extension(41, &[])));
    assert_eq!(error, PeerMisbehaved::MisplacedExtension.into());
}

#[test]
fn lists_that_are_no_lists_do_not_parse() {
    assert_eq!(refused(|hello| hello.suites = vec![]), Error::Decode);
    assert_eq!(refused(|hello| hello.suites = vec![0x13]), Error::Decode);
    assert_eq!(refused(|hello| hello.session_id = vec![1; 33]), Error::Decode);
    for (at, bad) in [
        (VERSIONS, extension(43, &[0])),
        (VERSIONS, extension(43, &[3, 3, 4, 3])),
        (VERSIONS, extension(43, &[2, 3, 4, 0])),
        (GROUPS_, extension(10, &[0, 0])),
        (GROUPS_, extension(10, &[0, 1, 0])),
        (SCHEMES, extension(13, &[])),
        (TYPES, extension(20, &[0])),
        (TYPES, extension(20, &[1, 2, 3])),
        (SHARES, extension(51, &vec16(&share(23, &[])))),
        (SHARES, extension(51, &[0, 1, 0])),
    ] {
        assert_eq!(refused(|hello| hello.extensions[at] = bad.clone()), Error::Decode, "{bad:?}");
    }
    let many = |n: u16| (0..n).map(|i| extension(0x6000 + i, &[])).collect::<Vec<_>>();
    answered(|hello| hello.extensions.extend(many(59)));
    assert_eq!(refused(|hello| hello.extensions.extend(many(60))), Error::Decode);
}

/// Replaces a ServerHello's part: suite at 39, group at 54, extensions from 44 on.
fn server_hello(edit: impl Fn(&mut Vec<u8>)) -> Error {
    let edit = |step, m: &mut Vec<u8>| {
        if step == Step::ServerHello {
            edit(m);
        }
    };
    client_against(p256(), Liar::Server, edit).refused()
}

fn with_extensions(m: &mut Vec<u8>, extensions: &[Vec<u8>]) {
    *m = message(2, &[&m[4..42], &vec16(&extensions.concat())].concat());
}

#[test]
fn a_server_that_chooses_what_was_not_offered_is_refused() {
    let unoffered = PeerMisbehaved::ChoseUnoffered.into();
    for suite in [[0x13, 0x01], [0x13, 0x03], [0xc0, 0x2b]] {
        assert_eq!(server_hello(|m| m[39..41].copy_from_slice(&suite)), unoffered);
    }
    for group in [21, 24, 25, 29, 0x11eb_u16, 0x11ec, 0xfeed] {
        let group = group.to_be_bytes();
        assert_eq!(server_hello(|m| m[54..56].copy_from_slice(&group)), unoffered);
    }
    assert_eq!(server_hello(|m| m[49] = 3), unoffered);
    let version = PeerIncompatible::Version.into();
    assert_eq!(server_hello(|m| *m = message(2, &m[4..42])), version);
    assert_eq!(server_hello(|m| with_extensions(m, &[])), version);
    let session_id = |m: &mut Vec<u8>| {
        *m = message(2, &[&m[4..38], &[1, 7], &m[39..]].concat());
    };
    assert_eq!(server_hello(session_id), PeerMisbehaved::IllegalValue.into());
}

#[test]
fn a_server_hello_with_other_extensions_is_refused() {
    let version = extension(43, &[3, 4]);
    let key_share = |m: &[u8]| m[50..].to_vec();
    for (extra, expected) in [
        (extension(41, &[0, 0]), PeerMisbehaved::UnsolicitedExtension),
        (extension(16, &[]), PeerMisbehaved::UnsolicitedExtension),
        (extension(20, &[2]), PeerMisbehaved::MisplacedExtension),
        (extension(10, &vec16(&[0, 23])), PeerMisbehaved::MisplacedExtension),
        (version.clone(), PeerMisbehaved::DuplicateExtension),
    ] {
        let edit = |m: &mut Vec<u8>| {
            let share = key_share(m);
            with_extensions(m, &[version.clone(), share, extra.clone()]);
        };
        assert_eq!(server_hello(edit), expected.into());
    }
    let edit = |m: &mut Vec<u8>| with_extensions(m, std::slice::from_ref(&version));
    assert_eq!(server_hello(edit), PeerMisbehaved::MissingExtension.into());
}

#[test]
fn a_hello_retry_request_that_can_change_nothing_is_refused() {
    let random = bauta::crypto::hash::sha256(&[b"HelloRetryRequest"]);
    for extensions in [
        vec![extension(43, &[3, 4]), extension(51, &[0, 23])],
        vec![extension(43, &[3, 4]), extension(51, &[0, 24])],
        vec![extension(43, &[3, 4]), extension(51, &[0x11, 0xeb])],
        vec![extension(43, &[3, 4]), extension(44, &vec16(b"cookie"))],
    ] {
        let error = server_hello(|m| {
            m[6..38].copy_from_slice(&random);
            with_extensions(m, &extensions);
        });
        assert_eq!(error, PeerMisbehaved::UnneededHelloRetryRequest.into());
    }
}

fn replaced(step: Step, with: Vec<u8>) -> Error {
    let edit = |s, m: &mut Vec<u8>| {
        if s == step {
            *m = with.clone();
        }
    };
    client_against(p256(), Liar::Server, edit).refused()
}

#[test]
fn encrypted_extensions_are_one_and_the_right_one() {
    let with = |extensions: &[Vec<u8>]| {
        replaced(Step::EncryptedExtensions, message(8, &vec16(&extensions.concat())))
    };
    let raw = extension(20, &[2]);
    assert_eq!(with(&[]), PeerIncompatible::RawPublicKeyRequired.into());
    assert_eq!(with(&[extension(20, &[0])]), PeerMisbehaved::ChoseUnoffered.into());
    assert_eq!(with(&[extension(20, &[])]), Error::Decode);
    assert_eq!(with(&[extension(20, &[2, 2])]), Error::Decode);
    assert_eq!(with(&[raw.clone(), raw.clone()]), PeerMisbehaved::DuplicateExtension.into());
    for (code, expected) in [
        (0, PeerMisbehaved::UnsolicitedExtension),
        (16, PeerMisbehaved::UnsolicitedExtension),
        (42, PeerMisbehaved::UnsolicitedExtension),
        (51, PeerMisbehaved::MisplacedExtension),
        (43, PeerMisbehaved::MisplacedExtension),
        (13, PeerMisbehaved::MisplacedExtension),
    ] {
        assert_eq!(with(&[raw.clone(), extension(code, &[])]), expected.into(), "{code}");
    }
    let edit = |step, m: &mut Vec<u8>| {
        if step == Step::EncryptedExtensions {
            let groups = extension(10, &vec16(&[0, 24]));
            *m = message(8, &vec16(&[groups, extension(20, &[2])].concat()));
        }
    };
    client_against(p256(), Liar::Server, edit).unconfirmed();
}

#[test]
fn a_certificate_is_one_key_of_the_chosen_curve() {
    use bauta::crypto::sign::Curve;
    let certificate = |context: &[u8], list: &[u8]| {
        let context = [&[u8::try_from(context.len()).unwrap()], context].concat();
        replaced(Step::Certificate, message(11, &[&context[..], &vec24(list)].concat()))
    };
    let entry = |curve| [vec24(RELAY.keys.spki(curve)), vec16(&[])].concat();
    let good = entry(Curve::P256);
    assert_eq!(certificate(&[], &[]), PeerMisbehaved::EmptyCertificate.into());
    assert_eq!(certificate(&[1], &good), PeerMisbehaved::IllegalValue.into());
    let twice = [good.clone(), good.clone()].concat();
    assert_eq!(certificate(&[], &twice), PeerMisbehaved::IllegalValue.into());
    let other_curve = certificate(&[], &entry(Curve::P521));
    assert_eq!(other_curve, PeerMisbehaved::InvalidPublicKey.into());
    let empty_key = [vec24(&[]), vec16(&[])].concat();
    assert_eq!(certificate(&[], &empty_key), PeerMisbehaved::InvalidPublicKey.into());
    let with_extension = [vec24(RELAY.keys.spki(Curve::P256)), vec16(&extension(5, &[]))].concat();
    let error = certificate(&[], &with_extension);
    assert_eq!(error, PeerMisbehaved::UnsolicitedExtension.into());
    let trailing = [RELAY.keys.spki(Curve::P256), &[0]].concat();
    let trailing = [vec24(&trailing), vec16(&[])].concat();
    assert_eq!(certificate(&[], &trailing), PeerMisbehaved::InvalidPublicKey.into());
}

#[test]
#[cfg_attr(feature = "aws-lc", ignore = "repeats a run from its seed")]
fn messages_out_of_order_or_left_out_are_refused() {
    let (_, hello) = client(p256());
    for order in
        [[0, 2, 1, 3, 4], [0, 1, 3, 2, 4], [0, 1, 2, 4, 3], [0, 4, 1, 2, 3], [0, 1, 1, 2, 3]]
    {
        let mut flight = Puppet::new(p256(), &hello).flight(Liar::Server, |_, _| {});
        flight.messages = order.map(|i: usize| flight.messages[i].clone()).to_vec();
        let (client, _) = client(p256());
        let error = drive_client(client, &flight.to_bytes()).refused();
        assert_eq!(error, PeerMisbehaved::UnexpectedMessage.into(), "{order:?}");
    }
    // Without CertificateVerify nobody has proved anything.
    let mut flight = Puppet::new(p256(), &hello).flight(Liar::Server, |_, _| {});
    flight.messages.remove(3);
    let (client, _) = client(p256());
    let error = drive_client(client, &flight.to_bytes()).refused();
    assert_eq!(error, PeerMisbehaved::UnexpectedMessage.into());
}
