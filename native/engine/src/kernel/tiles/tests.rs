//! Scores against the bound itself, with what loses most in bf16.

use super::super::Isa;
use super::*;
use crate::matrix::{Matrix, Values};
use crate::panels::{Panels, on_view};

/// The largest share of its bound that a score is off by, coarse and fine.
fn used(columns: usize, rows: &[f64], centroids: &[f64]) -> [f64; 2] {
    let filter = Filter::new(columns, centroids, GROUP).unwrap();
    let tiled = filter.tiles.as_ref().unwrap();
    let panels = Panels::new(Matrix::new(columns, Values::F64(rows.to_vec())));
    let count = panels.count().div_ceil(2);
    [false, true].map(|fine| {
        let (mut blocks, mut standing) = (Blocks::default(), Standing::default());
        blocks.rows.make_room(count, tiled.size());
        blocks.fine.resize(count * GROUP, 0.0);
        standing.make_room(count * GROUP);
        // SAFETY: this is called where `Isa::Amx` is available, which has all the features.
        unsafe {
            let mut tiles = Tiles::configured();
            on_view!(panels, view => lay(view, &(0..panels.count()), 0..count, &filter, tiled, &mut blocks, &mut vec![0.0; count * GROUP]));
            if fine {
                blocks.rows.shifts.clone_from(&blocks.fine);
                pass::<true>(&mut tiles, &filter, tiled, &blocks.rows, 0..count, &mut standing);
            } else {
                pass::<false>(&mut tiles, &filter, tiled, &blocks.rows, 0..count, &mut standing);
            }
        }
        let mut worst = 0.0f64;
        for (row, numbers) in rows.chunks_exact(columns).enumerate() {
            let label = standing.likely[row] as usize;
            for (cluster, score) in [(label, standing.best[row]), (1 - label, standing.second[row])] {
                let b = centroids[cluster * columns..][..columns].iter().zip(&filter.middle);
                let y = numbers.iter().zip(&filter.middle);
                let s: f64 = b
                    .zip(y)
                    .map(|((c, m), (x, n))| {
                        let (b, y) = ((c - m) * filter.unit, (x - n) * filter.unit);
                        b * b / 2.0 - y * b
                    })
                    .sum();
                let shift = f64::from(blocks.rows.shifts[row]) * f64::from(tiled.lengths[cluster]);
                let off = (f64::from(score) + shift - s).abs();
                worst = worst.max(off / (shift + f64::from(blocks.rows.bases[row]) / 2.0));
            }
        }
        worst
    })
}

/// Two centroids whose middle is 0, and 32 rows along them.
fn along(columns: usize, number: impl Fn(usize) -> f64) -> [f64; 2] {
    let one: Vec<f64> = (0..columns).map(&number).collect();
    let centroids: Vec<f64> = one.iter().copied().chain(one.iter().map(|x| -x)).collect();
    let rows: Vec<f64> =
        (0..32).flat_map(|i| one.iter().map(move |x| x * (1.0 + f64::from(i) / 64.0))).collect();
    used(columns, &rows, &centroids)
}

#[test]
fn no_score_is_farther_off_than_the_bound() {
    if !Isa::available().contains(&Isa::Amx) {
        return;
    }
    let half = 2f64.powi(-8);
    let tiny = 2f64.powi(-126);
    for columns in [1, 2, 31, 32, 33, 64, 100, 500, 3000] {
        let attacks: [&dyn Fn(usize) -> f64; 8] = [
            &|_| 1.0,
            // Just below half between two bf16, so that all high parts are off, the same way; then low parts, too.
            &|_| 1.0 + half - 2f64.powi(-22),
            &|_| 1.0 + half - 2f64.powi(-17) - 2f64.powi(-22),
            &|j| 1.0 + half + 2f64.powi(-(j as i32 % 24)),
            &|j| 2f64.powi(-(j as i32 * 7 % 150)) * 1.2345,
            &|j| if j == 0 { 1.0 } else { tiny * (1.0 + half) },
            &|j| if j == 0 { 1.0 } else { tiny * 255.7 },
            &|j| if j == 0 { 1.0 } else { 2f64.powi(-63) * 1.003 },
        ];
        for (i, attack) in attacks.iter().enumerate() {
            let [coarse, fine] = along(columns, attack);
            assert!(coarse <= 1.0 && fine <= 1.0, "{columns} columns, attack {i}: {coarse} {fine}");
        }
    }
}

/// A bound that much is left of would leave many rows in doubt.
#[test]
fn the_bound_is_nearly_reached() {
    if !Isa::available().contains(&Isa::Amx) {
        return;
    }
    let half = 2f64.powi(-8);
    let [coarse, _] = along(500, |_| 1.0 + half - 2f64.powi(-22));
    let [_, fine] = along(64, |_| 1.0 + half - 2f64.powi(-17) - 2f64.powi(-22));
    assert!(coarse > 0.5 && fine > 0.2, "{coarse} {fine}");
}

#[test]
fn bf16_is_the_nearest() {
    for (x, bits) in [
        (1.0f32, 0x3F80),
        (1.0 + 0.999 / 256.0, 0x3F80),
        (1.0 + 1.0 / 256.0, 0x3F81),
        (-1.0 - 1.0001 / 256.0, 0xBF81),
        (f32::MAX, 0x7F80),
        (0.0, 0),
    ] {
        assert_eq!(packed::nearest(x), bits, "{x}");
    }
    assert_eq!(packed::counting(0x8001), 0);
    assert_eq!(packed::counting(0x0080), 0x0080);
}
