//! Attacks on the bound.

use super::super::{Found, Isa, Packed, assign, nearest};
use super::*;
use crate::matrix::{Matrix, Values};
use crate::panels::{Panels, on_view};
use proptest::prelude::*;

/// Labels, distances and ties by the filter must be those of the canonical kernel; returns the share of
/// rows that the filter left in doubt, for each instruction set and way.
fn doubt(columns: usize, rows: &[f64], centroids: &[f64]) -> Vec<f64> {
    let narrow: Vec<f32> = rows.iter().map(|&x| x as f32).collect();
    if narrow.iter().all(|x| x.is_finite()) {
        let rows: Vec<f64> = narrow.iter().copied().map(f64::from).collect();
        doubt_of(columns, Values::F32(narrow), &rows, centroids);
    }
    doubt_of(columns, Values::F64(rows.to_vec()), rows, centroids)
}

/// The same for either storage.
fn doubt_of(columns: usize, values: Values, rows: &[f64], centroids: &[f64]) -> Vec<f64> {
    let panels = Panels::new(Matrix::new(columns, values));
    let all = 0..panels.count();
    let share = |isa: Isa| {
        let mut packed = Packed::new(isa, columns, centroids);
        packed.filter = Filter::new(columns, centroids, isa.group(), parts_of(isa));
        let (mut sifted, mut plain) = (Found::default(), Found::default());
        on_view!(panels, view => nearest::<_, true>(view, all.clone(), &packed, &mut plain));
        let mut doubts = Vec::new();
        for brief in [true, false] {
            let Some(filter) = &mut packed.filter else { break };
            if brief && columns > brief::COLUMNS {
                continue;
            }
            filter.brief = brief;
            on_view!(panels, view => assign::<_, true>(view, all.clone(), &packed, &mut sifted));
            assert_eq!(sifted.labels, plain.labels, "{isa:?}, brief: {brief}");
            assert_eq!(sifted.distances, plain.distances, "{isa:?}, brief: {brief}");
            assert_eq!(sifted.ties, plain.ties, "{isa:?}, brief: {brief}");
            doubts.push(sifted.sieve.doubts.len() as f64 / plain.labels.len() as f64);
        }
        if let Some(filter) = &packed.filter {
            distances_are_bounds(columns, rows, centroids, filter, &sifted);
        }
        doubts
    };
    Isa::available().into_iter().flat_map(share).collect()
}

/// What scores say of distances must hold for the label and for all others.
fn distances_are_bounds(columns: usize, rows: &[f64], centroids: &[f64], filter: &Filter, found: &Found) {
    for (row, numbers) in rows.chunks_exact(columns).enumerate() {
        let (upper, lower) = found.sieve.distances(row / PANEL * PANEL, filter);
        let [upper, lower] = [upper, lower].map(|bounds| f64::from(bounds[row % PANEL]));
        for (cluster, centroid) in centroids.chunks_exact(columns).enumerate() {
            let apart = numbers.iter().zip(centroid).map(|(x, c)| ((x - c) * filter.unit).powi(2));
            let distance = apart.sum::<f64>().sqrt();
            if cluster == found.labels[row] as usize {
                assert!(distance <= upper * (1.0 + 1e-9), "row {row}: {distance} is above {upper}");
            } else {
                assert!(
                    distance >= lower * (1.0 - 1e-9),
                    "row {row}, {cluster}: {distance} is below {lower}"
                );
            }
        }
    }
}

/// What tiles are made of, whether they pay or not.
fn parts_of(isa: Isa) -> Option<Parts> {
    match isa {
        Isa::Amx => Some(Parts::High),
        Isa::Vnni => Some(Parts::Whole),
        _ => None,
    }
}

fn noise(seed: u64, i: usize) -> f64 {
    let mut x = (i as u64).wrapping_add(seed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x = (x ^ x >> 31).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((x ^ x >> 29) >> 11) as f64 / (1u64 << 53) as f64 - 0.5
}

/// Numbers of one table: a scale, an offset, and how many bits they keep (few make ties).
fn table(seed: u64, count: usize, size: f64, offset: f64, grain: f64) -> Vec<f64> {
    (0..count).map(|i| ((noise(seed, i) * size / grain).round() * grain) + offset).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn labels_are_canonical_whatever_the_numbers(
        (columns, clusters, seed) in (1usize..90, 1usize..40, any::<u64>()),
        exponent in -320i32..295, offset in prop_oneof![Just(0.0), Just(1.0), Just(1e8), Just(-1e12)],
        coarse in any::<bool>(),
    ) {
        let size = 10f64.powi(exponent);
        let grain = if coarse { size / 2.0 } else { size * 1e-13 }.max(f64::MIN_POSITIVE);
        let offset = offset * size;
        let rows = table(seed, columns * 40, size, offset, grain);
        let centroids = table(seed ^ 1, columns * clusters, size, offset, grain);
        doubt(columns, &rows, &centroids);
    }

    /// Rows on the bisector of two centroids and a hair off it: where a bound that is too tight fails.
    #[test]
    fn rows_between_two_centroids(
        (columns, seed) in (1usize..200, any::<u64>()),
        off in prop_oneof![Just(0.0), (-60i32..-10).prop_map(|e| 2f64.powi(e))],
        offset in prop_oneof![Just(0.0), Just(1e4), Just(1e8)],
    ) {
        let clusters = 24;
        let centroids = table(seed, columns * clusters, 2.0, offset, 1e-12);
        let row = |i: usize| {
            let (a, b) = (i % clusters, (i * 7 + 1) % clusters);
            let (a, b) = (&centroids[a * columns..][..columns], &centroids[b * columns..][..columns]);
            a.iter().zip(b).map(|(a, b)| f64::midpoint(*a, *b) + (b - a) * off).collect::<Vec<_>>()
        };
        let rows: Vec<f64> = (0..64).flat_map(row).collect();
        doubt(columns, &rows, &centroids);
    }
}

/// Numbers that lose most when they are cut in parts of eight bits: of eight bits, halfway between two such, of any
/// magnitude within a row, and, but for one in each row, at the smallest normal f32.
fn parts(kind: usize, seed: u64, i: usize, columns: usize) -> f64 {
    let x = noise(seed, i);
    match kind {
        0 => (x * 256.0).round(),
        1 => (x * 256.0).round() + 0.5 + if i.is_multiple_of(3) { x * 1e-5 } else { 0.0 },
        2 => x * 2f64.powi(-((noise(seed ^ 5, i).abs() * 300.0) as i32)),
        _ if i.is_multiple_of(columns) => (x * 4.0).round(),
        _ => x * 2f64.powi(-124),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn numbers_that_fall_apart_badly(
        (columns, clusters, seed) in (1usize..100, 2usize..70, any::<u64>()),
        kind in 0usize..4, power in prop_oneof![Just(0), -40i32..60],
    ) {
        let numbers = |seed, count: usize| -> Vec<f64> {
            (0..count * columns).map(|i| parts(kind, seed, i, columns)).collect()
        };
        let centroids = numbers(seed, clusters);
        // Rows of another size than centroids: up to what the filter no longer decides.
        let rows: Vec<f64> = numbers(seed ^ 1, 70).into_iter().map(|x| x * 2f64.powi(power)).collect();
        doubt(columns, &rows, &centroids);
    }

    /// Rows that tiles leave in doubt between others that they do not, over several blocks.
    #[test]
    fn few_rows_in_doubt_among_many(
        (columns, seed, every) in (prop_oneof![15 => 1usize..70, 1 => Just(1200)], any::<u64>(), 1usize..60), off in -30i32..-4,
    ) {
        let centroids = table(seed, columns * 40, 2.0, 0.0, 1e-12);
        let one = |i: usize| &centroids[i % 40 * columns..][..columns];
        let row = |i: usize| {
            let other = one(if i.is_multiple_of(every) { i + 1 } else { i });
            one(i).iter().zip(other).map(|(a, b)| f64::midpoint(*a, *b) + (b - a) * 2f64.powi(off)).collect::<Vec<_>>()
        };
        doubt(columns, &(0..700).flat_map(row).collect::<Vec<_>>(), &centroids);
    }
}

#[test]
fn copies_of_a_centroid_and_equal_centroids_are_settled_by_the_lowest_index() {
    let one = table(3, 50, 1.0, 0.0, 1e-3);
    let centroids: Vec<f64> =
        (0..20).flat_map(|i| if i % 3 == 0 { one.clone() } else { table(i, 50, 1.0, 0.0, 1e-3) }).collect();
    let rows: Vec<f64> = (0..40).flat_map(|_| one.clone()).collect();
    assert!(doubt(50, &rows, &centroids).iter().all(|&share| share == 1.0));
    assert!(doubt(50, &one, &one.repeat(13)).iter().all(|&share| share == 1.0));
}

#[test]
fn rows_far_outside_of_f32_are_asked_again() {
    let centroids = table(1, 30 * 16, 1.0, 0.0, 1e-9);
    for size in [1e31, 1e39, 1e160, 1e300] {
        let shares = doubt(30, &table(2, 30 * 32, size, 0.0, size * 1e-9), &centroids);
        assert!(shares.iter().all(|&share| share == 1.0), "{size}: {shares:?}");
    }
}

/// The filter must also be of use: of ordinary rows it leaves next to none in doubt.
#[test]
fn ordinary_rows_are_seldom_in_doubt() {
    for (columns, clusters, most) in [(16, 64, 0.002), (128, 256, 0.01), (784, 100, 0.02)] {
        let shares = doubt(
            columns,
            &table(1, columns * 1600, 1.0, 3.0, 1e-9),
            &table(2, columns * clusters, 1.0, 3.0, 1e-9),
        );
        assert!(shares.iter().all(|&share| share < most), "{columns} columns: {shares:?}");
    }
}
