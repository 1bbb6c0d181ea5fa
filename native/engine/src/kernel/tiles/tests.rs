//! Scores against the bound itself, with what loses most in bf16.

use super::super::Isa;
use super::super::packed::Parts;
use super::*;
use crate::matrix::{Matrix, Values};
use crate::panels::{Panels, on_view};

/// The largest share of its bound that a score is off by.
fn used<U: Unit>(parts: Parts, columns: usize, rows: &[f64], centroids: &[f64]) -> f64 {
    let filter = Filter::new(columns, centroids, 8, Some(parts)).unwrap();
    let tiled = filter.tiles.as_ref().unwrap();
    let panels = Panels::new(Matrix::new(columns, Values::F64(rows.to_vec())));
    let count = panels.count().div_ceil(2);
    let (mut laid, mut sieve) = (Laid::default(), Sieve::default());
    laid.make_room(count, tiled.size());
    sieve.make_room(count * GROUP);
    // SAFETY: this is called for a unit whose instruction set is available, which has all the features.
    unsafe {
        let mut unit = U::ready();
        on_view!(panels, view => {
            let asked = Asked { view, panels: 0..panels.count(), filter: &filter, tiled };
            asked.lay::<U>(0..count, &mut laid, &mut sieve.squares);
        });
        pass(&mut unit, tiled, &laid, 0..count, &mut sieve.standing);
    }
    let mut worst = 0.0f64;
    for (row, numbers) in rows.chunks_exact(columns).enumerate() {
        let Standing { likely, best, second } = &sieve.standing;
        let label = likely[row] as usize;
        for (cluster, score) in [(label, best[row]), (1 - label, second[row])] {
            let b = centroids[cluster * columns..][..columns].iter().zip(&filter.middle);
            let y = numbers.iter().zip(&filter.middle);
            let s: f64 = b
                .zip(y)
                .map(|((c, m), (x, n))| {
                    let (b, y) = ((c - m) * filter.unit, (x - n) * filter.unit);
                    b * b / 2.0 - y * b
                })
                .sum();
            let shift = f64::from(laid.shifts[row]) * f64::from(tiled.lengths[cluster]);
            let off = (f64::from(score) + shift - s).abs();
            worst = worst.max(off / (shift + f64::from(laid.bases[row]) / 2.0));
        }
    }
    worst
}

/// The same for every unit that there is.
fn used_by_each(columns: usize, rows: &[f64], centroids: &[f64]) -> Vec<f64> {
    let used = |isa| match isa {
        #[cfg(target_os = "linux")]
        Isa::Amx => Some(used::<Tiles>(Parts::High, columns, rows, centroids)),
        Isa::Vnni => Some(used::<Registers>(Parts::Whole, columns, rows, centroids)),
        _ => None,
    };
    Isa::available().into_iter().filter_map(used).collect()
}

/// Two centroids whose middle is 0, and 32 rows along them.
fn along(columns: usize, number: impl Fn(usize) -> f64) -> Vec<f64> {
    let one: Vec<f64> = (0..columns).map(&number).collect();
    let centroids: Vec<f64> = one.iter().copied().chain(one.iter().map(|x| -x)).collect();
    let rows: Vec<f64> =
        (0..32).flat_map(|i| one.iter().map(move |x| x * (1.0 + f64::from(i) / 64.0))).collect();
    used_by_each(columns, &rows, &centroids)
}

#[test]
fn no_score_is_farther_off_than_the_bound() {
    let half = 2f64.powi(-8);
    let tiny = 2f64.powi(-126);
    for columns in [1, 2, 31, 32, 33, 64, 100, 500, 3000] {
        let attacks: [&dyn Fn(usize) -> f64; 8] = [
            &|_| 1.0,
            // Just below half between two bf16, so that all high parts are off, the same way.
            &|_| 1.0 + half - 2f64.powi(-22),
            &|_| 1.0 + half - 2f64.powi(-17) - 2f64.powi(-22),
            &|j| 1.0 + half + 2f64.powi(-(j as i32 % 24)),
            &|j| 2f64.powi(-(j as i32 * 7 % 150)) * 1.2345,
            &|j| if j == 0 { 1.0 } else { tiny * (1.0 + half) },
            &|j| if j == 0 { 1.0 } else { tiny * 255.7 },
            &|j| if j == 0 { 1.0 } else { 2f64.powi(-63) * 1.003 },
        ];
        for (i, attack) in attacks.iter().enumerate() {
            let used = along(columns, attack);
            assert!(used.iter().all(|&used| used <= 1.0), "{columns} columns, attack {i}: {used:?}");
        }
    }
}

/// A bound that much is left of would leave many rows in doubt.
#[test]
fn the_bound_is_nearly_reached() {
    let half = 2f64.powi(-8);
    let used = along(500, |_| 1.0 + half - 2f64.powi(-22));
    assert!(used.iter().all(|&used| used > 0.5), "{used:?}");
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
