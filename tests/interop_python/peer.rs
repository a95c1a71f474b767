//! Who answers: a Python process, or the transcript of one.

use std::collections::VecDeque;
use std::env;
use std::fs;
use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Child;
use std::process::ChildStdin;
use std::process::Command;
use std::process::Stdio;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;

use bauta::crypto::hash;

use super::environment;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A longer word is written as its hash in a transcript: this side makes it again.
const LONG: usize = 128;

pub(crate) struct Peer {
    source: Source,
    /// What was said, if it shall be written.
    transcript: Option<(PathBuf, String)>,
}

enum Source {
    Python { child: Child, stdin: ChildStdin, lines: Receiver<String> },
    Transcript(VecDeque<String>),
}

impl Peer {
    /// A process that runs a script; `None` without Python.
    pub(crate) fn python(script: &str) -> Option<Self> {
        let mut child = Command::new(environment::python()?)
            // No compiled files beside the sources.
            .arg("-B")
            .arg(format!("{}/{script}.py", environment::PEERS))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            let lines = BufReader::new(stdout).lines().map_while(Result::ok);
            lines.map(|line| sender.send(line)).take_while(Result::is_ok).for_each(drop);
        });
        Some(Self { source: Source::Python { child, stdin, lines }, transcript: None })
    }

    /// The transcript of a script's process; with `BAUTA_WRITE_TRANSCRIPTS`, a process whose
    /// transcript is written.
    pub(crate) fn transcript(script: &str, name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
        if env::var_os("BAUTA_WRITE_TRANSCRIPTS").is_some() {
            let peer = Self::python(script).expect("transcripts are written with Python");
            return Self { transcript: Some((path, String::new())), ..peer };
        }
        let text = fs::read_to_string(path).unwrap();
        let lines = text.lines().map(str::to_owned).collect();
        Self { source: Source::Transcript(lines), transcript: None }
    }

    /// What a line is answered with, as byte strings; how many, the caller knows.
    pub(crate) fn ask<const N: usize>(
        &mut self,
        verb: &str,
        words: &[impl AsRef<str>],
    ) -> [Vec<u8>; N] {
        let answer = self.answer(verb, words, true);
        let results = answer.strip_prefix("ok").unwrap_or_else(|| panic!("{verb}: {answer}"));
        let results: Vec<_> = results.split_whitespace().map(bytes).collect();
        results.try_into().unwrap_or_else(|_| panic!("{verb}: not {N} results"))
    }

    /// Says a line whose answer gets lost on its way.
    pub(crate) fn lose(&mut self, verb: &str, words: &[impl AsRef<str>]) {
        assert_eq!(self.answer(verb, words, false), "ok");
    }

    /// Says a line that is refused.
    #[track_caller]
    pub(crate) fn refuses(&mut self, verb: &str, words: &[impl AsRef<str>], why: &str) {
        assert_eq!(self.answer(verb, words, true), format!("refused {why}"));
    }

    fn answer(&mut self, verb: &str, words: &[impl AsRef<str>], whole: bool) -> String {
        let words = words.iter().map(AsRef::as_ref);
        let line = std::iter::once(verb).chain(words).collect::<Vec<_>>().join(" ");
        let said = format!("> {}", words_of_transcript(&line));
        let answer = match &mut self.source {
            Source::Python { stdin, lines, .. } => {
                writeln!(stdin, "{line}").unwrap();
                lines.recv_timeout(PATIENCE).expect("an answer in time")
            }
            Source::Transcript(lines) => {
                assert_eq!(Some(&said), lines.pop_front().as_ref());
                lines.pop_front().unwrap().strip_prefix("< ").unwrap().to_owned()
            }
        };
        let answer = match answer.split_once(' ') {
            Some(("ok", _)) if !whole => "ok".to_owned(),
            _ => answer,
        };
        if let Some((_, text)) = &mut self.transcript {
            text.push_str(&format!("{said}\n< {answer}\n"));
        }
        answer
    }

    /// The end of the conversation: nothing in a transcript is left over.
    pub(crate) fn end(self) {
        if let Some((path, text)) = self.transcript {
            fs::write(path, text).unwrap();
        }
        match self.source {
            Source::Python { mut child, stdin, .. } => {
                drop(stdin);
                assert!(child.wait().unwrap().success());
            }
            Source::Transcript(lines) => assert!(lines.is_empty(), "{lines:?}"),
        }
    }
}

fn words_of_transcript(line: &str) -> String {
    let words = line.split(' ').map(|word| match word.len() {
        0..=LONG => word.to_owned(),
        _ => format!("sha256:{}", hex(&hash::sha256(&[word.as_bytes()]))),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// An empty byte string is a dash.
pub(crate) fn hex(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "-".to_owned();
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(word: &str) -> Vec<u8> {
    let digits = word.trim_matches('-').as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}
