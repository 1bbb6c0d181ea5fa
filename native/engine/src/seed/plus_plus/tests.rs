//! All ways agree.

use super::*;
use crate::matrix::{Matrix, Values};
use crate::panels::Panels;
use crate::rng::Purpose;
use proptest::prelude::*;

fn seeds(
    values: &Values,
    columns: usize,
    weights: Option<&[f64]>,
    means: Means,
    project: Project,
) -> Vec<usize> {
    let panels = Panels::new(Matrix::new(columns, values.clone()));
    let mut points =
        Points { panels: panels.clone(), weights: weights.map(|weights| Weights::new(weights).unwrap()) };
    let found = rows(&mut points, 20, Stream::new(3, Purpose::Seeding, 0), means, project);
    assert!((0..panels.rows()).all(|row| points.panels.row(row) == panels.row(row)), "given back as it was");
    found
}

/// A hash of two numbers, in [-0.5, 0.5).
fn noise(seed: u64, at: usize) -> f64 {
    let word = Stream::new(seed, Purpose::BlobValues, 0).words(at as u64)[0];
    crate::rng::unit(word) - 0.5
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn images_change_no_row(
        (rows, columns, seed) in (1usize..700, 1usize..150, any::<u64>()),
        (exponent, groups) in (-200i32..120, 1usize..40),
        spread in prop_oneof![Just(0.0), Just(1e-12), Just(0.1), Just(3.0)],
        offset in prop_oneof![Just(0.0), Just(1e9)],
        (weighted, narrow) in (any::<bool>(), any::<bool>()),
    ) {
        let size = if narrow { 1.0 } else { 10f64.powi(exponent) };
        let values: Vec<f64> = (0..rows * columns)
            .map(|at| {
                let (row, column) = (at / columns, at % columns);
                let centre = noise(seed, row % groups * columns + column);
                (centre + spread * noise(!seed, at) + offset) * size
            })
            .collect();
        let values = if narrow {
            Values::F32(values.into_iter().map(|x| x as f32).collect())
        } else {
            Values::F64(values)
        };
        let weights: Vec<f64> = (0..rows).map(|row| f64::from((row % 4 + row / 9 % 2) as u32) + f64::from(u8::from(row == 0))).collect();
        let weights = weighted.then_some(&weights[..]);
        for isa in Isa::available() {
            for threads in [1, 2] {
                let threads = Threads::new(Some(threads)).unwrap();
                let means = Means { threads: &threads, isa, observer: &() };
                let plain = seeds(&values, columns, weights, means, Project::Never);
                for project in [Project::Always, Project::Whole, Project::WhereItPays] {
                    let found = seeds(&values, columns, weights, means, project);
                    prop_assert_eq!(&found, &plain, "{:?} {:?}", isa, project);
                }
            }
        }
    }
}

/// More rows than a thread takes at a time, and more candidates in doubt than a round has.
#[test]
fn blocks_join_without_a_seam() {
    let (rows, columns) = (9001, 70);
    let values = (0..rows * columns).map(|at| (noise(1, at) * (1.0 + (at % columns) as f64).recip()) as f32);
    let values = Values::F32(values.collect());
    for isa in Isa::available() {
        let threads = Threads::new(Some(2)).unwrap();
        let means = Means { threads: &threads, isa, observer: &() };
        let plain = seeds(&values, columns, None, means, Project::Never);
        for project in [Project::Always, Project::Whole, Project::WhereItPays] {
            assert_eq!(seeds(&values, columns, None, means, project), plain, "{isa:?} {project:?}");
        }
    }
}
