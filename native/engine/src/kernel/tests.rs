//! Every kernel against the canonical definition.

use super::*;
use crate::distance::squared_distance;
use crate::matrix::{Matrix, Values};
use crate::panels::{Panels, on_view};
use proptest::prelude::*;

/// Any finite double of a modest range, with many ties: a quarter of them small integers.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![1 => (-3i32..3).prop_map(f64::from), 3 => -1e9f64..1e9]
}

fn check(panels: &Panels, rows: &[f64], centroids: &[f64], isa: Isa) {
    let columns = panels.columns();
    let packed = Packed::new(isa, columns, centroids);
    let (all, clusters) = (0..panels.count(), packed.clusters());
    let mut found = Found::default();
    on_view!(panels, view => nearest::<_, true>(view, all.clone(), &packed, &mut found));
    let mut quick = Found::default();
    on_view!(panels, view => nearest::<_, false>(view, all.clone(), &packed, &mut quick));
    let mut every = vec![0.0; panels.count() * PANEL * packed.padded()];
    on_view!(panels, view => distances(view, all.clone(), &packed, &mut every));
    for (i, row) in rows.chunks_exact(columns).enumerate() {
        let canonical: Vec<f64> = centroids.chunks_exact(columns).map(|c| squared_distance(row, c)).collect();
        let least = canonical.iter().copied().fold(f64::INFINITY, f64::min);
        let label = canonical.iter().position(|&d| d == least).unwrap() as u32;
        let ties = canonical.iter().filter(|&&d| d == least).count() > 1;
        assert_eq!(
            (found.distances[i], found.labels[i], found.ties[i]),
            (least, label, f64::from(u8::from(ties)))
        );
        assert_eq!(quick.labels[i], label);
        let of_panel = &every[i / PANEL * PANEL * packed.padded()..];
        for cluster in 0..clusters {
            assert_eq!(of_panel[cluster * PANEL + i % PANEL], canonical[cluster]);
        }
    }
    let mut left = vec![f64::INFINITY; panels.count() * PANEL];
    on_view!(panels, view => lower(isa, view, all.clone(), &centroids[..columns], &mut left));
    for (row, left) in rows.chunks_exact(columns).zip(&left) {
        assert_eq!(*left, squared_distance(row, &centroids[..columns]));
    }
}

proptest! {
    #[test]
    fn every_instruction_set_is_the_canonical_definition(
        (columns, rows, centroids) in (1usize..40).prop_flat_map(|d| (
            Just(d),
            prop::collection::vec(number(), d * 37),
            (1usize..20).prop_flat_map(move |k| prop::collection::vec(number(), d * k)),
        ))
    ) {
        let narrow: Vec<f32> = rows.iter().map(|&x| x as f32).collect();
        let widened: Vec<f64> = narrow.iter().map(|&x| f64::from(x)).collect();
        let wide = Panels::new(Matrix::new(columns, Values::F64(rows.clone())));
        let narrow = Panels::new(Matrix::new(columns, Values::F32(narrow)));
        for isa in Isa::available() {
            check(&wide, &rows, &centroids, isa);
            check(&narrow, &widened, &centroids, isa);
        }
    }
}

/// More centroids and panels than a cache block holds.
#[test]
fn blocks_join_without_a_seam() {
    let rows: Vec<f64> = (0..300 * 120).map(|i| f64::from(i * 7919 % 10007)).collect();
    let centroids: Vec<f64> = (0..300 * 50).map(|i| f64::from(i * 104_729 % 10_007)).collect();
    let panels = Panels::new(Matrix::new(300, Values::F64(rows.clone())));
    for isa in Isa::available() {
        check(&panels, &rows, &centroids, isa);
    }
}
