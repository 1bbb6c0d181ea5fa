//! Text that others wrote (names, cells, paths) as people may read it: nothing in it moves a cursor, breaks a line or turns
//! the direction of writing around. The rule is the same as that of `src/text/visible.ts`; both are held against
//! `fixtures/visible.json`.

use std::path::Path;

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Longest text of others that stands whole in a sentence, in characters.
const LONGEST: usize = 40;

/// Returns the text with every control and format character and every separator of lines spelt out: `\n`, `\u{1b}`.
///
/// Format characters are invisible: U+202E shows the rest of a line backwards, U+200B makes two different names look alike
/// (CVE-2021-42574, Unicode Technical Report 36).
pub fn escaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    text.chars().for_each(|letter| push(&mut plain, letter));
    plain
}

/// Returns at most 40 characters of the text, escaped: a value may be a megabyte of escape sequences.
pub fn shown(text: &str) -> String {
    let mut short = String::new();
    for (count, letter) in text.chars().enumerate() {
        if count == LONGEST {
            short.push('…');
            break;
        }
        push(&mut short, letter);
    }
    short
}

/// Returns a path, escaped. Bytes that are no UTF-8 are spelt out too, so that two such names stay two.
pub fn shown_path(path: &Path) -> String {
    escaped(&crate::names::of_bytes(path.as_os_str().as_encoded_bytes()))
}

/// Returns true for what must not reach a terminal as it is.
pub(crate) fn is_hidden(letter: char) -> bool {
    // Printable ASCII is nearly everything, and needs no table.
    if letter.is_ascii() {
        return letter.is_ascii_control();
    }
    matches!(
        letter.general_category(),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    )
}

fn push(into: &mut String, letter: char) {
    if is_hidden(letter) {
        into.extend(letter.escape_default());
    } else {
        into.push(letter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Case {
        text: String,
        visible: String,
        shell: String,
    }

    fn cases() -> Vec<Case> {
        serde_json::from_str(include_str!("../../../fixtures/visible.json")).unwrap()
    }

    #[test]
    fn the_rule_is_that_of_the_front_end() {
        for Case { text, visible, .. } in cases() {
            assert_eq!(escaped(&text), visible);
            assert_eq!(escaped(&visible), visible, "twice is once");
        }
    }

    #[test]
    fn a_word_for_a_shell_is_that_of_the_front_end() {
        for Case { text, shell, .. } in cases() {
            assert_eq!(crate::names::shell_word(&text), shell);
            assert!(!shell.chars().any(is_hidden), "{shell:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_shell_reads_the_word_as_the_text() {
        for Case { text, shell, .. } in cases() {
            let line = format!("printf %s {shell}");
            let Ok(output) = std::process::Command::new("bash").args(["-c", &line]).output() else { return };
            assert_eq!(output.stdout, text.as_bytes(), "{line}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_no_utf8_shows_its_bytes() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        assert_eq!(shown_path(Path::new(OsStr::from_bytes(b"a\xff\n.csv"))), "a\\xff\\n.csv");
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(shown(&"a".repeat(41)), format!("{}…", "a".repeat(40)));
        assert_eq!(shown("a\u{202e}"), "a\\u{202e}");
    }
}
