//! Peer text made harmless for a terminal: it can neither move the cursor, nor colour, nor reorder
//! or imitate the lines around it.

/// The text with every line but the first indented behind a bar, so that no text can look like
/// another message.
pub(super) fn plain(text: &str) -> String {
    crate::plain::plain(text, CONTINUED)
}

/// What stands between two lines of one message.
const CONTINUED: &str = "\n      | ";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_text_starts_a_line_of_its_own() {
        for text in ["a\n14:03 Rook: b", "a\r\n14:03 Rook: b", "a\u{2028}14:03 Rook: b"] {
            assert_eq!(plain(text), "a\n      | 14:03 Rook: b");
        }
    }

    proptest! {
        #[test]
        fn every_line_but_the_first_stands_behind_a_bar(text in any::<String>()) {
            for line in plain(&text).split('\n').skip(1) {
                prop_assert!(line.starts_with("      | "));
            }
        }
    }
}
