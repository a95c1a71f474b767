//! Two people whose messages must all arrive, once and in order, whatever happens to the relay, to
//! a client, or between them.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::processes::Person;
use crate::processes::client;
use crate::processes::received;
use crate::processes::talk;

/// Two people who write to each other, and what they have written.
pub(crate) struct Pair {
    pub(crate) people: [Person; 2],
    written: [Vec<String>; 2],
}

impl Pair {
    pub(crate) fn meet(folder: &Path, place: &str) -> Self {
        Self::meet_by([client(), client()], folder, place)
    }

    /// The same, with clients that these commands start.
    pub(crate) fn meet_by([a, b]: [Command; 2], folder: &Path, place: &str) -> Self {
        let mut a = Person::by(a, &folder.join("a"), place, &[]);
        let mut b = Person::by(b, &folder.join("b"), place, &[]);
        a.connected();
        b.connected();
        talk(&mut a, &mut b);
        Self { people: [a, b], written: Default::default() }
    }

    /// Each says one thing.
    pub(crate) fn speak(&mut self) {
        let [a, b] = &mut self.people;
        let (a_id, b_id) = (a.id.clone(), b.id.clone());
        for ((person, to), written) in [(a, b_id), (b, a_id)].into_iter().zip(&mut self.written) {
            let text = format!("text {}", written.len());
            person.send(&to, &text);
            written.push(text);
        }
    }

    /// Nobody waits for the pause that grows with each failure.
    pub(crate) fn reconnect(&mut self) {
        for person in &mut self.people {
            person.tell(&json!({"command": "reconnect"}));
        }
    }

    /// Waits until the last text of each is with the other.
    pub(crate) fn hear(&mut self) {
        let [a, b] = &mut self.people;
        let (a_id, b_id) = (a.id.clone(), b.id.clone());
        let [by_a, by_b] = &self.written;
        b.hears(&a_id, by_a.last().unwrap());
        a.hears(&b_id, by_b.last().unwrap());
    }

    /// Everything arrives, once and in order, and both know it. How much that was.
    pub(crate) fn part(mut self) -> usize {
        self.reconnect();
        self.hear();
        let [a, b] = &mut self.people;
        let (a_id, b_id) = (a.id.clone(), b.id.clone());
        let [by_a, by_b] = &self.written;
        a.delivered(&b_id, by_a.last().unwrap());
        b.delivered(&a_id, by_b.last().unwrap());
        self.end()
    }

    /// Everything that was heard came once and in order. How much that was.
    pub(crate) fn end(self) -> usize {
        let Self { people: [a, b], written: [by_a, by_b] } = self;
        let (a_id, b_id) = (a.id.clone(), b.id.clone());
        // The first text is what they met with.
        assert_eq!(received(&b.quit(), &a_id)[1..], by_a);
        assert_eq!(received(&a.quit(), &b_id)[1..], by_b);
        by_a.len() + by_b.len()
    }
}
