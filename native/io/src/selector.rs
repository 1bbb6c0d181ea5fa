//! Lists of columns as people write them: names, positions, ranges and patterns.
//!
//! One entry of a list is, by the first of these rules that holds:
//!
//! 1. the name of a column, to the letter, whatever it looks like;
//! 2. `!` and an entry, in `columns` alone: not these;
//! 3. `3`: a position, counted from 1;
//! 4. `3-7`, `5-`, `-4`: a range of positions, both ends included;
//! 5. `a:b`, `a:`, `:b`: a range from one column to another, by name, or by position where no column has that name;
//! 6. `emb*`, `x?`: a pattern, where `*` stands for any letters and `?` for one.

use wildmatch::WildMatch;

use crate::error::{Error, shown};
use crate::index::{Index, several};
use crate::names::{did_you_mean, typed, with_comma};

/// An entry of a list, as places in the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    /// One column, by name or position; more than one only where columns share the name.
    Column(Vec<usize>),
    /// What a range or a pattern describes, in the order of the input.
    Described(Vec<usize>),
    /// What a `!` takes away.
    Except(Vec<usize>),
}

impl Entry {
    pub(crate) fn places(&self) -> &[usize] {
        match self {
            Self::Column(columns) | Self::Described(columns) | Self::Except(columns) => columns,
        }
    }
}

/// Finds out what the entries of a list mean for one table.
pub(crate) struct Selector<'a> {
    /// Whose list it is: `columns`, `exclude`, `id`.
    pub(crate) option: &'static str,
    pub(crate) input: &'a str,
    pub(crate) index: &'a Index<'a>,
}

impl Selector<'_> {
    /// One entry for each of `list`.
    ///
    /// # Errors
    /// [`Error::Option`] for an entry that means no column.
    pub(crate) fn entries(&self, list: &[String]) -> Result<Vec<Entry>, Error> {
        list.iter().map(|text| self.entry(text, list)).collect()
    }

    fn entry(&self, text: &str, list: &[String]) -> Result<Entry, Error> {
        if let Some(columns) = self.by_name(text) {
            return Ok(Entry::Column(columns));
        }
        let trimmed = text.trim();
        match trimmed.strip_prefix('!').map(str::trim) {
            Some(rest) if self.option == "columns" && !rest.is_empty() => {
                Ok(Entry::Except(self.entry_without_not(rest, list)?.places().to_vec()))
            }
            _ => self.entry_without_not(trimmed, list),
        }
    }

    fn entry_without_not(&self, text: &str, list: &[String]) -> Result<Entry, Error> {
        if let Some(columns) = self.by_name(text) {
            return Ok(Entry::Column(columns));
        }
        if let Some(position) = position(text) {
            let place = self.place(position).map_err(|wrong| self.refused(text, &wrong, None))?;
            return Ok(Entry::Column(vec![place]));
        }
        if let Some(ends) = positions(text) {
            return self.by_positions(text, ends).map(Entry::Described);
        }
        let is_pattern = text.contains(['*', '?']);
        match self.between(text) {
            Some(Ends::Found(from, to)) if from <= to => return Ok(Entry::Described((from..=to).collect())),
            Some(Ends::Found(..)) => return Err(self.backwards(text, ':')),
            Some(Ends::Shared(name, count)) => {
                return Err(several(self.option, &name, count, self.input));
            }
            Some(Ends::Missing(end)) if !is_pattern => return Err(self.no_end(text, &end)),
            Some(Ends::Missing(_)) | None => {}
        }
        if is_pattern { self.by_pattern(text).map(Entry::Described) } else { Err(self.unknown(text, list)) }
    }

    fn by_name(&self, text: &str) -> Option<Vec<usize>> {
        let (first, count) = self.index.named(text)?;
        if count == 1 {
            return Some(vec![first]);
        }
        let name = self.index.names[first];
        let same = |place: &usize| self.index.names[*place] == name;
        Some((first..self.index.count()).filter(same).collect())
    }

    /// Why there is no such position, as the sentence goes on after what was typed.
    fn place(&self, position: usize) -> Result<usize, String> {
        let count = self.index.count();
        match position {
            0 => Err("and columns are counted from 1".to_owned()),
            position if position > count => {
                let columns = if count == 1 { "column" } else { "columns" };
                Err(format!("and {} has {count} {columns}", self.input))
            }
            position => Ok(position - 1),
        }
    }

    fn by_positions(&self, text: &str, ends: [Option<usize>; 2]) -> Result<Vec<usize>, Error> {
        let [first, last] = ends;
        if let (Some(first), Some(last)) = (first, last)
            && first > last
        {
            return Err(self.backwards(text, '-'));
        }
        let place = |end: usize, open: Option<String>| {
            self.place(end).map_err(|wrong| self.refused(text, &wrong, open))
        };
        let from = first.map_or(Ok(0), |end| place(end, None))?;
        // Whoever names a last column beyond the last may want all that there are.
        let open = first
            .filter(|_| from < self.index.count())
            .map(|first| format!("{first}- goes to the last column"));
        let to = last.map_or(Ok(self.index.count()), |end| place(end, open).map(|place| place + 1))?;
        Ok((from..to).collect())
    }

    /// The ends of a range of names; names may hold colons, so the first colon that makes sense counts.
    fn between(&self, text: &str) -> Option<Ends> {
        let mut missing = None;
        for (at, _) in text.match_indices(':') {
            let (from, to) = (text[..at].trim(), text[at + 1..].trim());
            if from.is_empty() && to.is_empty() {
                continue;
            }
            let first = if from.is_empty() { Ok(0) } else { self.end(from) };
            let last = if to.is_empty() { Ok(self.index.count().saturating_sub(1)) } else { self.end(to) };
            match (first, last) {
                (Ok(first), Ok(last)) => return Some(Ends::Found(first, last)),
                (Err(wrong @ Ends::Shared(..)), Ok(_)) | (Ok(_), Err(wrong @ Ends::Shared(..))) => {
                    return Some(wrong);
                }
                // The nearest to a range is where one end is there.
                (Err(wrong), Ok(_)) | (Ok(_), Err(wrong)) => missing = Some(wrong),
                (Err(wrong), Err(_)) => missing = missing.or(Some(wrong)),
            }
        }
        missing
    }

    fn end(&self, text: &str) -> Result<usize, Ends> {
        match self.index.named(text) {
            Some((place, 1)) => Ok(place),
            Some((_, count)) => Err(Ends::Shared(text.to_owned(), count)),
            None => position(text)
                .and_then(|position| self.place(position).ok())
                .ok_or_else(|| Ends::Missing(text.to_owned())),
        }
    }

    fn by_pattern(&self, text: &str) -> Result<Vec<usize>, Error> {
        let matching = |pattern: &WildMatch| -> Vec<usize> {
            let names = self.index.names.iter().enumerate();
            names.filter(|(_, name)| pattern.matches(name)).map(|(place, _)| place).collect()
        };
        let found = matching(&WildMatch::new(text));
        if !found.is_empty() {
            return Ok(found);
        }
        let other_case = matching(&WildMatch::new_case_insensitive(text));
        let advice = match other_case.first() {
            Some(&place) => {
                Some(format!("letter case counts, and there is \"{}\"", shown(self.index.names[place])))
            }
            None => self.meant_pattern(text),
        };
        let message = format!("names \"{}\", which matches no column of {}", shown(text), self.input);
        Err(Error::of_option(self.option, message).advise(advice))
    }

    /// For `head*` and `*tail`, the beginning or end of a name that is nearest to what was typed.
    fn meant_pattern(&self, text: &str) -> Option<String> {
        let names = || self.index.names.iter().copied();
        let plain = |part: &str| !part.is_empty() && !part.contains(['*', '?']);
        if let Some(head) = text.strip_suffix('*').filter(|head| plain(head)) {
            let letters = head.chars().count();
            let heads =
                names().map(|name| name.char_indices().nth(letters).map_or(name, |(end, _)| &name[..end]));
            return crate::names::nearest(head, heads)
                .map(|head| format!("did you mean \"{}*\"?", shown(head)));
        }
        if let Some(tail) = text.strip_prefix('*').filter(|tail| plain(tail)) {
            let letters = tail.chars().count();
            let tails = names().map(|name| match name.char_indices().nth_back(letters.saturating_sub(1)) {
                Some((start, _)) => &name[start..],
                None => name,
            });
            return crate::names::nearest(tail, tails)
                .map(|tail| format!("did you mean \"*{}\"?", shown(tail)));
        }
        did_you_mean(&text.replace(['*', '?'], ""), names())
    }

    fn unknown(&self, text: &str, list: &[String]) -> Error {
        let message = format!("names \"{}\", which is no column of {}", shown(text), self.input);
        let names = || self.index.names.iter().copied();
        let advice = match with_comma(list, text, names()) {
            Some(whole) => Some(format!("quote a name with a comma: --{} {}", self.option, typed(whole))),
            None => did_you_mean(text, names()),
        };
        Error::of_option(self.option, message).advise(advice)
    }

    fn no_end(&self, text: &str, end: &str) -> Error {
        let wrong = format!("and \"{}\" is no column of {}", shown(end), self.input);
        self.refused(text, &wrong, did_you_mean(end, self.index.names.iter().copied()))
    }

    fn backwards(&self, text: &str, separator: char) -> Error {
        let turned = text.split_once(separator).map(|(first, last)| {
            format!("did you mean {}?", shown(&format!("{}{separator}{}", last.trim(), first.trim())))
        });
        self.refused(text, "which ends before it begins", turned)
    }

    /// A position or a range that is none; `advice` is for when no name is near.
    fn refused(&self, text: &str, wrong: &str, advice: Option<String>) -> Error {
        let message = format!("names \"{}\", {wrong}", shown(text));
        let meant = did_you_mean(text, self.index.names.iter().copied());
        Error::of_option(self.option, message).advise(meant.or(advice))
    }
}

/// What stands on both sides of a colon.
enum Ends {
    Found(usize, usize),
    Missing(String),
    Shared(String, usize),
}

fn position(text: &str) -> Option<usize> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // More digits than a usize holds are beyond the last column all the same.
    digits.then(|| text.parse().unwrap_or(usize::MAX))
}

/// `3-7`, `5-`, `-4`.
fn positions(text: &str) -> Option<[Option<usize>; 2]> {
    let (first, last) = text.split_once('-')?;
    match (first.trim(), last.trim()) {
        ("", "") => None,
        ("", last) => Some([None, Some(position(last)?)]),
        (first, "") => Some([Some(position(first)?), None]),
        (first, last) => Some([Some(position(first)?), Some(position(last)?)]),
    }
}

#[cfg(test)]
mod tests;
