//! Standard input as lines of bounded length, whatever is piped into it.

use std::io;
use std::io::BufRead;

use tokio::sync::mpsc;

use crate::net::client::event::MAX_TEXT_LEN;

/// A line of input without its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Text.
    Text(String),
    /// More bytes than a line may have (6,295,552); they are gone.
    TooLong,
    /// Bytes that are not UTF-8.
    NotText,
}

/// Reads standard input on a thread of its own: a read cannot be cancelled, and a pool that waits
/// for it would keep the process from ending.
pub(super) fn standard_input() -> mpsc::Receiver<Line> {
    let (sender, receiver) = mpsc::channel(WAITING_LINES);
    std::thread::spawn(move || {
        let mut input = io::stdin().lock();
        while let Ok(Some(line)) = next_line(&mut input) {
            if sender.blocking_send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

/// The next line; `None` at the end of the input.
fn next_line(input: &mut impl BufRead) -> io::Result<Option<Line>> {
    let (mut line, mut too_long, mut any) = (Vec::new(), false, false);
    loop {
        let buffer = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            buffer => buffer?,
        };
        if buffer.is_empty() {
            return Ok(any.then(|| finished(line, too_long)));
        }
        any = true;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let part = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
        too_long |= line.len() + part.len() > MAX_LINE_LEN;
        if too_long {
            line = Vec::new();
        } else {
            line.extend_from_slice(part);
        }
        let used = part.len() + usize::from(end.is_some());
        input.consume(used);
        if end.is_some() {
            return Ok(Some(finished(line, too_long)));
        }
    }
}

fn finished(mut line: Vec<u8>, too_long: bool) -> Line {
    if too_long {
        return Line::TooLong;
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    String::from_utf8(line).map_or(Line::NotText, Line::Text)
}

/// The longest text in JSON's longest spelling, with 4,096 bytes for the object around it: RFC
/// 8259, section 7, escapes one byte of a text as `\u00XX`, six bytes.
pub(super) const MAX_LINE_LEN: usize = 6 * MAX_TEXT_LEN + 4096;
/// Lines that wait while the client is busy; more wait in the pipe. With the one being read and the
/// one being sent that is four: 25 MB, if all are as long as they may be.
const WAITING_LINES: usize = 2;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::io::BufReader;

    use super::*;

    fn lines(bytes: &[u8], buffer: usize) -> Vec<Line> {
        let mut input = BufReader::with_capacity(buffer, bytes);
        core::iter::from_fn(|| next_line(&mut input).unwrap()).collect()
    }

    #[test]
    fn lines_end_anywhere_in_a_buffer() {
        for buffer in [1, 2, 3, 100] {
            let expected = ["a", "", "é", "last"].map(|text| Line::Text(text.into()));
            assert_eq!(lines("a\n\né\r\nlast".as_bytes(), buffer), expected);
        }
        assert_eq!(lines(b"", 8), []);
    }

    #[test]
    fn a_long_line_is_one_and_the_next_is_whole() {
        let mut bytes = vec![b'a'; MAX_LINE_LEN];
        assert_eq!(lines(&bytes, 8192), [Line::Text("a".repeat(MAX_LINE_LEN))]);
        bytes.extend_from_slice(b"a\nb\n\xff\n");
        let expected = [Line::TooLong, Line::Text("b".into()), Line::NotText];
        assert_eq!(lines(&bytes, 8192), expected);
        assert_eq!(lines(&bytes, 1), expected);
    }

    #[test]
    fn the_longest_text_fits_in_every_spelling() {
        let escaped = r"\u0000".repeat(MAX_TEXT_LEN);
        let names = "\"contact\":\"\",\"message\":\"\",\"text\":\"\"".len() + 56 + 32;
        assert!(escaped.len() + names < MAX_LINE_LEN);
        assert_eq!(MAX_LINE_LEN, 6_295_552);
    }
}
