use super::*;

fn profiles() -> Vec<Profile> {
    let text = Nature::Text { row: 1, value: "setosa".into(), look_alike: None };
    let natures = [("a", Nature::Numeric), ("b", Nature::Numeric), ("species", text), ("w", Nature::Numeric)];
    natures.into_iter().map(|(name, nature)| Profile { name: name.into(), nature }).collect()
}

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|&name| name.into()).collect()
}

#[test]
fn every_column_of_numbers_is_used_by_default() {
    let selection = Selection { weight: Some("w".into()), exclude: names(&["b"]), ..Selection::default() };
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
    let selection = Selection { columns: Some(names(&["s*", "b"])), ..selection };
    assert_eq!(choose("x", &profiles(), &selection).unwrap().used, [2, 1]);
    let selection = Selection { exclude: names(&["species"]), ..selection };
    let error = choose("x", &profiles(), &selection).unwrap_err();
    assert_eq!(
        (error.option(), error.to_string().as_str()),
        (Some("categorical"), "names \"species\", which is excluded")
    );
}

#[test]
fn a_pattern_of_categories_takes_what_is_free() {
    let selection = Selection {
        categorical: names(&["*"]),
        exclude: names(&["a"]),
        weight: Some("w".into()),
        ..Selection::default()
    };
    let choice = choose("x", &profiles(), &selection).unwrap();
    assert_eq!((choice.used, choice.categorical), (vec![1, 2], vec![1, 2]));
    let twice = Selection { categorical: names(&["b", "2"]), ..Selection::default() };
    let error = choose("x", &profiles(), &twice).unwrap_err();
    assert_eq!(error.to_string(), "names \"b\", which is named twice");
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
        let selection =
            Selection { columns: Some(names(&columns)), weight: Some("w".into()), ..Selection::default() };
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

fn used(columns: &[&str], exclude: &[&str]) -> Result<Vec<usize>, Error> {
    let selection =
        Selection { columns: Some(names(columns)), exclude: names(exclude), ..Selection::default() };
    choose("x", &profiles(), &selection).map(|choice| choice.used)
}

#[test]
fn ranges_and_patterns_take_the_columns_of_numbers_once_and_say_why_not_the_others() {
    let selection = Selection { columns: Some(names(&["w", "2-", "*"])), ..Selection::default() };
    let choice = choose("x", &profiles(), &selection).unwrap();
    assert_eq!((choice.used, choice.listed), (vec![3, 1, 0], vec![true, false, false]));
    assert_eq!(choice.skipped.len(), 1);
    assert_eq!(choice.skipped[0].reason, "not a number (row 1: \"setosa\")");
}

#[test]
fn exceptions_hold_for_the_whole_list_and_alone_they_leave_the_rest() {
    assert_eq!(used(&["!b", "*"], &[]).unwrap(), [0, 3]);
    assert_eq!(used(&["*", "!b"], &[]).unwrap(), [0, 3]);
    assert_eq!(used(&["!1-2"], &[]).unwrap(), [3]);
    assert_eq!(used(&["*"], &["-2"]).unwrap(), [3]);
}

#[test]
fn a_position_is_a_name_in_another_form() {
    assert_eq!(used(&["4", "1"], &[]).unwrap(), [3, 0]);
    assert_eq!(used(&["a", "1"], &[]).unwrap_err().to_string(), "names \"a\" twice");
    assert_eq!(used(&["a*", "1"], &[]).unwrap(), [0]);
}

#[test]
fn a_pattern_that_finds_only_text_leaves_nothing_to_use() {
    let error = used(&["spec*"], &[]).unwrap_err();
    assert_eq!(error.to_string(), "x has no column of numbers to use");
    assert!(error.hint().unwrap().contains("species: not a number"), "{:?}", error.hint());
}

#[test]
fn ids_the_truth_and_the_weight_are_not_used_and_say_so() {
    let selection = Selection {
        id: names(&["b"]),
        truth: Some("species".into()),
        weight: Some("w".into()),
        ..Selection::default()
    };
    let choice = choose("x", &profiles(), &selection).unwrap();
    assert_eq!((choice.used, choice.truth, choice.weight), (vec![0], Some(2), Some(3)));
    let reasons: Vec<&str> = choice.skipped.iter().map(|each| each.reason.as_str()).collect();
    assert_eq!(reasons, ["an id", "the truth", "the weight"]);
}

#[test]
fn a_column_has_one_part_to_play() {
    let with = |columns: Option<&str>, id: &str, truth: &str, weight: &str| {
        let selection = Selection {
            columns: columns.map(|name| names(&[name])),
            id: names(&[id]),
            truth: Some(truth.into()),
            weight: Some(weight.into()),
            ..Selection::default()
        };
        let error = choose("x", &profiles(), &selection).unwrap_err();
        (error.option(), error.to_string())
    };
    assert_eq!(with(None, "a", "w", "w"), (Some("truth"), "names \"w\", which is the weight".into()));
    assert_eq!(with(None, "b", "b", "w"), (Some("id"), "names \"b\", which is the truth".into()));
    assert_eq!(with(Some("a"), "a", "b", "w"), (Some("columns"), "names \"a\", which is an id".into()));
}

#[test]
fn one_of_two_columns_that_share_a_name_is_left_out_by_its_position() {
    let mut profiles = profiles();
    profiles[1].name = "a".into();
    let selection = Selection { exclude: names(&["2"]), ..Selection::default() };
    assert_eq!(choose("x", &profiles, &selection).unwrap().used, [0, 3]);
}
