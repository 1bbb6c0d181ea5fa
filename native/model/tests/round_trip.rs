//! A model comes back as it went, and a text that is no model gets a sentence.
#![expect(clippy::unwrap_used, reason = "a test may")]

use kmeans_engine::{
    FitParams, InMemory, Matrix, Missing, Preparation, PrepareParams, Scale, Threads, Values, Weights, fit,
};
use kmeans_model::{About, Error, Model};
use proptest::prelude::*;

fn model(values: Vec<f64>, clusters: usize, weights: Option<&[f64]>) -> Model {
    let weights = weights.map(|w| Weights::new(w).unwrap());
    let matrix = Matrix::new(2, Values::F64(values));
    let params = FitParams { clusters, seed: u64::MAX, ..FitParams::default() };
    let plan = params.check(matrix.rows(), 2, weights.as_ref()).unwrap();
    let weight = weights.as_ref().map(|_| "w");
    let found = fit(&mut InMemory::new(matrix, weights, &plan.params).unwrap(), &plan, &()).unwrap();
    let about = About {
        columns: &["a".to_owned(), "b \"c\"".to_owned()],
        ranges: &found.ranges,
        means: &found.means,
        preparation: &Preparation::none(2),
        weight,
        version: "1.2.3",
    };
    Model::new(&found, &plan, about)
}

fn text(model: &Model) -> String {
    String::from_utf8(model.to_json().unwrap()).unwrap()
}

fn refused(text: &str) -> String {
    Model::from_json(text.as_bytes()).unwrap_err().to_string()
}

proptest! {
    #[test]
    fn every_number_comes_back_to_the_bit(values in prop::collection::vec(-1e300f64..1e300, 8), small in any::<bool>()) {
        let values = values.into_iter().map(|v| if small { v / 1e300 / 1e300 } else { v }).collect();
        let model = model(values, 3, None);
        let back = Model::from_json(&model.to_json().unwrap()).unwrap();
        let bits = |m: &Model| m.centroids.concat().iter().map(|c| c.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(&back), bits(&model));
        prop_assert_eq!(text(&back), text(&model));
    }

    /// Whatever a text is cut or changed to, it is read or refused: no panic.
    #[test]
    fn a_damaged_text_is_no_accident(at in 0usize..700, byte in any::<u8>(), cut in any::<bool>()) {
        let mut text = model(vec![0.5, 1.0, 2.0, 3.0, 9.0, 9.0], 2, Some(&[1.0, 2.0, 3.0])).to_json().unwrap();
        let at = at % text.len();
        if cut { text.truncate(at) } else { text[at] = byte }
        if let Ok(model) = Model::from_json(&text) {
            prop_assert!(model.centroids.concat().iter().all(|c| c.is_finite()));
            model.labeller();
        }
    }
}

/// A model of a number that is scaled and filled, and of a text.
fn prepared() -> Model {
    let texts = [None, Some(vec!["b".to_owned(), "a".to_owned()])];
    let rows = Matrix::new(2, Values::F64(vec![1.0, 0.0, 3.0, 1.0, f64::NAN, 1.0, 9.0, 0.0]));
    let params = PrepareParams { missing: Missing::Mean, scale: Scale::Standard, categorical_weight: 0.5 };
    let threads = Threads::new(Some(1)).unwrap();
    let (preparation, _) = Preparation::fit(&params, &texts, &mut (&rows, None), &threads, &()).unwrap();
    let matrix = preparation.apply(rows, &threads).unwrap();
    let params = FitParams { clusters: 2, ..FitParams::default() };
    let plan = params.check(matrix.rows(), 3, None).unwrap();
    let found = fit(&mut InMemory::new(matrix, None, &plan.params).unwrap(), &plan, &()).unwrap();
    let columns = ["x".to_owned(), "kind".to_owned()];
    let (ranges, means) = (&found.ranges, &found.means[..]);
    let about =
        About { columns: &columns, ranges, means, preparation: &preparation, weight: None, version: "1.2.3" };
    Model::new(&found, &plan, about)
}

#[test]
fn a_preparation_comes_back_to_the_bit() {
    let model = prepared();
    let back = Model::from_json(&model.to_json().unwrap()).unwrap();
    assert_eq!(back.preparation(), model.preparation());
    assert_eq!((text(&back), back.columns()), (text(&model), vec!["x".to_owned(), "kind".to_owned()]));
    assert_eq!(back.names(), ["x", "kind=a", "kind=b"]);
}

#[test]
fn a_preparation_that_makes_no_sense_is_refused() {
    let good = text(&prepared());
    for (from, to) in [
        ("\"fills\": [", "\"fills\": [1.0, "),
        ("\"fills\": [", "\"fills\": [null, "),
        ("\"shifts\": [", "\"shifts\": [1.0, "),
        ("\"scales\": [", "\"scales\": [0.0, 1.0, 1.0], \"was\": ["),
        ("\"weight\": 0.5", "\"weight\": -1.0"),
        ("\"category\": \"a\"", "\"category\": \"c\""),
        ("\"preparedCentroids\"", "\"prepared\""),
        (
            "\"name\": \"categorical\"",
            "\"name\": \"scale\", \"method\": \"l2\", \"shifts\": [], \"scales\": []",
        ),
    ] {
        assert!(good.contains(from), "{from}\n{good}");
        let message = refused(&good.replacen(from, to, 1));
        assert!(message.starts_with("is damaged: ") || message.starts_with("is not"), "{from}: {message}");
    }
    assert_eq!(
        refused(&good.replace("\"standard\"", "\"whitening\"")),
        "needs \"scale whitening\", which this kmeans does not have"
    );
}

#[test]
fn a_row_of_numbers_is_a_line() {
    let text = text(&model(vec![0.0, 0.25, 0.0, 0.75, 8.0, 8.0], 2, None));
    assert!(text.contains("\n  \"centroids\": [\n    [0.0, 0.5],\n    [8.0, 8.0]\n  ],\n"), "{text}");
    assert!(
        text.contains("\n    {\"name\": \"b \\\"c\\\"\", \"min\": 0.25, \"max\": 8.0, \"mean\": 3.0}\n"),
        "{text}"
    );
    assert!(text.contains("\n  \"seed\": \"18446744073709551615\",\n"), "{text}");
    assert!(!text.contains("weights"));
}

#[test]
fn unknown_optional_fields_are_kept() {
    let text = text(&model(vec![1.0, 2.0, 3.0, 4.0], 1, Some(&[1.0, 0.5])));
    let more = text.replacen("  \"sizes\"", "  \"colour\": {\"of\": [1, 2]},\n  \"sizes\"", 1);
    let more = more.replacen("\"name\": \"a\"", "\"name\": \"a\", \"unit\": \"cm\"", 1);
    let back = Model::from_json(more.as_bytes()).unwrap().to_json().unwrap();
    let back = String::from_utf8(back).unwrap();
    assert!(back.contains("\"colour\": {\"of\": [1, 2]}") && back.contains("\"unit\": \"cm\""), "{back}");
}

#[test]
fn what_is_not_a_model_is_refused_with_a_sentence() {
    let good = text(&model(vec![1.0, 2.0, 3.0, 4.0], 2, None));
    let with = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}\n{good}");
        refused(&good.replacen(from, to, 1))
    };
    assert!(refused("").starts_with("is not a kmeans model: EOF"));
    assert!(refused("a,b\n1,2\n").starts_with("is not a kmeans model: expected value"));
    assert!(refused("{}").contains("\"format\""));
    assert!(refused(&"[".repeat(100_000)).starts_with("is not a kmeans model"));
    assert!(refused(&format!("{{\"format\":{}", "[".repeat(100_000))).contains("recursion limit"));
    assert_eq!(
        with("\"formatVersion\": 1", "\"formatVersion\": 2"),
        "has format version 2, and this kmeans reads version 1"
    );
    assert_eq!(
        with("\"requires\": []", "\"requires\": [\"sparse\"]"),
        "needs \"sparse\", which this kmeans does not have"
    );
    assert_eq!(
        with("\"preprocessing\": []", "\"preprocessing\": [{\"name\": \"rotate\"}]"),
        "needs \"rotate\", which this kmeans does not have"
    );
    assert_eq!(with("[1.0, 2.0]", "[1.0]"), "is damaged: centroids[0] has 1 entry, and there are 2 features");
    assert!(with("[1.0, 2.0]", "[1.0, NaN]").contains("line"));
    assert!(with("[1.0, 2.0]", "[1.0, 1e999]").contains("out of range"));
    assert!(with("\"sizes\": [1, 1]", "\"sizes\": [1]").starts_with("is damaged: sizes"));
    assert!(
        with("\"name\": \"a\"", "\"name\": \"b \\\"c\\\"\"")
            .starts_with("is damaged: features[0] and features[1]")
    );
    assert!(with("18446744073709551615", "-3").starts_with("is damaged: seed is"));
    assert!(matches!(Model::from_json(b"\xff\xfe{"), Err(Error::Form(_))));
}
