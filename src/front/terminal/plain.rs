//! Peer text made harmless for a terminal: it can neither move the cursor, nor colour, nor reorder
//! or imitate the lines around it.

/// The text with control characters replaced and bidirectional controls taken out; what follows a
/// line break is indented behind a bar, so that no text can look like another message.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut after_return = false;
    for c in text.chars() {
        match c {
            '\n' if after_return => {}
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                plain.push_str(CONTINUED);
            }
            '\t' => plain.push(' '),
            c if reorders(c) => {}
            c if c.is_control() || annotates(c) => plain.push(char::REPLACEMENT_CHARACTER),
            c => plain.push(c),
        }
        after_return = c == '\r';
    }
    plain
}

/// Unicode 16, UAX #9, table 4: the explicit directional controls, and the implicit marks.
fn reorders(c: char) -> bool {
    let marks = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}');
    marks || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Interlinear annotation and tag characters: invisible, and never part of a text.
fn annotates(c: char) -> bool {
    matches!(c, '\u{fff9}'..='\u{fffb}' | '\u{e0001}' | '\u{feff}')
}

/// What stands between two lines of one message.
const CONTINUED: &str = "\n      | ";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escape_sequences_do_not_survive() {
        assert_eq!(plain("a\u{1b}[31mb\u{7}\u{9b}c\0"), "a\u{fffd}[31mb\u{fffd}\u{fffd}c\u{fffd}");
        assert_eq!(plain("abc\u{202e}12:30\u{2066}\u{200f}"), "abc12:30");
        assert_eq!(plain("a\tb"), "a b");
        assert_eq!(plain("שלום 12 👩\u{200d}💻"), "שלום 12 👩\u{200d}💻");
    }

    #[test]
    fn no_text_starts_a_line_of_its_own() {
        for text in ["a\n14:03 Rook: b", "a\r\n14:03 Rook: b", "a\u{2028}14:03 Rook: b"] {
            assert_eq!(plain(text), "a\n      | 14:03 Rook: b");
        }
    }

    proptest! {
        #[test]
        fn nothing_but_printable_text_and_own_breaks_is_left(text in any::<String>()) {
            for line in plain(&text).split(CONTINUED) {
                prop_assert!(!line.chars().any(|c| c.is_control() || reorders(c)));
            }
        }
    }
}
