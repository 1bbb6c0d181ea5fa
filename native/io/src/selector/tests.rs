use super::*;

const IRIS: [&str; 5] = ["sepal_length", "sepal_width", "petal_length", "petal_width", "species"];

fn read(names: &[&str], option: &'static str, entry: &str) -> Result<Entry, Error> {
    let index = Index::of(names.iter().copied());
    let selector = Selector { option, input: "x.csv", index: &index };
    Ok(selector.entries(&[entry.to_owned()])?.remove(0))
}

fn places(entry: &str) -> Vec<usize> {
    read(&IRIS, "columns", entry).unwrap().places().to_vec()
}

fn refusal(names: &[&str], entry: &str) -> (String, Option<String>) {
    let error = read(names, "columns", entry).unwrap_err();
    assert_eq!(error.option(), Some("columns"));
    (error.to_string(), error.hint())
}

#[test]
fn positions_are_counted_from_1_and_ranges_hold_both_ends() {
    assert_eq!(read(&IRIS, "columns", "3").unwrap(), Entry::Column(vec![2]));
    for (entry, expected) in [("2-4", 1..4), ("4-", 3..5), ("-2", 0..2), ("5-5", 4..5), (" 1 - 2 ", 0..2)] {
        let expected = Entry::Described(expected.collect());
        assert_eq!(read(&IRIS, "columns", entry).unwrap(), expected, "{entry}");
    }
}

#[test]
fn ranges_of_names_hold_both_ends_and_may_be_open() {
    for (entry, expected) in [
        ("sepal_width:petal_width", 1..4),
        ("petal_width:", 3..5),
        (":sepal_width", 0..2),
        ("2:petal_length", 1..3),
        ("1:2", 0..2),
        ("species:species", 4..5),
    ] {
        assert_eq!(places(entry), expected.collect::<Vec<_>>(), "{entry}");
    }
}

#[test]
fn patterns_match_whole_names_in_the_order_of_the_input() {
    for (entry, expected) in [
        ("petal*", vec![2, 3]),
        ("*_width", vec![1, 3]),
        ("s*", vec![0, 1, 4]),
        ("?????_width", vec![1, 3]),
        ("*", vec![0, 1, 2, 3, 4]),
    ] {
        assert_eq!(places(entry), expected, "{entry}");
    }
}

#[test]
fn a_column_of_that_name_wins_over_every_other_reading() {
    let names = ["7", "1-2", "a:b", "x*", "!b", "a", "b", "2"];
    for (place, name) in names.iter().enumerate() {
        assert_eq!(read(&names, "columns", name).unwrap(), Entry::Column(vec![place]), "{name}");
    }
    assert_eq!(read(&names, "columns", "3").unwrap(), Entry::Column(vec![2]));
    assert_eq!(read(&names, "columns", "a:2").unwrap(), Entry::Described(vec![5, 6, 7]));
    assert_eq!(read(&names, "columns", "!!b").unwrap(), Entry::Except(vec![4]));
}

#[test]
fn a_name_with_colons_may_end_a_range() {
    let names = ["t:0", "t:1", "t:2"];
    assert_eq!(read(&names, "columns", "t:0:t:1").unwrap(), Entry::Described(vec![0, 1]));
    assert_eq!(read(&names, "columns", "t:*").unwrap(), Entry::Described(vec![0, 1, 2]));
}

#[test]
fn an_exclamation_mark_takes_away_and_only_from_columns() {
    assert_eq!(read(&IRIS, "columns", "!species").unwrap(), Entry::Except(vec![4]));
    assert_eq!(read(&IRIS, "columns", "! *_width").unwrap(), Entry::Except(vec![1, 3]));
    assert_eq!(
        read(&IRIS, "exclude", "!species").unwrap_err().to_string(),
        "names \"!species\", which is no column of x.csv"
    );
}

#[test]
fn every_column_that_shares_a_name_is_found() {
    assert_eq!(read(&["a", "b", "a"], "exclude", "a").unwrap(), Entry::Column(vec![0, 2]));
    let (message, _) = refusal(&["a", "b", "a"], "b:a");
    assert_eq!(message, "names \"a\", and x.csv has 2 columns of that name");
}

#[test]
fn what_means_no_column_is_refused_with_advice() {
    for (entry, message, hint) in [
        ("9", "names \"9\", and x.csv has 5 columns", None),
        ("0", "names \"0\", and columns are counted from 1", None),
        ("99999999999999999999999", "names \"99999999999999999999999\", and x.csv has 5 columns", None),
        ("0-3", "names \"0-3\", and columns are counted from 1", None),
        ("3-9", "names \"3-9\", and x.csv has 5 columns", Some("3- goes to the last column")),
        ("6-", "names \"6-\", and x.csv has 5 columns", None),
        ("4-2", "names \"4-2\", which ends before it begins", Some("did you mean 2-4?")),
        (
            "petal_width:sepal_width",
            "names \"petal_width:sepal_width\", which ends before it begins",
            Some("did you mean sepal_width:petal_width?"),
        ),
        (
            "sepal_width:petal_widht",
            "names \"sepal_width:petal_widht\", and \"petal_widht\" is no column of x.csv",
            Some("did you mean \"petal_width\"?"),
        ),
        ("1:9", "names \"1:9\", and \"9\" is no column of x.csv", None),
        ("pedal*", "names \"pedal*\", which matches no column of x.csv", Some("did you mean \"petal*\"?")),
        (
            "*_lenght",
            "names \"*_lenght\", which matches no column of x.csv",
            Some("did you mean \"*_length\"?"),
        ),
        (
            "Petal*",
            "names \"Petal*\", which matches no column of x.csv",
            Some("letter case counts, and there is \"petal_length\""),
        ),
        (
            "sepal?lenght",
            "names \"sepal?lenght\", which matches no column of x.csv",
            Some("did you mean \"sepal_length\"?"),
        ),
        ("specis", "names \"specis\", which is no column of x.csv", Some("did you mean \"species\"?")),
        ("-", "names \"-\", which is no column of x.csv", None),
        (":", "names \":\", which is no column of x.csv", None),
        ("!", "names \"!\", which is no column of x.csv", None),
    ] {
        let (found, advice) = refusal(&IRIS, entry);
        assert_eq!((found.as_str(), advice.as_deref()), (message, hint), "{entry}");
    }
}

#[test]
fn a_mistyped_year_is_a_name() {
    let names = ["2017", "2018", "2020-01"];
    assert_eq!(refusal(&names, "2019").1.unwrap(), "did you mean \"2017\"?");
    assert_eq!(refusal(&names, "2020-02").1.unwrap(), "did you mean \"2020-01\"?");
}
