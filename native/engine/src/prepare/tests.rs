//! A preparation against plain arithmetic, and the same whatever the storage, the threads and the blocks.

use proptest::prelude::*;

use super::*;
use crate::matrix::{Matrix, Values};
use crate::threads::Threads;

fn threads(count: usize) -> Threads {
    Threads::new(Some(count)).unwrap()
}

fn params(missing: Missing, scale: Scale) -> PrepareParams {
    PrepareParams { missing, scale, categorical_weight: 0.5 }
}

fn matrix(columns: usize, values: &[f64]) -> Matrix {
    Matrix::new(columns, Values::F64(values.to_vec()))
}

fn fit(
    params: &PrepareParams,
    matrix: &Matrix,
    weights: Option<&[f64]>,
) -> Result<(Preparation, Option<Seen>), Error> {
    Preparation::fit(params, &vec![None; matrix.columns()], &mut (matrix, weights), &threads(1), &())
}

fn both(missing: Missing, scale: Scale, columns: usize, values: &[f64]) -> Vec<f64> {
    let given = matrix(columns, values);
    let (prepared, _) = fit(&params(missing, scale), &given, None).unwrap();
    prepared.apply(given, &threads(2)).unwrap().widened().into_owned()
}

const NAN: f64 = f64::NAN;

#[test]
fn missing_cells_are_filled_from_their_column() {
    let table = [1.0, 10.0, NAN, 20.0, 3.0, NAN, 8.0, 60.0];
    assert_eq!(both(Missing::Mean, Scale::None, 2, &table), [1.0, 10.0, 4.0, 20.0, 3.0, 30.0, 8.0, 60.0]);
    assert_eq!(both(Missing::Median, Scale::None, 2, &table), [1.0, 10.0, 3.0, 20.0, 3.0, 20.0, 8.0, 60.0]);
    assert_eq!(both(Missing::Zero, Scale::None, 2, &table), [1.0, 10.0, 0.0, 20.0, 3.0, 0.0, 8.0, 60.0]);
}

#[test]
fn columns_are_scaled_after_they_are_filled() {
    assert_eq!(both(Missing::Error, Scale::Standard, 1, &[1.0, 3.0]), [-1.0, 1.0]);
    assert_eq!(both(Missing::Error, Scale::MinMax, 1, &[2.0, 3.0, 6.0]), [0.0, 0.25, 1.0]);
    assert_eq!(both(Missing::Zero, Scale::MinMax, 1, &[2.0, NAN, 4.0]), [0.5, 0.0, 1.0]);
    assert_eq!(
        both(Missing::Error, Scale::Robust, 1, &[1.0, 2.0, 3.0, 4.0, 90.0]),
        [-1.0, -0.5, 0.0, 0.5, 43.5]
    );
    assert_eq!(both(Missing::Mean, Scale::Standard, 1, &[1.0, 3.0, NAN, NAN])[2..], [0.0, 0.0]);
    assert_eq!(
        both(Missing::Error, Scale::L2, 2, &[3.0, -4.0, 0.0, 0.0, 3e300, 4e300])[..4],
        [0.6, -0.8, 0.0, 0.0]
    );
}

/// Sums and squares are taken in a unit of the column's own, so its size does not matter.
#[test]
fn columns_of_any_size_are_filled_and_scaled() {
    for size in [1.0, 2f64.powi(1020), 2f64.powi(-1060), 2f64.powi(600), 2f64.powi(-600)] {
        let table = [1.0, 3.0, 5.0, NAN].map(|x| x * size);
        for missing in [Missing::Mean, Missing::Median] {
            assert_eq!(both(missing, Scale::None, 1, &table)[3], 3.0 * size);
            for scale in [Scale::Standard, Scale::MinMax, Scale::Robust] {
                let expected = both(missing, scale, 1, &[1.0, 3.0, 5.0, NAN]);
                let found = both(missing, scale, 1, &table);
                for (found, expected) in found.iter().zip(expected) {
                    assert!((found - expected).abs() < 1e-3, "{scale:?} of {size}: {found}, not {expected}");
                }
            }
        }
    }
    assert_eq!(both(Missing::Error, Scale::Standard, 1, &[f64::MAX, f64::MIN]), [1.0, -1.0]);
    let constant = [1e-310, 1e-310, NAN, 1e-310];
    assert_eq!(both(Missing::Mean, Scale::None, 1, &constant), [1e-310; 4]);
    let size = 2f64.powi(700);
    let described = describe(1, &mut (&matrix(1, &[size, 3.0 * size]), None), &threads(1), &()).unwrap()[0];
    assert_eq!((described.mean, described.deviation), (2.0 * size, size));
}

#[test]
fn a_column_that_does_not_vary_becomes_0() {
    for scale in [Scale::Standard, Scale::MinMax, Scale::Robust] {
        assert_eq!(both(Missing::Error, scale, 1, &[7.0; 3]), [0.0; 3]);
    }
}

#[test]
fn what_cannot_be_prepared_is_named() {
    let empty = fit(&params(Missing::Mean, Scale::None), &matrix(2, &[1.0, NAN]), None).unwrap_err();
    assert_eq!(empty.to_string(), "column 2 holds no number that could fill its missing cells");
    for (scale, values) in [
        (Scale::MinMax, &[f64::MAX, f64::MIN][..]),
        (Scale::Standard, &[f64::MAX, f64::MAX, f64::MIN]),
        (Scale::Robust, &[0.0, 1e-300, 2e-300, 3e-300, 1e300]),
    ] {
        let wide = fit(&params(Missing::Error, scale), &matrix(1, values), None).unwrap_err();
        assert_eq!(wide.to_string(), "column 1 has values too far apart to be scaled");
    }
    let weight = PrepareParams { categorical_weight: 0.0, ..PrepareParams::default() };
    assert!(weight.check().is_err());
}

#[test]
fn columns_are_described() {
    let table = matrix(2, &[1.0, NAN, 2.0, NAN, NAN, NAN, 9.0, NAN]);
    let described = describe(2, &mut (&table, None), &threads(1), &()).unwrap();
    let first = Described {
        present: 3,
        missing: 1,
        min: 1.0,
        max: 9.0,
        mean: 4.0,
        deviation: (38.0f64 / 3.0).sqrt(),
        quartiles: [1.5, 2.0, 5.5],
    };
    let second = Described {
        present: 0,
        missing: 4,
        min: 0.0,
        max: 0.0,
        mean: 0.0,
        deviation: 0.0,
        quartiles: [0.0; 3],
    };
    assert_eq!(described, [first, second]);
}

#[test]
fn texts_become_columns_in_their_own_order() {
    let texts = [None, Some(vec!["b".to_owned(), "a".to_owned()])];
    let given = matrix(2, &[1.0, 0.0, 2.0, 1.0, 3.0, NAN]);
    let params = params(Missing::Zero, Scale::MinMax);
    let (fitted, seen) = Preparation::fit(&params, &texts, &mut (&given, None), &threads(1), &()).unwrap();
    assert_eq!(seen.unwrap().means[0], 2.0);
    assert_eq!(fitted.renumber(given, &texts).widened()[..5], [1.0, 1.0, 2.0, 0.0, 3.0]);
    // Numbers of the model now; 2 and more is a text it has never seen.
    let rows = matrix(2, &[1.0, 1.0, 2.0, 0.0, 3.0, NAN, 3.0, 2.0]);
    let prepared = fitted.apply(rows, &threads(1)).unwrap();
    let expected = [0.0, 0.0, 0.5, 0.5, 0.5, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0];
    assert_eq!(*prepared.widened(), expected);
    assert_eq!(fitted.prepared(&[2.0, 0.25, 0.75]), [0.5, 0.125, 0.375]);
    assert_eq!(fitted.original(&[0.5, 0.125, 0.375]), [2.0, 0.25, 0.75]);
}

#[test]
fn rows_with_holes_can_be_left_out() {
    let (left, lacking) = split_off_lacking(matrix(2, &[1.0, 2.0, NAN, 4.0, 5.0, 6.0, 7.0, NAN]));
    assert_eq!((left, lacking), (matrix(2, &[1.0, 2.0, 5.0, 6.0]), vec![1, 3]));
}

/// Rows in blocks of a few.
struct Blocks<'a>(&'a Matrix, Option<&'a [f64]>, usize);

impl Rows for Blocks<'_> {
    fn pass(&mut self, each: &mut Block) -> Result<(), Error> {
        let (width, size) = (self.0.columns(), self.2);
        for (block, rows) in self.0.widened().chunks(size * width).enumerate() {
            let from = block * size;
            let weights = self.1.map(|weights| &weights[from..from + rows.len() / width]);
            each(&matrix(width, rows), weights)?;
        }
        Ok(())
    }
}

fn any_missing() -> impl Strategy<Value = Missing> {
    prop::sample::select(vec![Missing::Mean, Missing::Median, Missing::Zero])
}

fn any_scale() -> impl Strategy<Value = Scale> {
    prop::sample::select(vec![Scale::None, Scale::Standard, Scale::MinMax, Scale::Robust])
}

proptest! {
    #[test]
    fn blocks_threads_and_order_change_nothing(
        cells in prop::collection::vec(prop_oneof![4 => -1e6f64..1e6, 1 => Just(NAN)], 22..220),
        missing in any_missing(), scale in any_scale(), size in 1usize..9, count in 1usize..4, weighted: bool,
    ) {
        let width = 11;
        let given = matrix(width, &cells);
        let weights: Vec<f64> = (0..given.rows()).map(|row| [1.0, 2.0, 0.5][row % 3]).collect();
        let weights = weighted.then_some(&weights[..]);
        let params = params(missing, scale);
        let whole = fit(&params, &given, weights);
        let blocks = Preparation::fit(&params, &vec![None; width], &mut Blocks(&given, weights, size), &threads(count), &());
        prop_assert_eq!(&whole, &blocks);
        let backwards: Vec<f64> = given.widened().chunks_exact(width).rev().flatten().copied().collect();
        let reversed: Option<Vec<f64>> = weights.map(|weights| weights.iter().rev().copied().collect());
        prop_assert_eq!(&whole, &fit(&params, &matrix(width, &backwards), reversed.as_deref()));
    }

    #[test]
    fn a_row_of_weight_two_is_the_row_twice(
        rows in prop::collection::vec((-1e3f64..1e3, 0u8..4), 1..30), missing in any_missing(), scale in any_scale(),
    ) {
        let params = params(missing, scale);
        let once = matrix(1, &rows.iter().map(|row| row.0).collect::<Vec<_>>());
        let weights: Vec<f64> = rows.iter().map(|row| f64::from(row.1)).collect();
        prop_assume!(weights.iter().any(|&weight| weight > 0.0));
        let copies = |&(x, times): &(f64, u8)| std::iter::repeat_n(x, times.into());
        let often = matrix(1, &rows.iter().flat_map(copies).collect::<Vec<_>>());
        prop_assert_eq!(fit(&params, &once, Some(&weights)), fit(&params, &often, None));
    }
}
