//! Every number and text of a model has a rule, and a model that breaks it gets a sentence with the place.

use kmeans_engine::{Matrix, Threads, Values};
use kmeans_model::Model;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A model that uses every field.
fn golden() -> Value {
    json!({
        "format": "kmeans-model",
        "formatVersion": 1,
        "requires": ["missing", "categorical", "scale"],
        "tool": {"name": "kmeans", "version": "1.2.3"},
        "features": [
            {"name": "x", "min": 1.0, "max": 9.0, "mean": 4.0},
            {"name": "kind=a", "column": "kind", "category": "a", "min": 0.0, "max": 1.0, "mean": 0.5},
            {"name": "kind=b", "column": "kind", "category": "b", "min": 0.0, "max": 1.0, "mean": 0.5},
        ],
        "centroids": [[2.0, 0.5, 0.5], [9.0, 0.0, 1.0]],
        "preparedCentroids": [[-0.5, 0.25, 0.25], [1.25, 0.0, 0.5]],
        "unitExponent": 3,
        "sizes": [3, 1],
        "weights": [3.5, 1.0],
        "within": [1.5, 0.0],
        "inertia": 1.5,
        "total": 5.0,
        "rows": 4,
        "iterations": 2,
        "converged": true,
        "stopped": "labels",
        "seed": "0",
        "options":
            {"clusters": 2, "init": "k-means++", "nInit": 1, "maxIter": 300, "tol": 0.0001, "weight": "w"},
        "preprocessing": [
            {"name": "missing", "method": "mean", "fills": [4.0, null]},
            {"name": "categorical", "weight": 0.5},
            {"name": "scale", "method": "standard", "shifts": [4.0, 0.0, 0.0], "scales": [4.0, 1.0, 1.0]},
        ],
    })
}

fn load(model: &Value) -> Result<Model, String> {
    Model::from_json(model.to_string().as_bytes()).map_err(|error| error.to_string())
}

/// Returns what is said of the golden model with one value replaced.
fn refused(pointer: &str, value: Value) -> String {
    let mut model = golden();
    *model.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
    load(&model).err().unwrap_or_else(|| panic!("{pointer} may be anything"))
}

#[test]
fn the_golden_model_is_one() {
    let model = load(&golden()).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&model.to_json().unwrap()).unwrap(), golden());
    let mut brief = golden();
    for field in ["unitExponent", "weights", "within", "total", "rows", "options"] {
        brief.as_object_mut().unwrap().remove(field);
    }
    assert_eq!(load(&brief).unwrap().rows, Some(4));
}

/// Checks what is said of the golden model with one value replaced at a time.
fn check_each(all: &[(&str, Value, &str)]) {
    for (pointer, value, told) in all {
        let message = refused(pointer, value.clone());
        assert!(message.starts_with("is damaged: ") && message.ends_with(told), "{pointer}: {message}");
    }
}

#[test]
fn a_broken_rule_of_features_and_centroids_is_told_with_its_place() {
    check_each(&[
        ("/features", json!([]), "features has no entry"),
        ("/centroids", json!([]), "centroids has no entry"),
        ("/features/1/name", json!("x"), "features[0] and features[1] both have the name \"x\""),
        ("/features/0/min", json!(9.5), "features[0].min is 9.5, and must be at most features[0].max, 9.0"),
        ("/features/0/mean", json!(0.5), "features[0].min is 1.0, and must be at most features[0].mean, 0.5"),
        ("/features/0/mean", json!(9.5), "features[0].mean is 9.5, and must be at most features[0].max, 9.0"),
        (
            "/features/1/category",
            json!("b"),
            "features[2].category is \"b\", and must be behind that of features[1] in the order of their bytes",
        ),
        ("/features/1/category", json!(null), "features[1] has a column and no category"),
        ("/centroids/1", json!([9.0, 0.0]), "centroids[1] has 2 entries, and there are 3 features"),
        (
            "/preparedCentroids",
            json!([[0.0, 0.0, 0.0]]),
            "preparedCentroids has 1 entry, and there are 2 centroids",
        ),
        ("/preparedCentroids/0", json!([0.0]), "preparedCentroids[0] has 1 entry, and there are 3 features"),
        (
            "/preparedCentroids",
            json!(null),
            "preparedCentroids must be there if steps of preprocessing move rows, and only then",
        ),
        ("/unitExponent", json!(1025), "unitExponent is 1025, and must be from -1100 to 1024"),
        (
            "/unitExponent",
            json!(-441),
            "preparedCentroids[0][0] is -0.5, and must be at most 2^440 in the unit of 2^-441 that unitExponent says",
        ),
    ]);
}

#[test]
fn a_broken_rule_of_counts_and_sums_is_told_with_its_place() {
    check_each(&[
        ("/sizes", json!([4]), "sizes has 1 entry, and there are 2 centroids"),
        (
            "/sizes/1",
            json!(u64::MAX),
            "sizes[1] is 18446744073709551615, and must be at most 2^53, 9007199254740992",
        ),
        ("/sizes/1", json!(2), "rows is 4, and must be 5, what sizes add up to"),
        ("/weights", json!([4.5]), "weights has 1 entry, and there are 2 centroids"),
        ("/weights/0", json!(-1.0), "weights[0] is -1.0, and must be 0 or more"),
        ("/within/1", json!(-0.5), "within[1] is -0.5, and must be 0 or more"),
        ("/within", json!([1.5]), "within has 1 entry, and there are 2 centroids"),
        ("/inertia", json!(-1.5), "inertia is -1.5, and must be 0 or more"),
        ("/total", json!(-5.0), "total is -5.0, and must be 0 or more"),
        (
            "/rows",
            json!(u64::MAX),
            "rows is 18446744073709551615, and must be at most 2^53, 9007199254740992",
        ),
        (
            "/iterations",
            json!(u64::MAX),
            "iterations is 18446744073709551615, and must be at most 2^53, 9007199254740992",
        ),
        ("/converged", json!(false), "converged is false, and must be true where stopped is \"labels\""),
        (
            "/stopped",
            json!("tired"),
            "stopped is \"tired\", and must be one of labels, tolerance, max-iter, interrupted",
        ),
        ("/seed", json!("-3"), "seed is \"-3\", and must be a whole number from 0 to 2^64 - 1 as a text"),
        (
            "/options/nInit",
            json!(u64::MAX),
            "options.nInit is 18446744073709551615, and must be at most 2^53, 9007199254740992",
        ),
        ("/options/tol", json!(-1.0), "options.tol is -1.0, and must be 0 or more"),
    ]);
}

#[test]
fn a_broken_rule_of_preprocessing_is_told_with_its_place() {
    check_each(&[
        (
            "/preprocessing/0/fills",
            json!([4.0]),
            "preprocessing[0].fills has 1 entry, and there are 2 columns",
        ),
        (
            "/preprocessing/0/fills/0",
            json!(null),
            "preprocessing[0].fills[0] is null, and must be a number, for the column holds numbers",
        ),
        (
            "/preprocessing/0/fills/1",
            json!(0.0),
            "preprocessing[0].fills[1] is 0.0, and must be null, for the column holds texts",
        ),
        (
            "/preprocessing/0/method",
            json!("drop"),
            "preprocessing[0].fills has 2 entries, and there are 0 columns that are filled",
        ),
        ("/preprocessing/1/weight", json!(0.0), "preprocessing[1].weight is 0.0, and must be above 0"),
        (
            "/preprocessing/2/shifts",
            json!([]),
            "preprocessing[2].shifts has 0 entries, and there are 3 features",
        ),
        ("/preprocessing/2/scales/0", json!(-4.0), "preprocessing[2].scales[0] is -4.0, and must be above 0"),
        (
            "/preprocessing/2/scales/0",
            json!(5e-324),
            "preprocessing[2].scales[0] is 5e-324, and must be one that leaves 1.0 - 4.0, divided by it, a 64-bit float",
        ),
        (
            "/preprocessing/2/method",
            json!("l2"),
            "preprocessing[2].shifts has 3 entries, and there are 0 features that are scaled",
        ),
        (
            "/preprocessing/1",
            json!({"name": "missing", "method": "drop", "fills": []}),
            "preprocessing[1].name is \"missing\", and must be one of missing, categorical, scale, each once and in this order",
        ),
        (
            "/preprocessing/0",
            json!({"name": "scale", "method": "l2", "shifts": [], "scales": []}),
            "preprocessing[1].name is \"categorical\", and must be one of missing, categorical, scale, each once and in this order",
        ),
        ("/preprocessing", json!([]), "features[1] is a category, and no step of preprocessing makes one"),
    ]);
}

#[test]
fn a_value_of_another_kind_is_told_with_its_place() {
    for (pointer, value, told) in [
        ("/sizes/1", json!(-1), "in sizes[1]"),
        ("/sizes/1", json!(1.5), "in sizes[1]"),
        ("/centroids/1/2", json!("1"), "in centroids[1][2]"),
        ("/features/2/max", json!([]), "in features[2].max"),
        ("/inertia", json!("much"), "in inertia"),
        ("/options/maxIter", json!(-1), "in options.maxIter"),
        ("/preprocessing/2/scales/0", json!("x"), "in preprocessing[2]"),
        ("/preprocessing", json!("x"), "in preprocessing"),
        ("/requires", json!([1]), "in requires[0]"),
    ] {
        let message = refused(pointer, value);
        assert!(message.starts_with("is not a kmeans model: ") && message.ends_with(told), "{message}");
    }
    let text = golden().to_string().replacen("9.0", "1e999", 1);
    assert!(Model::from_json(text.as_bytes()).unwrap_err().to_string().contains("out of range"));
}

#[test]
fn a_text_of_any_length_makes_a_short_sentence() {
    let long = "x".repeat(100_000);
    for (pointer, value) in [
        ("/requires/0", json!(long)),
        ("/preprocessing/2/name", json!(long)),
        ("/preprocessing/2/method", json!(long)),
        ("/stopped", json!(long)),
        ("/seed", json!(long)),
        ("/sizes/0", json!(long)),
        ("/features/0", json!({"name": long, "min": 2, "max": 1})),
    ] {
        let message = refused(pointer, value);
        assert!(message.len() < 400, "{pointer}: {} bytes", message.len());
    }
    let mut model = golden();
    model["features"] = json!([{"name": long}, {"name": long}, {"name": "b"}]);
    assert!(load(&model).unwrap_err().len() < 400);
}

/// All places of a JSON value.
fn places(value: &Value, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    match value {
        Value::Array(all) => all.iter().enumerate().for_each(|(i, x)| places(x, &format!("{at}/{i}"), into)),
        Value::Object(all) => all.iter().for_each(|(name, x)| places(x, &format!("{at}/{name}"), into)),
        _ => {}
    }
}

fn nasty() -> impl Strategy<Value = Value> {
    let numbers = prop::sample::select(vec![
        json!(-1),
        json!(0),
        json!(1),
        json!(2),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(0.5),
        json!(-0.0),
        json!(5e-324),
        json!(-5e-324),
        json!(1e-200),
        json!(f64::MAX),
        json!(f64::MIN),
    ]);
    let others = prop::sample::select(vec![
        json!(null),
        json!(true),
        json!(""),
        json!("standard"),
        json!("mean"),
        json!("kind"),
        json!([]),
        json!({}),
        json!([1.0, 2.0, 3.0]),
        json!({"name": "scale", "method": "l2", "shifts": [], "scales": []}),
    ]);
    prop_oneof![2 => numbers, 1 => others]
}

/// The rows that a model must be able to label: those of its own ranges, or of missing cells.
fn rows(model: &Model) -> Matrix {
    let columns = model.columns();
    let inner = |name: &String| {
        model.features.iter().find(|feature| feature.name == *name).and_then(|feature| feature.max)
    };
    let whole = columns.iter().map(|name| inner(name).unwrap_or(0.0));
    let missing = columns.iter().map(|_| if model.preparation().fills() { f64::NAN } else { 0.0 });
    Matrix::new(columns.len(), Values::F64(whole.chain(missing).collect()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// A changed model labels rows, or gets a sentence that names a place; nothing panics.
    #[test]
    fn any_change_is_harmless_or_told(
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop::option::weighted(0.8, nasty())), 1..3),
    ) {
        let mut model = golden();
        for (which, change) in changes {
            let mut all = Vec::new();
            places(&model, "", &mut all);
            let place = which.get(&all).clone();
            if let Some(value) = change {
                *model.pointer_mut(&place).unwrap() = value;
                continue;
            }
            let (parent, name) = place.rsplit_once('/').unwrap_or(("", ""));
            match model.pointer_mut(parent) {
                Some(Value::Object(all)) => drop(all.remove(name)),
                Some(Value::Array(all)) => drop(all.remove(name.parse::<usize>().unwrap())),
                _ => {}
            }
        }
        match load(&model) {
            Ok(loaded) => {
                let saved = loaded.to_json().unwrap();
                prop_assert_eq!(&Model::from_json(&saved).unwrap().to_json().unwrap(), &saved);
                let threads = Threads::new(Some(1)).unwrap();
                let prepared = loaded.preparation().apply(rows(&loaded), &threads).unwrap();
                let labels = loaded.labeller().labels(&prepared, &threads);
                prop_assert!(labels.as_ref().is_ok_and(|all| all.iter().all(|&label| (label as usize) < loaded.centroids.len())), "{:?}", labels);
            }
            Err(message) => {
                let fields = golden();
                let named = fields.as_object().unwrap().keys().any(|field| message.contains(field.as_str()));
                prop_assert!(named || message.contains("needs \"") || message.contains(" at line "), "{}", message);
                prop_assert!(message.len() < 400);
            }
        }
    }
}
