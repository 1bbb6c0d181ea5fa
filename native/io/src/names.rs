//! Names of columns: the nearest known one to a mistyped one, and how one is shown and typed.

use std::fmt::Write as _;
use std::path::Path;

pub use crate::visible::{escaped, shown, shown_path};

/// The candidate that `name` was most likely meant to be, or `None` when nothing is close: at most a third of the
/// letters may differ (and one always may), letter case aside.
pub fn nearest<'a, I>(name: &str, candidates: I) -> Option<&'a str>
where
    I: IntoIterator<Item = &'a str>,
{
    // The comparison costs len x len; a hostile header may hold names of megabytes, and nobody mistypes those.
    const LONGEST: usize = 200;
    let wanted = name.trim().to_lowercase();
    let allowed = (wanted.chars().count() / 3).max(1);
    if wanted.is_empty() || wanted.len() > LONGEST {
        return None;
    }
    candidates
        .into_iter()
        .filter(|candidate| !candidate.is_empty() && candidate.len() <= LONGEST)
        .map(|candidate| (strsim::osa_distance(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|&(distance, candidate)| distance <= allowed && distance < candidate.chars().count())
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// `did you mean "x"?` for the nearest candidate.
pub(crate) fn did_you_mean<'a, I>(name: &str, candidates: I) -> Option<String>
where
    I: IntoIterator<Item = &'a str>,
{
    nearest(name, candidates).map(|candidate| format!("did you mean \"{}\"?", crate::error::shown(candidate)))
}

/// A column's name as its bytes say; what is not UTF-8 is escaped, so that two such names stay two.
pub(crate) fn of_bytes(bytes: &[u8]) -> String {
    let mut name = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        name.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a string does not fail.
            let _ = write!(name, "\\x{byte:02x}");
        }
    }
    name
}

/// What a column goes by where people read it: its name, or its place when it has none.
pub(crate) fn or_place(name: &str, place: usize) -> String {
    if name.trim().is_empty() { format!("column {}", place + 1) } else { name.to_owned() }
}

/// A name as it is typed in a list such as `--exclude`: quoted for the list, and for the shell, where it must be.
pub fn typed(name: &str) -> String {
    // Longer names are not typed but looked at.
    const LONGEST: usize = 200;
    if is_plain(name, "_.-") {
        return name.to_owned();
    }
    let mut short: String = name.chars().take(LONGEST).collect();
    if short.len() < name.len() {
        short.push('…');
    }
    shell_word(&format!("\"{}\"", short.replace('"', "\"\"")))
}

/// Returns the text as one word of a shell's line, which stands for it to the byte and holds no character that
/// [`escaped`] would spell out.
///
/// `$'…'` is that of bash, zsh and POSIX.1-2024. Bytes are written in octal, which every shell reads alike: `\x` takes two
/// digits in one and any number in another, and what `\u` means depends on the locale.
pub(crate) fn shell_word(text: &str) -> String {
    bytes_word(text.as_bytes())
}

/// Returns the path as one word of a shell's line, which no command takes for an option.
pub(crate) fn path_word(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    if bytes.starts_with(b"-") { bytes_word(&[b"./", bytes].concat()) } else { bytes_word(bytes) }
}

fn bytes_word(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if is_plain(text, "_.-/+:@%,") => return text.to_owned(),
        Ok(text) if !text.contains(crate::visible::is_hidden) => {
            return format!("'{}'", text.replace('\'', "'\\''"));
        }
        _ => {}
    }
    let mut word = "$'".to_owned();
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '\n' => word.push_str("\\n"),
                '\r' => word.push_str("\\r"),
                '\t' => word.push_str("\\t"),
                '\'' | '\\' => word.extend(['\\', letter]),
                _ if crate::visible::is_hidden(letter) => {
                    push_octal(&mut word, letter.encode_utf8(&mut [0; 4]).as_bytes());
                }
                _ => word.push(letter),
            }
        }
        push_octal(&mut word, chunk.invalid());
    }
    word.push('\'');
    word
}

fn push_octal(word: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(word, "\\{byte:03o}");
    }
}

/// Whether nothing in `text` means anything to a shell; a dash in front would make it an option.
fn is_plain(text: &str, also: &str) -> bool {
    let plain = |letter: char| letter.is_alphanumeric() || also.contains(letter);
    !text.is_empty() && !text.starts_with('-') && text.chars().all(plain)
}

/// The column with a comma in its name that `list`, which names `missing`, was meant to name.
pub(crate) fn with_comma<'a, I>(list: &[String], missing: &str, columns: I) -> Option<&'a str>
where
    I: IntoIterator<Item = &'a str>,
{
    columns.into_iter().filter(|column| column.contains(',')).find(|column| {
        let parts: Vec<&str> = column.split(',').map(str::trim).collect();
        let meant = |window: &[String]| window.iter().map(|name| name.trim()).eq(parts.iter().copied());
        parts.contains(&missing.trim()) && list.windows(parts.len()).any(meant)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_quoted_for_the_list_and_the_shell() {
        for (name, expected) in [
            ("sepal_length", "sepal_length"),
            ("größe.1", "größe.1"),
            ("a,b", "'\"a,b\"'"),
            ("a b", "'\"a b\"'"),
            ("say \"x\"", "'\"say \"\"x\"\"\"'"),
            ("it's", "'\"it'\\''s\"'"),
            ("-x", "'\"-x\"'"),
            ("a\nb", "$'\"a\\nb\"'"),
        ] {
            assert_eq!(typed(name), expected);
        }
    }

    #[test]
    fn names_that_are_not_utf8_stay_apart() {
        assert_eq!(of_bytes(b"gr\xf6\xdfe"), "gr\\xf6\\xdfe");
        assert_eq!(of_bytes("größe".as_bytes()), "größe");
    }

    #[test]
    fn a_comma_in_a_name_is_found() {
        let list = ["x", "a", "b"].map(String::from);
        assert_eq!(with_comma(&list, "a", ["x", "a, b"]), Some("a, b"));
        assert_eq!(with_comma(&list, "a", ["b,a", "a,c"]), None);
        assert_eq!(with_comma(&list, "y", ["a,b"]), None);
    }

    #[test]
    fn a_swapped_letter_is_recognised() {
        assert_eq!(nearest("spieces", ["species", "island"]), Some("species"));
    }

    #[test]
    fn letter_case_does_not_count() {
        assert_eq!(nearest("Sepal_Length", ["sepal_length", "sepal_width"]), Some("sepal_length"));
    }

    #[test]
    fn a_far_name_suggests_nothing() {
        assert_eq!(nearest("age", ["bill_length", "island"]), None);
        assert_eq!(nearest("", ["a"]), None);
        assert_eq!(nearest("a", ["b"]), None);
    }
}
