//! What a log could show of secrets and of people: names of types, and nothing else.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use core::fmt::Debug;
use std::path::PathBuf;

use bauta::crypto::aead::AeadKey;
use bauta::crypto::aead::Algorithm;
use bauta::crypto::group::EphemeralKey;
use bauta::crypto::group::Group;
use bauta::crypto::hash::Hash;
use bauta::crypto::hkdf;
use bauta::crypto::identity::IdentityKey;
use bauta::crypto::kem::EphemeralKemKey;
use bauta::crypto::kem::Kem;
use bauta::crypto::kem::KemKey;
use bauta::crypto::key_exchange;
use bauta::crypto::key_exchange::ClientKey;
use bauta::crypto::key_exchange::KeyExchange;
use bauta::crypto::secret::Secret;
use bauta::crypto::secret::SecretBytes;
use bauta::crypto::sign::Curve;
use bauta::crypto::sign::SigningKey;
use bauta::crypto::x25519::X25519Key;
use bauta::id::Id;
use bauta::net::cell::Address;
use bauta::net::cell::Capability;
use bauta::net::cell::ClientFrame;
use bauta::net::cell::ENVELOPE_LEN;
use bauta::net::cell::Envelope;
use bauta::net::cell::EnvelopeId;
use bauta::net::cell::RelayFrame;
use bauta::net::client::Command;
use bauta::net::client::Event;
use bauta::net::client::core::FileOrder;
use bauta::net::client::core::FileReport;
use bauta::net::client::event;
use bauta::net::client::event::ContactState;
use bauta::net::client::event::FileState;
use bauta::net::client::event::MessageId;
use bauta::net::client::event::MessageState;
use bauta::net::client::profile::Profile;
use bauta::signal::BodyAead;
use bauta::signal::content::Answer;
use bauta::signal::content::Content;
use bauta::signal::content::Item;
use bauta::signal::content::Kind;
use bauta::signal::content::Offer;
use bauta::signal::content::Part;
use bauta::signal::file::FileKeys;
use bauta::signal::file::FileScope;
use bauta::signal::prekey::PrekeyBundle;
use bauta::signal::prekey::Terms;
use bauta::signal::prekey::Withdrawal;
use bauta::signal::rendezvous::pair::Pair;
use bauta::signal::session::Session;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use zeroize::Zeroizing;

/// The debug form is this, word for word, and its pretty form has no more digits than it.
fn shows(value: &impl Debug, expected: &str) {
    assert_eq!(format!("{value:?}"), expected);
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).count();
    assert_eq!(digits(&format!("{value:#?}")), digits(expected));
}

#[test]
fn keys_show_their_kind() {
    let mut rng = StdRng::seed_from_u64(1);
    shows(&Secret::<32>::random(&mut rng), "Secret");
    shows(&SecretBytes::new(b"secret".to_vec()), "SecretBytes");
    shows(&AeadKey::new(Algorithm::Aes256Gcm, &[7; 32]).unwrap(), "AeadKey");
    shows(&hkdf::extract(Hash::Sha384, b"salt", b"key"), "Prk(Sha384)");
    shows(&hkdf::hmac(Hash::Sha256, b"key", &[]), "Digest(32 bytes)");
    shows(&EphemeralKey::generate(Group::P521, &mut rng), "EphemeralKey(P521)");
    shows(&SigningKey::generate(Curve::P256, &mut rng), "SigningKey(P256)");
    shows(&X25519Key::generate(&mut rng), "X25519Key");
    shows(&KemKey::generate(&mut rng), "KemKey");
    let kem = EphemeralKemKey::generate(Kem::MlKem1024, &mut rng);
    shows(&kem, "EphemeralKemKey(MlKem1024)");
    let exchange = KeyExchange::Hybrid(Group::X25519);
    let client = ClientKey::generate(exchange, &mut rng);
    shows(&client, "ClientKey(Hybrid(X25519))");
    let answer = key_exchange::answer(exchange, &client.share(), &mut rng).unwrap();
    shows(&answer, "ServerAnswer");
    let identity = IdentityKey::generate(&mut rng);
    shows(&identity, "IdentityKey");
    shows(identity.public(), "PublicIdentity");
    shows(&Id::new(*identity.public()), "Id(PublicIdentity)");
}

#[test]
fn sessions_and_prekeys_show_nothing_of_themselves() {
    let mut rng = StdRng::seed_from_u64(2);
    let (a, b) = (IdentityKey::generate(&mut rng), IdentityKey::generate(&mut rng));
    let network = [9; 32];
    let (pair_a, pair_b) = (
        Pair::new(&a, b.public(), &network).unwrap(),
        Pair::new(&b, a.public(), &network).unwrap(),
    );
    let terms = Terms { epoch: 3, generation: 5, not_after: u64::MAX };
    let (bundle, secrets) = PrekeyBundle::create(&b, &pair_b, terms, &mut rng);
    let bytes = bundle.to_bytes();
    let opened = PrekeyBundle::open(&bytes, b.public(), a.public(), &pair_a, 3, 0).unwrap();
    let mut session = Session::initiate(&a, b.public(), &network, &opened, &mut rng).unwrap();
    let sealed = session.encrypt_initial(b"body", BodyAead::Aes256Gcm, &mut rng).unwrap();
    shows(&secrets, "PrekeySecrets");
    shows(&Withdrawal::create(&a, &pair_a, 5, 3), "Withdrawal { generation: 5, .. }");
    shows(&sealed, "SecretBytes");
    for shown in [format!("{pair_a:?}"), format!("{session:?}")] {
        assert!(shown.len() < 80 && !shown.contains('['), "{shown}");
    }
    let text = Item::Text { disappears: 0, reply_to: None, text: "needle".to_owned() };
    shows(&text, "Text");
    let kind = Kind::Whole { id: [1; 16], number: 1, item: text.to_bytes().unwrap() };
    shows(&Content { turn: 1, written: 2, receipts: Vec::new(), kind }, "Content");
    let part = Part { item: [1; 16], index: 1, count: 2, slice: b"needle".to_vec() };
    shows(&part, "Part(1 of 2)");
}

#[test]
fn a_file_shows_neither_its_secret_nor_its_name_nor_its_place() {
    let mut rng = StdRng::seed_from_u64(5);
    let (sender, receiver) = (IdentityKey::generate(&mut rng), IdentityKey::generate(&mut rng));
    let scope = FileScope {
        network: &[9; 32],
        sender: sender.public(),
        receiver: receiver.public(),
        name: &[1; 16],
        size: 77,
    };
    let secret = Secret::random(&mut rng);
    shows(&FileKeys::new(&secret, BodyAead::Aes256Gcm, &scope).unwrap(), "FileKeys");
    let offer = Offer {
        size: 77,
        hash: [1; 32],
        secret: Zeroizing::new([2; 32]),
        aead: BodyAead::Aes256Gcm,
        disappears: 0,
        name: "needle".to_owned(),
    };
    let answer = Item::Answer { target: [1; 16], answer: Answer::Complete };
    for shown in [format!("{:?}", Item::Offer(offer)), format!("{answer:?}")] {
        assert!(
            !shown.contains("needle") && !shown.contains(|c: char| c.is_ascii_digit()),
            "{shown}"
        );
    }
    let id = Id::new(*receiver.public());
    let path = || PathBuf::from("/needle");
    let message = MessageId([1; 16]);
    shows(&Command::SendFile { contact: id, path: path(), strip: true }, "SendFile");
    let accept = Command::AcceptFile { contact: id, message, folder: Some(path()) };
    shows(&accept, "AcceptFile");
    shows(&Command::CancelFile { contact: id, message }, "CancelFile");
    let state = FileState::Done { path: Some(path()) };
    shows(&Event::File { contact: id, message, state }, "File");
    shows(&FileOrder::Prepare { path: path(), copy: Some(path()) }, "Prepare");
    shows(&FileReport::Finished(path()), "Finished");
}

#[test]
fn frames_show_no_mailbox_and_no_envelope() {
    let envelope = || Envelope::from_slice(&[0xab; ENVELOPE_LEN]).unwrap();
    let (id, address) = (EnvelopeId::new([0xcd; 16]), Address::new([0xef; 32]));
    let capability = || Capability::new(Secret::new([0xaa; 32]));
    let shown = [
        format!("{:?}", ClientFrame::Put { id, address, envelope: envelope(), proof: None }),
        format!("{:?}", ClientFrame::Subscribe { capabilities: vec![capability()] }),
        format!("{:?}", ClientFrame::Cancel { capability: capability(), id }),
        format!("{:?}", RelayFrame::Deliver { address, seq: 1, expires: 2, envelope: envelope() }),
    ];
    for frame in shown {
        for needle in ["171", "205", "239", "170", "ab", "cd", "ef", "aa"] {
            assert!(!frame.to_lowercase().contains(&format!("{needle}, ")), "{frame}");
            assert!(!frame.to_lowercase().contains(&needle.repeat(2)), "{frame}");
        }
    }
}

#[test]
fn commands_and_events_show_neither_people_nor_words() {
    let id = Id::new(*IdentityKey::from_seed(Secret::new([3; 32])).public());
    let text = || "needle".to_owned();
    let add = Command::Add { contact: id.to_string(), nickname: Some(text()) };
    shows(&add, "Add");
    shows(&Command::Send { contact: id, text: text(), reply_to: None }, "Send");
    shows(&Command::Nickname { contact: id, nickname: Some(text()) }, "Nickname");
    shows(&Command::Trust { typed: text() }, "Trust");
    shows(&Command::SendFile { contact: id, path: text().into(), strip: true }, "SendFile");
    let (name, state) = (MessageId([1; 16]), MessageState::Received);
    let source = Some(text().into());
    let card = event::FileCard { size: 7, state: FileState::Offered, source };
    shows(&card, "FileCard(7 bytes)");
    let message = event::Message::new(id, name, text(), 1, state);
    let message = event::Message { file: Some(card), ..message };
    shows(&Event::Message(message), "Message");
    let contact = event::Contact::new(id, ContactState::Matched);
    let contact = event::Contact { nickname: Some(text()), ..contact };
    shows(&Event::Contact(contact), "Contact");
    shows(&Event::Ready { id, ephemeral: false }, "Ready");
}

#[test]
fn a_profile_shows_how_much_is_staged() {
    let profile = Profile::ephemeral(&mut StdRng::seed_from_u64(4)).unwrap();
    shows(&profile, "Profile(0 rows staged)");
}
