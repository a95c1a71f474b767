//! What the threads say.

use tokio::sync::mpsc;

use super::Files;
use super::disk::Tell;
use super::disk::Told;
use super::outgoing;
use crate::net::client::core::FileName;
use crate::net::client::core::FileReport;
use crate::net::client::core::FileSource;
use crate::net::client::event::Event;
use crate::net::client::event::FileState;

/// What a thread says.
pub(in crate::net::client) struct Word {
    of: FileName,
    serial: u64,
    told: Told,
}

impl Files {
    /// What a thread says. May be dropped and asked again.
    pub(in crate::net::client) async fn word(&mut self) -> Option<Word> {
        loop {
            let (of, put) = tokio::select! {
                word = self.words.recv() => return word,
                solved = self.works.solved() => match solved {
                    Some(solved) => solved,
                    None => continue,
                },
            };
            let serial = 0;
            return Some(Word { of, serial, told: Told::Proven(Box::new(put)) });
        }
    }

    /// Takes a word in, and what else is there to be heard.
    pub(in crate::net::client) fn hear(&mut self, word: Word) {
        self.hear_one(word);
        for _ in 0..WORDS_AT_ONCE {
            let Ok(word) = self.words.try_recv() else { return };
            self.hear_one(word);
        }
    }

    fn hear_one(&mut self, Word { of, serial, told }: Word) {
        let now = self.now();
        if let Told::Proven(put) = told {
            let line = self.lines.get(&of).filter(|line| self.up.contains(line));
            self.farewells.extend(line.map(|line| (*line, *put)));
        } else if self.preparing.get(&of) == Some(&serial) {
            self.hear_preparing(of, told);
        } else if let Some(outgoing) =
            self.outgoing.get_mut(&of).filter(|file| file.serial == serial)
        {
            match outgoing::cells(told) {
                Ok(cells) => outgoing.told(cells),
                Err(Told::Failed(failure)) => self.report(of, FileReport::Failed(failure)),
                Err(_) => {}
            }
        } else if self.incoming.get(&of).is_some_and(|file| file.serial == serial) {
            self.hear_incoming(of, told, now);
        } else {
            self.hear_late(of, told);
        }
    }

    /// A thread has made something, and was stopped meanwhile.
    fn hear_late(&mut self, of: FileName, told: Told) {
        match told {
            Told::Prepared(FileSource { path, .. }, true) | Told::Opened(path, true) => {
                self.report(of, FileReport::Stray(path));
            }
            _ => {}
        }
    }

    fn hear_preparing(&mut self, of: FileName, told: Told) {
        match told {
            Told::Hashing(done) => {
                let FileName { contact, message } = of;
                let state = FileState::Preparing { done };
                self.events.push(Event::File { contact, message, state });
            }
            Told::Prepared(source, is_copy) => {
                self.preparing.remove(&of);
                // The core says what it is now before these would be told.
                let is_stale = |event: &mut Event| is_preparing(event, of);
                self.events.extract_if(.., is_stale).for_each(drop);
                self.report(of, FileReport::Prepared { source, is_copy });
            }
            Told::Failed(failure) => {
                self.preparing.remove(&of);
                self.report(of, FileReport::Failed(failure));
            }
            _ => {}
        }
    }

    fn hear_incoming(&mut self, of: FileName, told: Told, now: u64) {
        let is_up = self.is_up(of);
        let Some(incoming) = self.incoming.get_mut(&of) else { return };
        match told {
            Told::Opened(path, is_new) => {
                incoming.opened(path.clone(), is_new, is_up);
                self.report(of, FileReport::Opened { path, is_new });
            }
            Told::NoPlace(wait) => {
                self.stop(of);
                self.report(of, FileReport::NoPlace(wait));
            }
            Told::Wrote(count, indices) => {
                incoming.looked_at(count);
                incoming.receiving.wrote(&indices, now);
            }
            Told::Synced => {
                let durable = incoming.receiving.synced();
                self.report(of, FileReport::Durable(durable));
            }
            Told::Full(count) => {
                incoming.looked_at(count);
                incoming.receiving.is_full(now);
            }
            Told::Finished(path) => {
                self.stop(of);
                self.report(of, FileReport::Finished(path));
            }
            Told::Failed(failure) => {
                self.stop(of);
                self.report(of, FileReport::Failed(failure));
            }
            Told::Hashing(_) | Told::Prepared(..) | Told::Sealed(_) | Told::Proven(_) => {}
        }
    }
}

/// Whether an event says that a file is being read.
fn is_preparing(event: &Event, of: FileName) -> bool {
    matches!(event, Event::File { contact, message, state: FileState::Preparing { .. } }
        if (*contact, *message) == (of.contact, of.message))
}

/// How a thread speaks to the driver.
pub(super) fn voice(teller: &mpsc::UnboundedSender<Word>, of: FileName, serial: u64) -> Tell {
    let teller = teller.clone();
    Box::new(move |told| teller.send(Word { of, serial, told }).is_ok())
}

/// Words that are heard before anything else is done.
const WORDS_AT_ONCE: usize = 64;
