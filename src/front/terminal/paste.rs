//! A text of several lines, as it is collected between `/paste` and `/end`.

use crate::id::Id;
use crate::net::client::event::MAX_TEXT_LEN;

/// The lines so far.
pub(super) struct Paste {
    contact: Id,
    text: String,
    lines: u64,
    /// How many bytes were typed; the text is gone when they are more than a message can have.
    len: usize,
    cut: bool,
}

/// What a paste came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pasted {
    /// A text for somebody.
    Text(Id, String),
    /// Nothing but white space.
    Empty,
    /// This many bytes, more than a message can have.
    TooLong(usize),
    /// A line that did not come whole.
    Cut,
}

impl Paste {
    /// Nothing yet. The text goes to whom lines go to now, whatever happens until its end.
    pub(super) fn new(contact: Id) -> Self {
        Self { contact, text: String::new(), lines: 0, len: 0, cut: false }
    }

    /// One more line.
    pub(super) fn line(&mut self, line: &str) {
        let line_break = if self.lines == 0 { "" } else { "\n" };
        self.lines += 1;
        self.len = self.len.saturating_add(line_break.len() + line.len());
        if self.len > MAX_TEXT_LEN {
            self.text = String::new();
            return;
        }
        self.text.push_str(line_break);
        self.text.push_str(line);
    }

    /// A line came that was not whole.
    pub(super) fn cut(&mut self) {
        self.cut = true;
    }

    /// The end.
    pub(super) fn end(self) -> Pasted {
        match self.len {
            _ if self.cut => Pasted::Cut,
            len if len > MAX_TEXT_LEN => Pasted::TooLong(len),
            _ if self.text.trim().is_empty() => Pasted::Empty,
            _ => Pasted::Text(self.contact, self.text),
        }
    }
}

/// The line that ends a paste.
pub(super) const END: &str = "/end";

#[cfg(test)]
mod tests {
    use super::super::tests::contact;
    use super::*;

    fn pasted(lines: &[&str]) -> Pasted {
        let mut paste = Paste::new(contact(1).id);
        lines.iter().for_each(|line| paste.line(line));
        paste.end()
    }

    #[test]
    fn lines_are_kept_as_they_are() {
        let expected = Pasted::Text(contact(1).id, "\n a\n\n/quit".into());
        assert_eq!(pasted(&["", " a", "", "/quit"]), expected);
        for nothing in [&[][..], &[""], &["", " \t"]] {
            assert_eq!(pasted(nothing), Pasted::Empty);
        }
    }

    #[test]
    fn a_text_is_as_long_as_it_may_be_and_no_longer() {
        let half = "a".repeat(MAX_TEXT_LEN / 2);
        assert!(
            matches!(pasted(&[&half, &half[1..]]), Pasted::Text(_, text) if text.len() == MAX_TEXT_LEN)
        );
        assert_eq!(pasted(&[&half, &half]), Pasted::TooLong(MAX_TEXT_LEN + 1));
        assert_eq!(pasted(&[&half, &half, &half]), Pasted::TooLong(half.len() * 3 + 2));
    }

    #[test]
    fn a_text_that_did_not_come_whole_is_not_sent() {
        let mut paste = Paste::new(contact(1).id);
        paste.line("a");
        paste.cut();
        assert_eq!(paste.end(), Pasted::Cut);
    }
}
