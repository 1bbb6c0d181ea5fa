//! Attacks on the bound.

use super::*;
use crate::distance::squared_distance;
use crate::matrix::{Matrix, Values};
use proptest::prelude::*;

/// A number in [-0.5, 0.5).
fn noise(seed: u64, i: usize) -> f64 {
    let mut x = (i as u64).wrapping_add(seed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x = (x ^ x >> 31).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((x ^ x >> 29) >> 11) as f64 / (1u64 << 53) as f64 - 0.5
}

/// Rows in `rank` directions and a little in all others, around an offset.
fn table(seed: u64, rows: usize, columns: usize, rank: usize, rest: f64, offset: f64) -> Vec<f64> {
    let number = |i: usize, j: usize| {
        let of = |r| noise(seed, i * rank + r) * noise(!seed, r * columns + j) / (1 + r) as f64;
        (0..rank).map(of).sum::<f64>() + rest * noise(seed ^ 7, i * columns + j) + offset
    };
    (0..rows * columns).map(|at| number(at / columns, at % columns)).collect()
}

fn panels(columns: usize, values: &[f64]) -> Panels {
    Panels::new(Matrix::new(columns, Values::F64(values.to_vec())))
}

/// No image may be further from another than the rows are, by more than the slacks; nor may a lower bound or
/// a reach claim what the canonical distance denies. Returns the number of pairs that are proven far apart.
fn check(columns: usize, values: &[f64], isa: Isa, whole: bool) -> Result<usize, TestCaseError> {
    let threads = Threads::new(Some(2)).unwrap();
    let panels = panels(columns, values);
    let new = if whole { Projection::of_whole_rows } else { Projection::new };
    let Some(projection) = new(&panels, isa, &threads, &()).unwrap() else { return Ok(0) };
    let rows: Vec<&[f64]> = values.chunks_exact(columns).collect();
    let points: Vec<(Vec<f32>, f32)> = (0..rows.len()).map(|i| projection.image_of_row(i)).collect();
    let images: Vec<Vec<f64>> = (0..rows.len()).map(|i| projection.images.row(i)).collect();
    let unit = projection.lens.unit;
    let targets = projection.targets(&points);
    let view = projection.view();
    let mut far = 0;
    // With what is the distance to each point, and a hair more or less, as what is known.
    for (c, of_c) in rows.iter().enumerate() {
        let canonical: Vec<f64> = rows.iter().map(|row| squared_distance(row, of_c)).collect();
        for (i, &distance) in canonical.iter().enumerate() {
            let target: Vec<f64> = points[c].0.iter().map(|&x| f64::from(x)).collect();
            let apart = squared_distance(&images[i], &target).sqrt();
            let slack = f64::from(projection.slack(i)) + f64::from(points[c].1);
            let beyond = apart - slack; // not a number where both are infinite
            prop_assert!(
                beyond.is_nan() || beyond <= distance.sqrt() * unit * (1.0 + 1e-12),
                "{apart} {slack} {} {unit}",
                distance.sqrt() * unit
            );
        }
        let one = c..c + 1;
        for nearer in [1.0, 1.0 + 1e-15, 0.999_999, 0.9, 0.5] {
            let nearest: Vec<f64> = canonical.iter().map(|d| d * nearer).collect();
            let mut reach: Vec<f32> =
                nearest.iter().enumerate().map(|(i, &n)| projection.reach(i, n)).collect();
            reach.resize(panels.count() * PANEL, 0.0);
            let mut found = vec![Vec::new(); points.len()];
            kernel::within_reach(isa, view, 0..panels.count(), &targets, &reach, &mut found);
            let mut near = vec![false; reach.len()];
            for &(row, q) in
                found[one.clone()].iter().flatten().filter(|(row, _)| (*row as usize) < rows.len())
            {
                near[row as usize] = true;
                let least = projection.at_least(row as usize, q, points[c].1);
                prop_assert!(least <= canonical[row as usize], "{least} {}", canonical[row as usize]);
            }
            for i in (0..rows.len()).filter(|&i| !near[i]) {
                prop_assert!(canonical[i] >= nearest[i], "{} {}", canonical[i], nearest[i]);
                far += 1;
            }
        }
    }
    Ok(far)
}

/// Nor may an image of either width of [`Levels`], nor `Y` itself.
fn check_levels(columns: usize, values: &[f64], first: usize, isa: Isa) -> Result<(), TestCaseError> {
    let threads = Threads::new(Some(2)).unwrap();
    let (panels, rows) = (panels(columns, values), values.len() / columns);
    let Some(directions) = Directions::of(&panels, columns, isa, &threads, &()).unwrap() else {
        return Ok(());
    };
    let first = first.min(directions.width() / STEP) * STEP;
    let Some(levels) = Levels::new(&directions, first, &panels, isa, &threads, &()).unwrap() else {
        return Ok(());
    };
    let (images, unit) = (levels.rows(), levels.lens().unit);
    let wide = |i: usize| images.wide(i).iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
    let narrow = |i: usize| [&wide(i)[..first], &[f64::from(images.extras[i].rest)]].concat();
    let whole =
        |i: usize| levels.lens().lay(&panels.row(i)).iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
    for i in 0..rows {
        for j in 0..i {
            let distance = squared_distance(&panels.row(i), &panels.row(j)).sqrt() * unit;
            let pair = [images.extras[i], images.extras[j]];
            let slack: f64 = pair.iter().map(|extra| f64::from(extra.slack)).sum();
            let rounding: f64 = pair.iter().map(|extra| f64::from(extra.rounding)).sum();
            for (a, b) in [(wide(i), wide(j)), (narrow(i), narrow(j))] {
                let beyond = squared_distance(&a, &b).sqrt() - slack;
                prop_assert!(beyond.is_nan() || beyond <= distance * (1.0 + 1e-12), "{beyond} {distance}");
            }
            let off = (squared_distance(&whole(i), &whole(j)).sqrt() - distance).abs();
            prop_assert!(off.is_nan() || off <= rounding + distance * 1e-12, "{off} {rounding}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_image_is_too_far_whatever_the_numbers(
        (columns, rank, seed) in (1usize..300, 1usize..40, any::<u64>()),
        exponent in -320i32..300,
        offset in prop_oneof![Just(0.0), Just(1.0), Just(1e6), Just(-1e12)],
        rest in prop_oneof![Just(0.0), Just(1e-9), Just(1e-2), Just(1.0)],
        outlier in prop_oneof![Just(1.0), Just(1e6), Just(1e18), Just(1e45)],
        whole in any::<bool>(),
    ) {
        let size = 10f64.powi(exponent.min(120)); // the working unit of a tier
        let mut values: Vec<f64> =
            table(seed, 35, columns, rank, rest, offset).into_iter().map(|x| x * size).collect();
        if exponent < 60 {
            values[columns * 3] *= outlier;
        }
        for isa in Isa::available() {
            check(columns, &values, isa, whole)?;
            check_levels(columns, &values, rank % 6, isa)?;
        }
    }

    /// Rows that are copies of each other, but for a hair: distances smaller than what images lose.
    #[test]
    fn copies_with_a_hair_between_them(
        (columns, seed) in (1usize..200, any::<u64>()),
        hair in (-60i32..-1).prop_map(|e| 2f64.powi(e)),
        offset in prop_oneof![Just(0.0), Just(1e4), Just(1e8)],
    ) {
        let base = table(seed, 4, columns, 3, 0.1, offset);
        let values: Vec<f64> = (0..32 * columns)
            .map(|at| base[at % (4 * columns)] + hair * noise(seed, at))
            .collect();
        for isa in Isa::available() {
            check(columns, &values, isa, false)?;
            check_levels(columns, &values, 1, isa)?;
            check(columns, &values, isa, true)?;
        }
    }
}

/// It must also be of use: rows in few directions are nearly all told apart.
#[test]
fn rows_in_few_directions_are_told_apart() {
    let values = table(5, 64, 256, 12, 1e-3, 2.0);
    for isa in Isa::available() {
        for whole in [false, true] {
            let far = check(256, &values, isa, whole).unwrap();
            // Of five, the two that ask for a thousandth less and more cannot be told in f32.
            assert!(far > 64 * 63 * 19 / 10, "{isa:?} {whole}: {far}");
        }
    }
}
