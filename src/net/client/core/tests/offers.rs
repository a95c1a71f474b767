//! Offers of files that no client of this version makes, and such that nobody takes.

use std::path::Path;
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::*;
use crate::net::client::core::file::FileOrder;
use crate::net::client::core::file::FileSource;
use crate::net::client::event::FileFailure;
use crate::net::client::event::FileState;
use crate::net::client::event::Refusal;
use crate::signal::content::Answer;
use crate::signal::content::Offer;

const MONTH: u64 = 30 * 24 * 3_600_000;

fn offer(size: u64) -> Item {
    Item::Offer(Offer {
        size,
        hash: [1; 32],
        secret: Zeroizing::new([2; 32]),
        aead: BodyAead::Aes256Gcm,
        disappears: 0,
        name: "offered".to_owned(),
    })
}

fn name(number: u16) -> MessageName {
    let mut name = [9; 16];
    name[..2].copy_from_slice(&number.to_be_bytes());
    name
}

impl Talk {
    fn is_offered(&mut self, number: u16) -> Vec<Event> {
        let item = offer(1 << 20).to_bytes().unwrap();
        self.whole(name(number), item)
    }

    fn hears_answer(&mut self, id: u8, target: MessageName, answer: Answer) -> Vec<Event> {
        self.item(id, &Item::Answer { target, answer })
    }

    /// Says what became of a file, and what follows from it.
    fn report(&mut self, message: MessageId, report: FileReport) -> Vec<Output> {
        let of = FileName { contact: self.contact, message };
        self.core.handle(Input::File(of, report), NOW).unwrap()
    }

    /// Offers a file of one's own.
    fn offer_own(&mut self, path: &Path) -> MessageId {
        let (contact, path) = (self.contact, path.to_owned());
        let events = self.command(Command::SendFile { contact, path: path.clone(), strip: false });
        let message = events.iter().find_map(|event| match event {
            Event::Message(message) => Some(message.id),
            _ => None,
        });
        let message = message.unwrap();
        let source = FileSource { path, size: 10, hash: [0; 32], modified: 1 };
        self.report(message, FileReport::Prepared { source, is_copy: false });
        message
    }

    fn pass_to(&mut self, now: u64) -> Vec<Event> {
        let output = self.core.handle(Input::Tick, now).unwrap().into_iter();
        output
            .filter_map(|o| if let Output::Event(event) = o { Some(event) } else { None })
            .collect()
    }
}

fn shows_offer(event: &Event) -> bool {
    matches!(event, Event::Message(message) if message.file.is_some())
}

fn ended(events: &[Event]) -> Vec<FileState> {
    let states = events.iter().filter_map(|event| match event {
        Event::File { state, .. } if state.is_over() => Some(state.clone()),
        _ => None,
    });
    states.collect()
}

#[test]
fn a_thousand_offers_are_no_more_than_are_kept_and_no_more_answers_wait() {
    let mut talk = Talk::new();
    let before = talk.rows(Kind::Outgoing);
    let shown = (0..1_000).filter(|n| talk.is_offered(*n).iter().any(shows_offer)).count();
    assert_eq!(shown, 32);
    assert_eq!(talk.contact().files.len(), 32);
    assert_eq!((talk.rows(Kind::File), talk.history().len()), (32, 32));
    assert_eq!(talk.rows(Kind::Outgoing) - before, 32, "answers that nobody has heard");
    // One that goes makes room for one that comes.
    let (contact, message) = (talk.contact, MessageId(name(3)));
    talk.command(Command::CancelFile { contact, message });
    assert!(talk.is_offered(2_000).iter().any(shows_offer));
    assert_eq!(talk.rows(Kind::File), 32);
}

#[test]
fn an_offer_that_is_no_offer_is_receipted_and_passed_over() {
    let mut talk = Talk::new();
    let good = offer(1).to_bytes().unwrap();
    let too_large = (1_u64 << 31) + 1;
    let mut large = good.clone();
    large[1..9].copy_from_slice(&too_large.to_be_bytes());
    let mut other_aead = good.clone();
    other_aead[1 + 8 + 32 + 32] = 9;
    let nameless = good[..good.len() - "offered".len()].to_vec().into();
    for (n, item) in (0..).zip([large, other_aead, nameless, good[..40].to_vec().into()]) {
        assert!(talk.whole(name(n), item).is_empty());
    }
    assert_eq!(talk.rows(Kind::File), 0);
    assert_eq!(talk.contact().due.len(), 4);
    assert!(talk.whole(name(9), good).iter().any(shows_offer), "in its order");
}

#[test]
fn offers_that_nobody_takes_are_over_after_a_month_on_either_side() {
    let mut talk = Talk::new();
    talk.is_offered(1);
    talk.offer_own(Path::new("/own"));
    assert_eq!(talk.rows(Kind::File), 2);
    assert!(ended(&talk.pass_to(NOW + MONTH - 1)).is_empty());
    let lapsed = FileState::Failed { reason: FileFailure::Lapsed };
    assert_eq!(ended(&talk.pass_to(NOW + MONTH)), [lapsed.clone(), lapsed.clone()]);
    assert_eq!(talk.rows(Kind::File), 0, "the secrets go with them");
    let history = talk.history();
    assert!(history.iter().all(|message| message.file.as_ref().unwrap().state == lapsed));
    let (contact, message) = (talk.contact, MessageId(name(1)));
    let events = talk.command(Command::AcceptFile { contact, message, folder: None });
    assert!(matches!(events[..], [Event::Refused(Refusal::NoOpenFile)]));
}

#[test]
fn what_one_may_not_say_of_a_file_ends_nothing() {
    let mut talk = Talk::new();
    talk.is_offered(1);
    // These are its receiver's to say, and the peer is its sender.
    for (id, answer) in
        (100..).zip([Answer::Accepted, Answer::Complete, Answer::WrongHash, Answer::TooMany])
    {
        assert!(ended(&talk.hears_answer(id, name(1), answer)).is_empty(), "{answer:?}");
    }
    let own = talk.offer_own(Path::new("/own"));
    for (id, answer) in (110..).zip([Answer::Changed, Answer::Unreadable]) {
        assert!(ended(&talk.hears_answer(id, own.0, answer)).is_empty(), "{answer:?}");
    }
    assert_eq!(talk.rows(Kind::File), 2);
}

#[test]
fn what_is_there_of_a_file_that_is_over_is_deleted_also_after_a_crash() {
    let mut talk = Talk::new();
    talk.is_offered(1);
    let (contact, message) = (talk.contact, MessageId(name(1)));
    let folder = Some(PathBuf::from("/in"));
    talk.command(Command::AcceptFile { contact, message, folder });
    let part = PathBuf::from("/in/.offered.part");
    talk.report(message, FileReport::Opened { path: part.clone(), is_new: true });
    let id = [100; 16];
    let taken_back = Item::Answer { target: name(1), answer: Answer::Cancelled };
    let number = talk.number;
    talk.number += 1;
    let kind = content::Kind::Whole { id, number, item: taken_back.to_bytes().unwrap() };
    let peer = talk.core.contacts.values_mut().next().unwrap();
    peer.take_kind(&mut talk.core.ctx, talk.session, NOW, kind);
    let output = talk.core.release().unwrap();
    let stops = |output: &Output| match output {
        Output::File(_, of, FileOrder::Stop { withdraw: true }) => of.message == message,
        _ => false,
    };
    assert!(output.iter().any(stops));
    let leftover = |output: &[Output]| {
        output.iter().find_map(|output| match output {
            Output::Discard(leftover) => Some(leftover.clone()),
            _ => None,
        })
    };
    let left = leftover(&output).unwrap();
    assert_eq!(left.path, part);
    assert_eq!((talk.rows(Kind::File), talk.rows(Kind::Leftover)), (0, 1));
    // A crash before it is deleted: the next life knows of it.
    let Talk { _folder: folder, core, .. } = talk;
    drop(core);
    let (mut core, output) = open_at(folder.path(), [7; 32], NOW);
    assert_eq!(leftover(&output), Some(left.clone()));
    core.handle(Input::Discarded(left.name), NOW).unwrap();
    assert_eq!(core.ctx.profile.rows(Kind::Leftover).unwrap().len(), 0);
    drop(core);
    let (_core, output) = open_at(folder.path(), [7; 32], NOW);
    assert_eq!(leftover(&output), None);
}

#[test]
fn what_was_made_for_a_file_that_is_over_goes_and_never_the_persons_own() {
    let mut talk = Talk::new();
    let discarded = |output: Vec<Output>| {
        let paths = output.into_iter().filter_map(|output| match output {
            Output::Discard(leftover) => Some(leftover.path),
            _ => None,
        });
        paths.collect::<Vec<_>>()
    };
    let source = |path: &str| FileSource { path: path.into(), size: 1, hash: [0; 32], modified: 1 };
    let made = |is_copy| {
        let path = if is_copy { "/copies/00" } else { "/own" };
        FileReport::Prepared { source: source(path), is_copy }
    };
    let stray = || FileReport::Stray("/in/.a.part".into());
    // As long as somebody waits it is in use.
    talk.is_offered(1);
    assert!(discarded(talk.report(MessageId(name(1)), stray())).is_empty());
    let message = MessageId(name(7));
    assert_eq!(discarded(talk.report(message, made(true))), [Path::new("/copies/00")]);
    assert!(discarded(talk.report(message, made(false))).is_empty());
    assert_eq!(discarded(talk.report(message, stray())), [Path::new("/in/.a.part")]);
    let opened = |is_new| FileReport::Opened { path: "/in/.b.part".into(), is_new };
    assert_eq!(discarded(talk.report(message, opened(true))), [Path::new("/in/.b.part")]);
    assert_eq!(talk.rows(Kind::Leftover), 3, "known until it is gone");
    // Those of a contact of another network wait.
    let number = *talk.core.contacts.keys().next().unwrap();
    let contact = talk.core.contacts.remove(&number).unwrap();
    assert!(discarded(talk.report(MessageId(name(1)), stray())).is_empty());
    talk.core.contacts.insert(number, contact);
}
