//! Files in a conversation: what is said of them, and what can be done with them.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bauta::net::client;
use bauta::net::client::Command;
use bauta::net::client::event::FileCard;
use bauta::net::client::event::FileFailure;
use bauta::net::client::event::FileState;
use bauta::net::client::event::FileWait;
use bauta::net::client::event::Message;
use bauta::net::client::event::MessageState;
use egui::DroppedFile;
use egui::DroppedFileHandle;
use egui::HoveredFile;
use egui::Key;
use egui::Modifiers;

use crate::person::Person;
use crate::puppet::conversation;
use crate::puppet::in_foreign_letters;
use crate::puppet::message;
use crate::puppet::name;
use crate::puppet::rook;
use crate::puppet::theirs;

fn file(number: u8, called: &str, of: MessageState, state: FileState) -> Message {
    let file = Some(FileCard { size: 1_234_567, state, source: None });
    Message { file, ..message(number, called, of) }
}

fn offered(called: &str) -> Message {
    file(1, called, MessageState::Received, FileState::Offered)
}

fn is_now(person: &mut Person, state: FileState) {
    person.hears(client::Event::File { contact: rook(), message: name(1), state });
}

#[test]
fn an_offered_file_is_accepted_into_the_folder_that_is_shown() {
    let mut person = conversation([offered("report.pdf")]);
    person.sees("Rook, 04:04, a file, 1.2 MB, offered: report.pdf");
    let folder = client::download_folder().unwrap();
    person.sees(&format!("into {}", folder.display()));
    person.presses("Accept");
    let accept = Command::AcceptFile { contact: rook(), message: name(1), folder: None };
    assert!(person.asked_one() == accept);
    person.presses("Decline");
    assert!(person.asked_one() == Command::CancelFile { contact: rook(), message: name(1) });
}

#[test]
fn a_file_says_how_far_it_got_and_where_it_is() {
    let mut person = conversation([offered("report.pdf")]);
    let left = Some(Duration::from_secs(3));
    is_now(&mut person, FileState::Moving { done: 493_827, left });
    person.sees("40 %, 493.8 KB of 1.2 MB, 3 s left: report.pdf");
    assert!(!person.has("Accept"), "{}", person.names());
    person.presses("Cancel");
    assert!(person.asked_one() == Command::CancelFile { contact: rook(), message: name(1) });
    let why = FileWait::Contact;
    is_now(&mut person, FileState::Waiting { done: 493_827, why });
    person.sees("493.8 KB of 1.2 MB, it waits: the contact's client does not answer");
    is_now(&mut person, FileState::Waiting { done: 0, why: FileWait::Disk });
    person.sees("1.2 MB, it waits: there is no room on the disk, or no such folder");
    person.presses("Try again");
    let again = Command::AcceptFile { contact: rook(), message: name(1), folder: None };
    assert!(person.asked_one() == again);
    let path = Some("/tmp/\u{202e}x/report.pdf".into());
    is_now(&mut person, FileState::Done { path });
    person.sees("complete, its hash is right: report.pdf");
    assert!(person.painted().contains(&"/tmp/x/report.pdf".to_owned()), "{:?}", person.painted());
    assert!(!person.has("Cancel"), "{}", person.names());
    person.clicks("Copy path");
    assert_eq!(person.asked(), []);
}

#[test]
fn why_a_file_does_not_come_is_said() {
    let mut person = conversation([offered("a")]);
    let reason = FileFailure::WrongHash;
    is_now(&mut person, FileState::Failed { reason });
    person.sees("failed: what came is not what was offered; it was thrown away: a");
    is_now(&mut person, FileState::Cancelled { by_contact: true });
    person.sees("cancelled by them: a");
    assert!(!person.has("Accept") && !person.has("Cancel "), "{}", person.names());
}

#[test]
fn a_file_of_ones_own_can_be_taken_back_and_not_edited() {
    let own = file(1, "a.txt", MessageState::Delivered, FileState::Offered);
    let mut person = conversation([own]);
    person.sees("You, 04:04, a file, 1.2 MB, offered, delivered: a.txt");
    assert!(!person.has("Accept"), "{}", person.names());
    person.key(Key::ArrowUp);
    assert!(!person.has("Edit your message"), "{}", person.names());
    person.points_at(": a.txt");
    person.sees("Copy name");
    assert!(!person.has("Edit"), "{}", person.names());
    person.key(Key::Escape);
    person.presses("Take back");
    assert!(person.asked_one() == Command::CancelFile { contact: rook(), message: name(1) });
    is_now(&mut person, FileState::Done { path: None });
    person.sees("1.2 MB, they have it");
}

#[test]
fn a_files_name_is_harmless_and_stands_apart_from_numbers() {
    let mut person = in_foreign_letters([offered("a\u{202e}txt.\u{1b}[2J\nexe"), theirs(2, "hm")]);
    person.sees(": atxt.\u{fffd}[2J exe");
    let painted = person.painted();
    assert!(painted.contains(&"atxt.\u{fffd}[2J exe".to_owned()), "{painted:?}");
    assert!(painted.contains(&"1.2 MB, offered.".to_owned()), "{painted:?}");
}

#[test]
fn the_list_says_that_a_file_came() {
    let person = conversation([offered("report.pdf")]);
    let painted = person.painted();
    assert!(painted.contains(&"a file: report.pdf".to_owned()), "{painted:?}");
}

fn types_path(person: &mut Person, path: &Path) {
    person.keys(Modifiers::COMMAND, Key::O);
    person.sees("Send a file to Rook");
    person.keys(Modifiers::COMMAND, Key::A);
    person.types(path.to_str().unwrap());
}

fn sent(path: &Path, strip: bool) -> Command {
    Command::SendFile { contact: rook(), path: path.into(), strip }
}

#[test]
fn a_file_is_sent_when_its_name_and_size_were_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("re port.pdf");
    fs::write(&path, [0; 1_500]).unwrap();
    let mut person = conversation([theirs(1, "well?")]);
    types_path(&mut person, &folder.path().join("re"));
    person.sees("re port.pdf");
    person.key(Key::Enter);
    assert_eq!(person.asked(), [], "what is not a file was sent");
    person.key(Key::Tab);
    person.sees("1.5 KB, 1,500 bytes");
    assert!(!person.has("Remove what the picture tells"), "{}", person.names());
    person.key(Key::Enter);
    assert!(person.asked_one() == sent(&path, false));
    person.sees_no("Send a file to Rook");
}

#[test]
fn folders_are_gone_through_without_typing() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("plans")).unwrap();
    let path = folder.path().join("plans/a.txt");
    fs::write(&path, b"abc").unwrap();
    let mut person = conversation([theirs(1, "well?")]);
    person.clicks("File");
    person.sees("Path (Tab completes it)");
    person.key(Key::Escape);
    types_path(&mut person, &folder.path().join(""));
    person.sees("plans/");
    person.clicks("plans/");
    person.sees("a.txt");
    person.clicks("a.txt");
    person.sees("3 bytes");
    person.clicks("Send");
    assert!(person.asked_one() == sent(&path, false));
    types_path(&mut person, &folder.path().join("none.txt"));
    person.sees("There is no such file, or it cannot be read.");
    person.presses("Cancel");
    person.sees_no("Send a file to Rook");
}

#[test]
fn a_picture_goes_without_what_it_tells_unless_somebody_wants_it_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("house.jpg");
    fs::write(&path, b"\xff\xd8\xff\xe1").unwrap();
    let mut person = conversation([theirs(1, "well?")]);
    types_path(&mut person, &path);
    person.sees("Remove what the picture tells about where and how it was taken");
    person.sees("The pixels stay as they are");
    person.key(Key::Enter);
    assert!(person.asked_one() == sent(&path, true));
    types_path(&mut person, &path);
    person.sees("Remove what the picture tells");
    person.presses("Remove what the picture tells");
    person.sees("It is sent byte for byte");
    person.presses("Send");
    assert!(person.asked_one() == sent(&path, false));
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("a path is enough".into())
    }
}

#[test]
fn a_drop_says_first_what_it_will_do_and_to_whom() {
    let folder = tempfile::tempdir().unwrap();
    let [a, b] = ["a.txt", "b.txt"].map(|name| folder.path().join(name));
    for path in [&a, &b] {
        fs::write(path, b"abc").unwrap();
    }
    let mut person = conversation([theirs(1, "well?")]);
    let held = HoveredFile { path: Some(a.clone()), ..HoveredFile::default() };
    person.window.input_mut().hovered_files = vec![held; 2];
    person.settle();
    let painted = person.painted();
    for said in ["Drop to send to Rook", "a.txt", "and 1 more"] {
        assert!(painted.iter().any(|text| text == said), "{said}: {painted:?}");
    }
    person.window.input_mut().hovered_files.clear();
    let dropped = |path: &PathBuf| -> DroppedFileHandle { Arc::new(Dropped(path.clone())) };
    person.window.input_mut().dropped_files = [&a, &b].map(dropped).into();
    person.settle();
    person.sees("1 more after this one.");
    person.sees("3 bytes");
    assert_eq!(person.asked(), [], "a drop sent something");
    person.key(Key::Enter);
    assert!(person.asked_one() == sent(&a, false));
    person.sees("b.txt");
    person.sees("3 bytes");
    person.key(Key::Enter);
    assert!(person.asked_one() == sent(&b, false));
    person.sees_no("Send a file to Rook");
}

#[test]
fn a_picture_is_shown_when_somebody_asks_and_not_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("house.PNG");
    image::RgbImage::new(40, 20).save_with_format(&path, image::ImageFormat::Png).unwrap();
    let there = FileState::Done { path: Some(path.clone()) };
    let mut person = conversation([file(1, "house.PNG", MessageState::Received, there)]);
    person.sees("Show picture");
    let images = |person: &Person| person.window.ctx.tex_manager().read().num_allocated();
    let before = images(&person);
    person.clicks("Show picture");
    person.sees("Hide picture");
    assert_eq!(images(&person), before + 1);
    person.clicks("Hide picture");
    person.sees("Show picture");
    // What is called a picture need not be one.
    fs::write(&path, b"no picture").unwrap();
    person.clicks("Show picture");
    person.until("reason", |it| {
        it.painted().iter().any(|text| text.starts_with("It is no JPEG, PNG or WebP"))
    });
    assert_eq!(images(&person), before);
}

#[test]
fn only_what_is_called_a_picture_and_is_there_can_be_shown() {
    let path = Some("/tmp/a.txt".into());
    let text = file(1, "a.txt", MessageState::Received, FileState::Done { path });
    let offered = file(2, "b.png", MessageState::Received, FileState::Offered);
    let mut own = file(3, "c.webp", MessageState::Delivered, FileState::Offered);
    let mut person = conversation([text, offered, own.clone()]);
    assert!(!person.has("Show picture"), "{}", person.names());
    own.file.as_mut().unwrap().source = Some("/tmp/c.webp".into());
    person.hears(client::Event::Changed(own));
    person.sees("Show picture");
}
