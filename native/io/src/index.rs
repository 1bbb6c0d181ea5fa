//! Columns of a table by their names.

use std::collections::{HashMap, HashSet};

use crate::error::{Error, shown};
use crate::names::did_you_mean;

/// Finds columns by name.
pub(crate) struct Index<'a> {
    pub(crate) names: Vec<&'a str>,
    places: HashMap<&'a str, (usize, usize)>,
}

impl<'a> Index<'a> {
    pub(crate) fn of(names: impl Iterator<Item = &'a str>) -> Self {
        let names: Vec<&str> = names.collect();
        let mut places = HashMap::with_capacity(names.len());
        for (place, name) in names.iter().enumerate() {
            places.entry(*name).or_insert((place, 0)).1 += 1;
        }
        Self { names, places }
    }

    pub(crate) fn count(&self) -> usize {
        self.names.len()
    }

    /// The first column of this name, and how many there are. Spaces around a name as it was typed do not count.
    pub(crate) fn named(&self, name: &str) -> Option<(usize, usize)> {
        self.places.get(name).or_else(|| self.places.get(name.trim())).copied()
    }

    /// The one column that an option names.
    pub(crate) fn single(&self, option: &'static str, name: &str, input: &str) -> Result<usize, Error> {
        let Some((place, count)) = self.named(name) else {
            let message = format!("names \"{}\", which is no column of {input}", shown(name));
            let names = self.names.iter().copied();
            return Err(Error::of_option(option, message).advise(did_you_mean(name, names)));
        };
        if count > 1 {
            return Err(several(option, name, count, input));
        }
        Ok(place)
    }

    /// The places of a model's features, in the model's order.
    pub(crate) fn features(&self, wanted: &[String], input: &str) -> Result<Vec<usize>, Error> {
        let missing: Vec<&String> =
            wanted.iter().filter(|name| !self.places.contains_key(name.as_str())).collect();
        if !missing.is_empty() {
            let some: Vec<String> =
                missing.iter().take(10).map(|name| format!("\"{}\"", shown(name))).collect();
            let more = if missing.len() > some.len() {
                format!(" and {} more", missing.len() - some.len())
            } else {
                String::new()
            };
            let noun = if missing.len() == 1 { "column" } else { "columns" };
            // A column that is another feature already is not a mistyped one.
            let matched: HashSet<&str> = wanted.iter().map(String::as_str).collect();
            let free = || self.names.iter().copied().filter(|name| !matched.contains(name));
            let advice = missing.iter().find_map(|name| did_you_mean(name, free()));
            let message = format!("lacks the {noun} {}{more}", some.join(", "));
            return Err(Error::about(input, message).advise(advice));
        }
        let mut columns = Vec::with_capacity(wanted.len());
        for name in wanted {
            let Some(&(place, 1)) = self.places.get(name.as_str()) else {
                let message = format!("has several columns named \"{}\", and one is needed", shown(name));
                return Err(Error::about(input, message).advise(Some("rename all but one".to_owned())));
            };
            columns.push(place);
        }
        Ok(columns)
    }
}

/// A name that does not say which of the columns is meant.
pub(crate) fn several(option: &'static str, name: &str, count: usize, input: &str) -> Error {
    let message = format!("names \"{}\", and {input} has {count} columns of that name", shown(name));
    Error::of_option(option, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|&name| name.into()).collect()
    }

    #[test]
    fn every_missing_feature_is_named() {
        let index = Index::of(["b", "a", "a"].into_iter());
        let error = index.features(&names(&["b", "c", "d"]), "x").unwrap_err();
        assert_eq!(error.to_string(), "x lacks the columns \"c\", \"d\"");
        assert_eq!(index.features(&names(&["b"]), "x").unwrap(), [0]);
        assert!(index.features(&names(&["a"]), "x").is_err());
    }

    #[test]
    fn a_column_that_is_found_is_not_suggested_for_one_that_is_missing() {
        let hint = |columns: [&'static str; 2]| {
            let index = Index::of(columns.into_iter());
            index.features(&names(&["sepal_length", "petal_length"]), "x").unwrap_err().hint()
        };
        assert_eq!(hint(["petal_length", "b"]), None);
        assert_eq!(hint(["petal_length", "Sepal_Length"]).unwrap(), "did you mean \"Sepal_Length\"?");
    }
}
