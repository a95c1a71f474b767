//! What others wrote, made harmless before anybody is shown it: it can neither move a cursor, nor
//! colour, nor make what stands around it read backwards.
//!
//! | in the text | what is shown |
//! |---|---|
//! | a line break of any kind, CR LF counted once | what the front shows between lines |
//! | tab | a space |
//! | bidirectional controls and marks | nothing |
//! | other controls, annotations, tags | U+FFFD |
//!
//! Sources: Unicode 16, UAX #9 (bidirectional controls) and chapter 23 (special areas).

/// The text with `line_break` between its lines.
pub(crate) fn plain(text: &str, line_break: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut after_return = false;
    for c in text.chars() {
        match c {
            '\n' if after_return => {}
            c if breaks(c) => plain.push_str(line_break),
            '\t' => plain.push(' '),
            c if reorders(c) => {}
            c if c.is_control() || annotates(c) => plain.push(char::REPLACEMENT_CHARACTER),
            c => plain.push(c),
        }
        after_return = c == '\r';
    }
    plain
}

/// Unicode 16, section 5.8, table 5-1: the characters that end a line or a paragraph.
fn breaks(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escape_sequences_do_not_survive() {
        let text = "a\u{1b}[31mb\u{7}\u{9b}c\0";
        assert_eq!(plain(text, "\n"), "a\u{fffd}[31mb\u{fffd}\u{fffd}c\u{fffd}");
    }

    #[test]
    fn what_reorders_or_hides_is_gone() {
        assert_eq!(plain("abc\u{202e}12:30\u{2066}\u{200f}\u{61c}", "\n"), "abc12:30");
        assert_eq!(plain("a\u{feff}b\u{fff9}", "\n"), "a\u{fffd}b\u{fffd}");
        let kept = "שלום 12 👩\u{200d}💻";
        assert_eq!(plain(kept, "\n"), kept);
    }

    #[test]
    fn every_line_break_is_the_one_that_is_asked_for() {
        for end in ["\n", "\r", "\r\n", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}"] {
            assert_eq!(plain(&format!("a{end}b\tc"), " / "), "a / b c", "{end:?}");
        }
        assert_eq!(plain("a\n\nb\r\r", "\n"), "a\n\nb\n\n");
    }

    proptest! {
        #[test]
        fn nothing_but_printable_text_and_own_breaks_is_left(text in any::<String>()) {
            for line_break in ["\n", "\n  | ", " "] {
                for line in plain(&text, line_break).split(line_break) {
                    prop_assert!(!line.chars().any(|c| c.is_control() || reorders(c)));
                }
            }
        }
    }
}
