//! Which columns of a table are used, and why the others are not.

use std::collections::{HashMap, HashSet};

use crate::csv::number::LookAlike;
use crate::error::{Error, shown};
use crate::names::{did_you_mean, or_place, typed, with_comma};

/// Which columns the caller wants.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Exactly these, in this order; `None` is every column that holds numbers.
    pub columns: Option<Vec<String>>,
    /// None of these.
    pub exclude: Vec<String>,
    /// The column that says how much a row counts: numbers of 0 or more, not all 0.
    pub weight: Option<String>,
    /// Columns of texts, or of anything, of which every different one is a category; used beside the others.
    pub categorical: Vec<String>,
    /// Lets missing cells pass as NaN; otherwise they are an error.
    pub keep_missing: bool,
}

/// A column that is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its name, or its place (`column 3`) when it has none.
    pub name: String,
    /// Why, such as `not a number (row 1: "setosa")`, `empty`, `excluded`, `the weight`.
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
            Self::Empty { all: false } => Some("empty in the first rows".to_owned()),
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
    pub(crate) weight: Option<usize>,
    pub(crate) skipped: Vec<Skipped>,
}

/// Applies the caller's wishes to what the table holds.
pub(crate) fn choose(input: &str, profiles: &[Profile], selection: &Selection) -> Result<Choice, Error> {
    let index = Index::of(profiles.iter().map(|profile| profile.name.as_str()));
    for name in &selection.exclude {
        index.require("exclude", name, &selection.exclude, input)?;
    }
    let weight =
        selection.weight.as_ref().map(|name| index.single("weight", name, &[], input)).transpose()?;
    let excluded = |name: &str| selection.exclude.iter().any(|each| each.trim() == name);
    let categorical = categorical(input, profiles, selection, &index, weight)?;
    let mut choice = Choice { weight, ..Choice::default() };
    if let Some(names) = &selection.columns {
        for name in names {
            let column = index.single("columns", name, names, input)?;
            if choice.used.contains(&column) {
                return Err(Error::of_option("columns", format!("names \"{}\" twice", shown(name))));
            }
            if weight == Some(column) {
                let message = format!("names \"{}\", which is the weight", shown(name));
                return Err(Error::of_option("columns", message));
            }
            if let (Nature::Typed(kind), false) = (&profiles[column].nature, categorical.contains(&column)) {
                let message = format!("names \"{}\", which is not a number in {input} ({kind})", shown(name));
                return Err(Error::of_option("columns", message));
            }
            if !excluded(&profiles[column].name) {
                choice.used.push(column);
            }
        }
    }
    if selection.columns.is_some() {
        let further = |column: &&usize| !choice.used.contains(column);
        let further: Vec<usize> = categorical.iter().filter(further).copied().collect();
        choice.used.extend(further);
    }
    let last = profiles.len().wrapping_sub(1);
    for (column, Profile { name, nature }) in profiles.iter().enumerate() {
        let reason = if weight == Some(column) {
            Some("the weight".to_owned())
        } else if excluded(name) {
            Some("excluded".to_owned())
        } else if selection.columns.is_some() {
            (!choice.used.contains(&column)).then(|| "not in --columns".to_owned())
        } else if categorical.contains(&column) {
            None
        } else if name.is_empty() && column == last && matches!(nature, Nature::Empty { .. }) {
            // Every line ends with a delimiter: that makes no column anybody would miss.
            continue;
        } else if name.is_empty() {
            // Exported row numbers stand in such a column, and predict could never find it again.
            Some("it has no name".to_owned())
        } else {
            nature.reason()
        };
        match reason {
            Some(reason) => choice.skipped.push(Skipped { name: or_place(name, column), reason }),
            None if selection.columns.is_none() => choice.used.push(column),
            None => {}
        }
    }
    choice.categorical = categorical;
    check(input, profiles, choice)
}

/// The columns of `--categorical`, which must be free for it.
fn categorical(
    input: &str,
    profiles: &[Profile],
    selection: &Selection,
    index: &Index<'_>,
    weight: Option<usize>,
) -> Result<Vec<usize>, Error> {
    let mut found = Vec::with_capacity(selection.categorical.len());
    for name in &selection.categorical {
        let column = index.single("categorical", name, &selection.categorical, input)?;
        let taken = if weight == Some(column) {
            "is the weight"
        } else if selection.exclude.iter().any(|each| each.trim() == profiles[column].name) {
            "is excluded"
        } else if found.contains(&column) {
            "is named twice"
        } else {
            found.push(column);
            continue;
        };
        return Err(Error::of_option("categorical", format!("names \"{}\", which {taken}", shown(name))));
    }
    Ok(found)
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

/// Finds columns by name.
pub(crate) struct Index<'a> {
    names: Vec<&'a str>,
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

    /// `list` is everything that the option names.
    fn require(
        &self,
        option: &'static str,
        name: &str,
        list: &[String],
        input: &str,
    ) -> Result<(usize, usize), Error> {
        self.places.get(name.trim()).copied().ok_or_else(|| {
            let message = format!("names \"{}\", which is no column of {input}", shown(name));
            let names = || self.names.iter().copied();
            let advice = match with_comma(list, name, names()) {
                Some(whole) => Some(format!("quote a name with a comma: --{option} {}", typed(whole))),
                None => did_you_mean(name, names()),
            };
            Error::of_option(option, message).advise(advice)
        })
    }

    fn single(&self, option: &'static str, name: &str, list: &[String], input: &str) -> Result<usize, Error> {
        let (place, count) = self.require(option, name, list, input)?;
        if count > 1 {
            let message = format!("names \"{}\", and {input} has {count} columns of that name", shown(name));
            return Err(Error::of_option(option, message));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn profiles() -> Vec<Profile> {
        let text = Nature::Text { row: 1, value: "setosa".into(), look_alike: None };
        let natures =
            [("a", Nature::Numeric), ("b", Nature::Numeric), ("species", text), ("w", Nature::Numeric)];
        natures.into_iter().map(|(name, nature)| Profile { name: name.into(), nature }).collect()
    }

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|&name| name.into()).collect()
    }

    #[test]
    fn every_column_of_numbers_is_used_by_default() {
        let selection =
            Selection { weight: Some("w".into()), exclude: names(&["b"]), ..Selection::default() };
        let choice = choose("x", &profiles(), &selection).unwrap();
        assert_eq!((choice.used, choice.weight), (vec![0], Some(3)));
        let reasons: Vec<&str> = choice.skipped.iter().map(|each| each.reason.as_str()).collect();
        assert_eq!(reasons, ["excluded", "not a number (row 1: \"setosa\")", "the weight"]);
    }

    #[test]
    fn categories_are_used_beside_numbers() {
        let selection = Selection { categorical: names(&["species"]), ..Selection::default() };
        let choice = choose("x", &profiles(), &selection).unwrap();
        assert_eq!((choice.used, choice.categorical), (vec![0, 1, 2, 3], vec![2]));
        let selection = Selection { columns: Some(names(&["b"])), ..selection };
        assert_eq!(choose("x", &profiles(), &selection).unwrap().used, [1, 2]);
        let selection = Selection { exclude: names(&["species"]), ..selection };
        assert_eq!(choose("x", &profiles(), &selection).unwrap_err().option(), Some("categorical"));
    }

    #[test]
    fn listed_columns_keep_their_order() {
        let selection = Selection { columns: Some(names(&["b", "a"])), ..Selection::default() };
        assert_eq!(choose("x", &profiles(), &selection).unwrap().used, [1, 0]);
    }

    #[test]
    fn an_unknown_name_is_refused_with_a_suggestion() {
        let selection = Selection { exclude: names(&["specis"]), ..Selection::default() };
        let error = choose("x.csv", &profiles(), &selection).unwrap_err();
        assert_eq!(
            (error.option(), error.to_string().as_str()),
            (Some("exclude"), "names \"specis\", which is no column of x.csv")
        );
        assert_eq!(error.hint().unwrap(), "did you mean \"species\"?");
    }

    #[test]
    fn a_column_named_twice_is_refused() {
        for columns in [["a", "a"], ["a", "w"]] {
            let selection = Selection {
                columns: Some(names(&columns)),
                weight: Some("w".into()),
                ..Selection::default()
            };
            assert_eq!(choose("x", &profiles(), &selection).unwrap_err().option(), Some("columns"));
        }
    }

    #[test]
    fn a_table_without_numbers_is_refused() {
        let selection = Selection { exclude: names(&["a", "b", "w"]), ..Selection::default() };
        let error = choose("x", &profiles(), &selection).unwrap_err();
        assert_eq!(error.to_string(), "x has no column of numbers to use");
    }

    #[test]
    fn two_used_columns_of_one_name_are_refused_and_unused_ones_are_not() {
        let mut profiles = profiles();
        profiles[1].name = "a".into();
        assert!(choose("x", &profiles, &Selection::default()).is_err());
        let selection = Selection { exclude: names(&["a"]), ..Selection::default() };
        assert_eq!(choose("x", &profiles, &selection).unwrap().used, [3]);
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

    #[test]
    fn a_name_with_a_comma_must_be_quoted_and_the_hint_says_how() {
        let mut profiles = profiles();
        profiles[0].name = "a,b".into();
        let selection = Selection { columns: Some(names(&["a", "b"])), ..Selection::default() };
        let error = choose("x", &profiles, &selection).unwrap_err();
        assert_eq!(error.hint().unwrap(), "quote a name with a comma: --columns '\"a,b\"'");
    }

    #[test]
    fn a_column_without_a_name_goes_by_its_place() {
        let mut profiles = profiles();
        profiles[1].name = String::new();
        let choice = choose("x", &profiles, &Selection::default()).unwrap();
        assert_eq!(
            (choice.skipped[0].name.as_str(), choice.skipped[0].reason.as_str()),
            ("column 2", "it has no name")
        );
    }
}
