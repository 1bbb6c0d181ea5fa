//! What the caller says of columns, as places in one table.

use crate::columns::{Nature, Profile, Selection};
use crate::error::{Error, shown};
use crate::index::{Index, several};
use crate::selector::{Entry, Selector};

/// The caller's wishes as places.
pub(crate) struct Wishes {
    /// Without a `!` alone, which leaves the choice as free as no list.
    pub(crate) columns: Option<Vec<Entry>>,
    pub(crate) left_out: Vec<bool>,
    ids: Vec<bool>,
    pub(crate) weight: Option<usize>,
    pub(crate) truth: Option<usize>,
    /// Columns that hold categories, as listed.
    pub(crate) categorical: Vec<usize>,
}

impl Wishes {
    pub(crate) fn new(input: &str, index: &Index<'_>, selection: &Selection) -> Result<Self, Error> {
        let entries = |option, list: &[String]| Selector { option, input, index }.entries(list);
        let exclude = entries("exclude", &selection.exclude)?;
        let id = entries("id", &selection.id)?;
        let single = |option, name: &Option<String>| {
            name.as_ref().map(|name| index.single(option, name, input)).transpose()
        };
        let (weight, truth) = (single("weight", &selection.weight)?, single("truth", &selection.truth)?);
        if let Some(column) = truth.filter(|_| truth == weight) {
            let name = shown(index.names[column]);
            return Err(Error::of_option("truth", format!("names \"{name}\", which is the weight")));
        }
        let columns = selection.columns.as_ref().map(|list| entries("columns", list)).transpose()?;
        let mut wishes = Self {
            left_out: vec![false; index.count()],
            ids: vec![false; index.count()],
            weight,
            truth,
            columns: None,
            categorical: Vec::new(),
        };
        for entry in &id {
            for &column in entry.places() {
                let role = wishes.role(column).filter(|role| *role != ID);
                if let (Some(role), Entry::Column(_)) = (role, entry) {
                    let name = shown(index.names[column]);
                    return Err(Error::of_option("id", format!("names \"{name}\", which is {role}")));
                }
                wishes.ids[column] = true;
            }
        }
        let not = columns.iter().flatten().filter(|entry| matches!(entry, Entry::Except(_)));
        for &column in exclude.iter().chain(not).flat_map(Entry::places) {
            wishes.left_out[column] = true;
        }
        let categorical = entries("categorical", &selection.categorical)?;
        wishes.take_categorical(input, index, &categorical)?;
        wishes.columns =
            columns.filter(|entries| entries.iter().any(|entry| !matches!(entry, Entry::Except(_))));
        Ok(wishes)
    }

    /// A column that `categorical` names must be free for it; a range or a pattern takes those that are.
    fn take_categorical(&mut self, input: &str, index: &Index<'_>, entries: &[Entry]) -> Result<(), Error> {
        let mut named = vec![false; index.count()];
        for entry in entries {
            for &column in entry.places() {
                let taken = self.reason(column);
                let listed = matches!(entry, Entry::Column(_));
                let name = index.names[column];
                if listed && entry.places().len() > 1 {
                    return Err(several("categorical", name, entry.places().len(), input));
                }
                if listed && (taken.is_some() || named[column]) {
                    let is = taken.unwrap_or("named twice");
                    let message = format!("names \"{}\", which is {is}", shown(name));
                    return Err(Error::of_option("categorical", message));
                }
                if taken.is_none() && !self.categorical.contains(&column) {
                    self.categorical.push(column);
                }
                named[column] |= listed;
            }
        }
        Ok(())
    }

    fn role(&self, column: usize) -> Option<&'static str> {
        match column {
            column if self.weight == Some(column) => Some("the weight"),
            column if self.truth == Some(column) => Some("the truth"),
            column if self.ids[column] => Some(ID),
            _ => None,
        }
    }

    /// Why a column is not used, as far as the caller says.
    pub(crate) fn reason(&self, column: usize) -> Option<&'static str> {
        self.role(column).or_else(|| self.left_out[column].then_some("excluded"))
    }

    /// Why a column that nobody names is not used, as far as its contents say.
    pub(crate) fn unfit(&self, column: usize, profile: &Profile) -> Option<String> {
        if self.categorical.contains(&column) { None } else { profile.unfit() }
    }

    /// A column that is listed by name or position must hold numbers and have no other part to play.
    pub(crate) fn refuse_listed(&self, input: &str, column: usize, profile: &Profile) -> Result<(), Error> {
        let name = shown(&profile.name);
        if let Some(role) = self.role(column) {
            return Err(Error::of_option("columns", format!("names \"{name}\", which is {role}")));
        }
        if let (Nature::Typed(kind), false) = (&profile.nature, self.categorical.contains(&column)) {
            let message = format!("names \"{name}\", which is not a number in {input} ({kind})");
            return Err(Error::of_option("columns", message));
        }
        Ok(())
    }
}

const ID: &str = "an id";
