//! Names of files that others chose, made safe: the file appears in the folder that was meant, under
//! a name that no system takes for anything else, and never in the place of another file.
//!
//! | in the name | what becomes of it |
//! |---|---|
//! | what stands before the last `/` or `\` | goes |
//! | controls, directional marks, `< > : " \| ? *` and `;` `$` `` ` `` `&` `'` | `_` |
//! | dots and spaces at either end, `-` at the beginning | go |
//! | a name that Windows keeps for a device | `_` before it |
//! | more than 200 bytes | cut before the extension |
//! | nothing left | `file` |

/// The name under which a file may appear.
pub(super) fn safe(offered: &str) -> String {
    let last = offered.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().map(|c| if is_bad(c) { '_' } else { c }).collect();
    let trimmed = plain.trim_start_matches(|c: char| c == '.' || c == '-' || c.is_whitespace());
    let trimmed = trimmed.trim_end_matches(|c: char| c == '.' || c.is_whitespace());
    let named = if trimmed.is_empty() { "file" } else { trimmed };
    let (stem, extension) = parts(named);
    let marked = if is_device(stem) { format!("_{named}") } else { named.to_owned() };
    let (stem, _) = parts(&marked);
    let short = cut(stem, MAX_LEN.saturating_sub(extension.len()));
    // What was cut may end in a space or a dot now.
    let short = short.trim_end_matches(|c: char| c == '.' || c.is_whitespace());
    format!("{short}{extension}")
}

/// The name, and the names that it has instead where there is a file of that name already.
pub(super) fn candidates(name: &str) -> impl Iterator<Item = String> {
    let (stem, extension) = parts(name);
    let numbered = (2..=MOST).map(move |number| {
        let mark = format!(" ({number})");
        let room = MAX_LEN.saturating_sub(mark.len() + extension.len());
        format!("{}{mark}{extension}", cut(stem, room))
    });
    core::iter::once(name.to_owned()).chain(numbered)
}

/// The name of a file that is not complete: hidden, the same after a restart, and no other file's.
pub(super) fn unfinished(name: &str, of: &[u8; 16]) -> String {
    format!(".{}.{:032x}.part", cut(name, MAX_LEN), u128::from_be_bytes(*of))
}

/// The stem and the extension with its dot. What is too long for an extension is none.
fn parts(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 && name.len() - at <= MAX_EXTENSION => name.split_at(at),
        _ => (name, ""),
    }
}

fn cut(text: &str, len: usize) -> &str {
    text.get(..text.floor_char_boundary(len)).unwrap_or(text)
}

fn is_bad(c: char) -> bool {
    let reorders = matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}');
    let hides = matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}');
    let tags = matches!(c, '\u{e0000}'..='\u{e007f}' | '\u{ad}' | '\u{180e}');
    // Reserved by Windows, and what shells act on.
    let reserved = matches!(
        c,
        '<' | '>' | ':' | '"' | '|' | '?' | '*' | ';' | '$' | '`' | '&' | '\'' | '%' | '!' | '~'
    );
    c.is_control() || reorders || hides || tags || reserved
}

/// Names of devices, whatever the extension; what stands before the first dot counts.
fn is_device(stem: &str) -> bool {
    let first = stem.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered = |prefix: &str| {
        let number = first.strip_prefix(prefix).and_then(|rest| {
            let mut rest = rest.chars();
            rest.next().filter(|_| rest.next().is_none())
        });
        number.is_some_and(|c| matches!(c, '0'..='9' | '¹' | '²' | '³'))
    };
    matches!(first.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$")
        || numbered("COM")
        || numbered("LPT")
}

/// The longest name in bytes: what file systems allow (255), without what is added to it.
const MAX_LEN: usize = 200;
/// The longest extension in bytes, its dot included.
const MAX_EXTENSION: usize = 20;
/// How many files may have the same name but for a number.
const MOST: u32 = 9_999;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hostile_names_become_harmless_ones() {
        for (offered, name) in [
            ("report.pdf", "report.pdf"),
            ("Grüße 2026.txt", "Grüße 2026.txt"),
            ("../../etc/passwd", "passwd"),
            ("/etc/cron.d/x", "x"),
            ("..\\..\\boot.ini", "boot.ini"),
            ("C:\\Windows\\a.exe", "a.exe"),
            ("..", "file"),
            (".", "file"),
            ("", "file"),
            ("/", "file"),
            ("   ", "file"),
            (".bashrc", "bashrc"),
            ("-rf", "rf"),
            ("--help.txt", "help.txt"),
            ("a\0b.txt", "a_b.txt"),
            ("x; rm -rf ~", "x_ rm -rf _"),
            ("$(reboot).sh", "_(reboot).sh"),
            ("`id`&&'x'|y", "_id____x__y"),
            ("a\u{1b}[31m.txt", "a_[31m.txt"),
            ("a\nb\r\n.txt", "a_b__.txt"),
            ("photo\u{202e}gpj.exe", "photo_gpj.exe"),
            ("CON", "_CON"),
            ("con.txt", "_con.txt"),
            ("Aux .c", "_Aux.c"),
            ("LPT1.tar.gz", "_LPT1.tar.gz"),
            ("COM10", "COM10"),
            ("console", "console"),
            ("name. . .", "name"),
            ("a:b*c?.txt", "a_b_c_.txt"),
        ] {
            assert_eq!(safe(offered), name, "{offered:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let name = safe(&format!("{}.tar.gz", "é".repeat(120)));
        assert!(name.len() <= MAX_LEN && name.ends_with("é.gz"), "{name}");
        let name = safe(&format!("a.{}", "x".repeat(300)));
        assert_eq!(name.len(), MAX_LEN);
    }

    #[test]
    fn there_is_always_another_name() {
        let names: Vec<_> = candidates("a.txt").take(3).collect();
        assert_eq!(names, ["a.txt", "a (2).txt", "a (3).txt"]);
        let long = safe(&format!("{}.txt", "x".repeat(300)));
        assert!(candidates(&long).all(|name| name.len() <= MAX_LEN && name.ends_with(".txt")));
    }

    proptest! {
        #[test]
        fn no_name_is_too_strange(offered in any::<String>()) {
            let name = safe(&offered);
            prop_assert!((1..=MAX_LEN).contains(&name.len()));
            prop_assert!(!name.contains(['/', '\\', '\0']) && !name.chars().any(is_bad));
            prop_assert!(!name.starts_with(['.', '-', ' ']) && !name.ends_with(['.', ' ']));
            prop_assert_eq!(safe(&name), name.clone(), "a safe name stays as it is");
            prop_assert!(unfinished(&name, &[7; 16]).len() <= 255);
        }
    }
}
