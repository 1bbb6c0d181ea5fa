//! Which columns of a table are used, and why the others are not.

use std::collections::HashMap;

use crate::categories::Categories;
use crate::csv::number::LookAlike;
use crate::error::{Error, shown};
use crate::index::{Index, several};
use crate::names::{or_place, typed};
use crate::selector::Entry;
use crate::wishes::Wishes;

/// Which columns the caller wants. A list names columns, counts them (`3`, `3-7`, `5-`, `-4`), spans them (`a:b`) or
/// describes them (`emb*`); a column of that very name wins over the other readings.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// These, in this order; `None` is every column that holds numbers. Ranges and patterns take the columns that hold
    /// numbers, in the order of the input; `!` before an entry leaves out what it means.
    pub columns: Option<Vec<String>>,
    /// None of these.
    pub exclude: Vec<String>,
    /// Columns that tell rows apart: never used.
    pub id: Vec<String>,
    /// The column of known classes: not used, but read beside the numbers.
    pub truth: Option<String>,
    /// The column that says how much a row counts: numbers of 0 or more, not all 0.
    pub weight: Option<String>,
    /// Columns of texts, or of anything, of which every different one is a category; used beside the others. A list as
    /// `exclude`.
    pub categorical: Vec<String>,
    /// Lets missing cells pass as NaN; otherwise they are an error.
    pub keep_missing: bool,
    /// Reads the texts too, as categories behind the columns that are used.
    pub survey: bool,
}

/// A column that is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its name, or its place (`column 3`) when it has none.
    pub name: String,
    /// Why, such as `not a number (row 1: "setosa")`, `empty`, `excluded`, `an id`, `the weight`.
    pub reason: String,
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Nature {
    Numeric,
    Text {
        row: usize,
        value: String,
        look_alike: Option<LookAlike>,
    },
    Typed(String),
    /// Can be used as numbers, and is when it is named; why not otherwise.
    Asked(String),
    /// `all` when the whole table was seen, otherwise its first thousand rows.
    Empty {
        all: bool,
    },
}

impl Nature {
    fn reason(&self) -> Option<String> {
        match self {
            Self::Numeric => None,
            Self::Text { row, value, look_alike } => {
                let like = look_alike.map_or_else(String::new, |like| format!(", {}", like.name()));
                Some(format!("not a number (row {row}: \"{}\"{like})", shown(value)))
            }
            Self::Typed(name) => Some(format!("not a number ({name})")),
            Self::Asked(reason) => Some(reason.clone()),
            Self::Empty { all: true } => Some("empty".to_owned()),
            Self::Empty { all: false } => Some("empty in the first 16 MiB".to_owned()),
        }
    }
}

/// A column as it was found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) nature: Nature,
}

impl Profile {
    /// Why the column is not used where nobody listed it.
    pub(crate) fn unfit(&self) -> Option<String> {
        // Exported row numbers stand in a column without a name, and predict could never find it again.
        if self.name.is_empty() { Some("it has no name".to_owned()) } else { self.nature.reason() }
    }

    /// For columns whose type is known before any row is read.
    pub(crate) fn require_numeric(&self, input: &str) -> Result<(), Error> {
        match &self.nature {
            Nature::Typed(kind) => {
                Err(Error::at(input, format!("column \"{}\" is not a number ({kind})", shown(&self.name))))
            }
            _ => Ok(()),
        }
    }
}

/// The outcome of a selection, as places in the input.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) used: Vec<usize>,
    /// Those of the used columns that hold categories.
    pub(crate) categorical: Vec<usize>,
    /// Of each used column, whether the caller listed it by its name or position.
    pub(crate) listed: Vec<bool>,
    pub(crate) weight: Option<usize>,
    pub(crate) truth: Option<usize>,
    pub(crate) skipped: Vec<Skipped>,
    /// Columns of texts that are only looked at.
    pub(crate) surveyed: Vec<usize>,
}

impl Choice {
    fn add(&mut self, column: usize, listed: bool) {
        self.used.push(column);
        self.listed.push(listed);
    }

    /// Takes what `columns` lists, of which `texts` are the entries as they were typed.
    fn take_listed(
        &mut self,
        input: &str,
        profiles: &[Profile],
        wishes: &Wishes,
        texts: &[String],
    ) -> Result<Vec<Asked>, Error> {
        let mut asked = vec![Asked::No; profiles.len()];
        for (entry, text) in wishes.columns.iter().flatten().zip(texts) {
            match entry {
                Entry::Column(columns) => {
                    let &[column] = columns.as_slice() else {
                        return Err(several("columns", text.trim(), columns.len(), input));
                    };
                    if asked[column] == Asked::ByName {
                        let name = shown(&profiles[column].name);
                        return Err(Error::of_option("columns", format!("names \"{name}\" twice")));
                    }
                    wishes.refuse_listed(input, column, &profiles[column])?;
                    if asked[column] != Asked::Used && !wishes.left_out[column] {
                        self.add(column, true);
                    }
                    asked[column] = Asked::ByName;
                }
                Entry::Described(columns) => {
                    for &column in columns {
                        if asked[column] != Asked::No {
                            continue;
                        }
                        let used = wishes.reason(column).is_none()
                            && wishes.unfit(column, &profiles[column]).is_none();
                        asked[column] = if used { Asked::Used } else { Asked::Unfit };
                        if used {
                            self.add(column, false);
                        }
                    }
                }
                Entry::Except(_) => {}
            }
        }
        Ok(asked)
    }

    /// Takes the columns of categories that the list does not name.
    fn take_categories(&mut self, wishes: &Wishes, asked: &mut [Asked]) {
        for &column in &wishes.categorical {
            if !matches!(asked[column], Asked::Used | Asked::ByName) {
                self.add(column, true);
                asked[column] = Asked::Used;
            }
        }
    }

    /// The texts of a column, where its cells become codes.
    pub(crate) fn categories(&self, column: usize) -> Option<Categories> {
        let looked_at = || self.surveyed.contains(&column).then(Categories::counted);
        self.categorical.contains(&column).then(Categories::new).or_else(looked_at)
    }

    /// Takes the columns that are not used because they hold texts.
    pub(crate) fn survey(&mut self, profiles: &[Profile]) {
        for (column, profile) in profiles.iter().enumerate() {
            let is_text = match &profile.nature {
                Nature::Text { .. } => true,
                Nature::Typed(kind) => kind == "utf8" || kind.starts_with("a dictionary of utf8"),
                Nature::Numeric | Nature::Empty { .. } | Nature::Asked(_) => false,
            };
            let unused = |each: &Skipped| {
                each.name == profile.name && Some(&each.reason) == profile.nature.reason().as_ref()
            };
            if is_text && self.skipped.iter().any(unused) {
                self.add(column, false);
                self.surveyed.push(column);
            }
        }
    }

    /// Takes every other column of numbers where nothing is listed, and says why the rest is not used.
    fn take_rest(&mut self, profiles: &[Profile], wishes: &Wishes, asked: &[Asked]) {
        let last = profiles.len().wrapping_sub(1);
        for (column, profile) in profiles.iter().enumerate() {
            let reason = if let Some(reason) = wishes.reason(column) {
                Some(reason.to_owned())
            } else if wishes.columns.is_some() {
                match asked[column] {
                    Asked::Used | Asked::ByName => None,
                    Asked::Unfit => wishes.unfit(column, profile),
                    Asked::No => Some("not in --columns".to_owned()),
                }
            } else if profile.name.is_empty()
                && column == last
                && matches!(profile.nature, Nature::Empty { .. })
            {
                // Every line ends with a delimiter: that makes no column anybody would miss.
                continue;
            } else {
                wishes.unfit(column, profile)
            };
            match reason {
                Some(reason) => {
                    self.skipped.push(Skipped { name: or_place(&profile.name, column), reason });
                }
                None if wishes.columns.is_none() => self.add(column, false),
                None => {}
            }
        }
    }
}

/// Applies the caller's wishes to what the table holds.
pub(crate) fn choose(input: &str, profiles: &[Profile], selection: &Selection) -> Result<Choice, Error> {
    let index = Index::of(profiles.iter().map(|profile| profile.name.as_str()));
    let wishes = Wishes::new(input, &index, selection)?;
    let mut choice = Choice { weight: wishes.weight, truth: wishes.truth, ..Choice::default() };
    let texts = selection.columns.as_deref().unwrap_or_default();
    let mut asked = choice.take_listed(input, profiles, &wishes, texts)?;
    if wishes.columns.is_some() {
        choice.take_categories(&wishes, &mut asked);
    }
    choice.take_rest(profiles, &wishes, &asked);
    choice.categorical = wishes.categorical;
    check(input, profiles, choice)
}

/// How `columns` asks for a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    No,
    /// A range or a pattern describes it, and it holds no numbers or has another part to play.
    Unfit,
    Used,
    ByName,
}

fn check(input: &str, profiles: &[Profile], choice: Choice) -> Result<Choice, Error> {
    if choice.used.is_empty() {
        let like = profiles.iter().find_map(|profile| match &profile.nature {
            Nature::Text { look_alike, .. } => *look_alike,
            _ => None,
        });
        let mut reasons: Vec<String> = choice
            .skipped
            .iter()
            .take(5)
            .map(|each| format!("{}: {}", shown(&each.name), each.reason))
            .collect();
        if choice.skipped.len() > reasons.len() {
            reasons.push("…".to_owned());
        }
        let advice = like.map_or_else(|| reasons.join("; "), |like| like.advice().to_owned());
        return Err(Error::about(input, "has no column of numbers to use").advise(Some(advice)));
    }
    let mut seen = HashMap::new();
    for &column in &choice.used {
        let name = profiles[column].name.as_str();
        if let Some(first) = seen.insert(name, column) {
            let (first, second) = (first + 1, column + 1);
            let message =
                format!("has two columns of numbers named \"{}\", columns {first} and {second}", shown(name));
            return Err(Error::about(input, message)
                .advise(Some(format!("rename one, or leave both out with --exclude {}", typed(name)))));
        }
    }
    Ok(choice)
}

#[cfg(test)]
mod tests;
