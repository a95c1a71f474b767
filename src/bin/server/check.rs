//! `server -check`: what in a store is not what was written.

use bauta::args::Server;
use bauta::args::StoreChoice;
use bauta::net::server::store::Embedded;

use super::say;
use super::sentence::chain;

/// Reads the whole store and says what is damaged, by rows: nothing here names a mailbox.
///
/// # Errors
/// A sentence: the store cannot be read, or something in it is damaged.
pub(crate) fn run(asked: &Server) -> Result<(), String> {
    let StoreChoice::Sqlite(path) = &asked.store else { return Ok(()) };
    let checked = Embedded::check(path).map_err(|error| chain(&error))?;
    let mut text = format!(
        "{}: {} envelopes, {} mailboxes\n",
        path.display(),
        checked.envelopes,
        checked.mailboxes
    );
    for line in &checked.structure {
        text.push_str(&format!("damaged: the structure of its file: {line}\n"));
    }
    for damage in &checked.damage {
        text.push_str(&format!("damaged: {damage}\n"));
    }
    if checked.is_sound() {
        text.push_str("all of it is as it was written\n");
    }
    say::line(&text);
    match checked.is_sound() {
        true => Ok(()),
        false => Err(format!(
            "{} is damaged; what is not named above is served as before, docs/OPERATING.md says \
             what to do",
            path.display()
        )),
    }
}
