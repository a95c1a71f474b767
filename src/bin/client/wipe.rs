//! Destroying a profile, after a question.

use std::io;
use std::io::BufRead as _;
use std::io::Read as _;
use std::io::Write as _;

use bauta::args;
use bauta::args::Client;
use bauta::net::client;

use super::options;

/// Asks, and destroys the profile if the answer is the one word that says so.
///
/// # Errors
/// A sentence and the exit code.
pub(crate) fn run(asked: &Client) -> Result<(), (String, u8)> {
    let failed = |sentence: String| (sentence, args::EXIT_FAILED);
    let Some(folder) = options::folder(&asked.profile).map_err(failed)? else { return Ok(()) };
    client::can_be_wiped(&folder).map_err(|error| failed(error.to_string()))?;
    let question = format!(
        "Everything in {} is destroyed for good: the ID, all contacts, all messages. Contacts are \
         not told, and requests lapse by themselves.\nType {YES} to destroy it: ",
        folder.display()
    );
    if answer(&question).map_err(|error| failed(error.to_string()))?.trim() != YES {
        return Err(failed(format!("the answer was not {YES}; nothing was changed")));
    }
    client::wipe(&folder).map_err(|error| failed(error.to_string()))?;
    // Nobody may be reading it.
    let _ = writeln!(io::stdout(), "{} is wiped.", folder.display());
    Ok(())
}

fn answer(question: &str) -> io::Result<String> {
    let mut output = io::stdout();
    output.write_all(question.as_bytes())?;
    output.flush()?;
    let mut line = String::new();
    io::stdin().lock().take(MAX_ANSWER).read_line(&mut line)?;
    Ok(line)
}

const YES: &str = "wipe";
const MAX_ANSWER: u64 = 256;
