//! Rows against centroids, by the instruction set that the processor has. Every one gives the same bits.

pub mod boxes;
mod filter;
mod lanes;
mod moves;
mod narrow;
mod vector;
mod windows;

pub use lanes::whole;
pub use moves::Moves;
pub use windows::{Windows, Within};

use std::ops::Range;

use crate::error::Error;
use crate::exact::{Grid, Sum};
use crate::matrix::Element;
use crate::panels::{PANEL, View};
use crate::params::Named;
use crate::points::Ranges;

use boxes::{Candidates, Lists, Share};
use filter::{Filter, Rows, Sieve};
use lanes::GROUP;

/// An instruction set that kernels are compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isa {
    /// What the compiler makes of arrays: SSE2 on x86-64 (where a fused multiply-add is a library call), NEON on
    /// arm64.
    Portable,
    /// NEON: every arm64.
    Neon,
    /// AVX2 and FMA: x86-64 since 2013.
    Avx2,
    /// AVX-512 F, DQ, BW and VL.
    Avx512,
}

impl Named for Isa {
    const NAMES: &'static [(&'static str, Self)] =
        &[("portable", Self::Portable), ("neon", Self::Neon), ("avx2", Self::Avx2), ("avx512", Self::Avx512)];
}

impl Isa {
    /// All that this processor can run, the best last.
    pub fn available() -> Vec<Self> {
        let mut found = vec![Self::Portable];
        #[cfg(target_arch = "aarch64")]
        found.push(Self::Neon);
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            let avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl");
            found.extend(avx2.then_some(Self::Avx2));
            found.extend((avx2 && avx512).then_some(Self::Avx512));
        }
        found
    }

    /// Whether this processor can run it.
    ///
    /// # Errors
    /// [`Error::Option`] with the names of those it can.
    pub fn check(self) -> Result<(), Error> {
        let available = Self::available();
        if available.contains(&self) {
            return Ok(());
        }
        let names: Vec<&str> = available.into_iter().map(Named::name).collect();
        Err(Error::option("isa", &format!("one that this processor has ({})", names.join(", ")), self.name()))
    }

    /// Whether a fused multiply-add is an instruction, not a call of a library.
    fn has_fma(self) -> bool {
        self != Self::Portable || cfg!(target_arch = "aarch64") || cfg!(target_feature = "fma")
    }

    /// Centroids that the filter takes at a time: with its registers of rows they make 8, 12 or 24 chains.
    fn filter_group(self) -> usize {
        match self {
            Self::Portable | Self::Neon => 4,
            Self::Avx2 => 6,
            Self::Avx512 => 8,
        }
    }

    /// The best that this processor can run.
    pub fn best() -> Self {
        Self::available().last().copied().unwrap_or(Self::Portable)
    }
}

/// Centroids laid out for the kernels: for each group of four, for each column, four numbers. The last group
/// is padded with infinities, which are never nearest.
#[derive(Debug, Clone)]
pub struct Packed {
    isa: Isa,
    columns: usize,
    clusters: usize,
    numbers: Vec<[f64; GROUP]>,
    /// The centroids as they came.
    rows: Vec<f64>,
    /// The cheaper way, where it pays.
    filter: Option<Filter>,
}

/// Whether the filter pays: with few columns or clusters its setting up costs what it saves (on one thread 1M x 8
/// and k = 16 take as long either way, 1M x 16 and k = 64 two thirds of the time).
fn filter_pays(columns: usize, clusters: usize) -> bool {
    columns >= 8 && clusters >= 12 && columns * clusters >= 256
}

impl Packed {
    /// Packs `clusters x columns` numbers, row-major, for kernels of `isa`, one of [`Isa::available`].
    pub fn new(isa: Isa, columns: usize, centroids: &[f64]) -> Self {
        let clusters = centroids.len() / columns;
        let mut numbers = vec![[f64::INFINITY; GROUP]; clusters.div_ceil(GROUP) * columns];
        for (cluster, centroid) in centroids.chunks_exact(columns).enumerate() {
            let group = &mut numbers[cluster / GROUP * columns..][..columns];
            for (column, &value) in group.iter_mut().zip(centroid) {
                column[cluster % GROUP] = value;
            }
        }
        let filter = if isa.has_fma() && filter_pays(columns, clusters) {
            Filter::new(columns, centroids, isa.filter_group())
        } else {
            None
        };
        Self { isa, columns, clusters, numbers, rows: centroids.to_vec(), filter }
    }

    /// The instruction set they are packed for.
    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// How many centroids.
    pub fn clusters(&self) -> usize {
        self.clusters
    }

    /// How many columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The numbers of one centroid.
    pub fn centroid(&self, cluster: usize) -> &[f64] {
        &self.rows[cluster * self.columns..][..self.columns]
    }

    /// How many centroids with padding: what [`distances`] writes for each row.
    pub fn padded(&self) -> usize {
        self.clusters.next_multiple_of(GROUP)
    }
}

/// The nearest centroids of the rows of some panels.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Squared canonical distances.
    pub distances: Vec<f64>,
    /// The lowest index at that distance.
    pub labels: Vec<u32>,
    /// 1 where another centroid lies at exactly the same distance, if that was asked for.
    pub ties: Vec<f64>,
    sieve: Sieve,
    /// A panel of rows in doubt, and what was found for it.
    panel: Vec<f64>,
    settled: Option<Box<Found>>,
}

impl Found {
    /// Room for so many panels; what is in there is of no use.
    fn make_room(&mut self, panels: usize) {
        let rows = panels * PANEL;
        self.distances.resize(rows, 0.0);
        self.labels.resize(rows, 0);
        self.ties.resize(rows, 0.0);
    }
}

/// The label of each row of `panels`; with `MEASURE` also its distance and whether there is a tie, which are
/// otherwise of no use.
pub fn assign<T: Element, const MEASURE: bool>(
    view: View<T>,
    panels: Range<usize>,
    centroids: &Packed,
    found: &mut Found,
) {
    let Some(filter) = &centroids.filter else {
        return nearest::<T, MEASURE>(view, panels, centroids, found);
    };
    found.make_room(panels.len());
    let first = panels.start * PANEL;
    let mut sieve = std::mem::take(&mut found.sieve);
    sift(centroids.isa, view, Rows::Panels(panels.clone()), filter, &mut sieve);
    std::mem::swap(&mut found.labels, &mut sieve.labels);
    if MEASURE {
        found.ties.fill(0.0);
        own(centroids.isa, view, panels, &centroids.rows, &found.labels, &mut found.distances);
    }
    settle::<T, MEASURE>(view, centroids, sieve.doubts.iter().map(|&row| row as usize), first, found);
    found.sieve = sieve;
}

/// Asks again, canonically, for some rows, counted from `first`.
fn settle<T: Element, const MEASURE: bool>(
    view: View<T>,
    centroids: &Packed,
    rows: impl Iterator<Item = usize>,
    first: usize,
    found: &mut Found,
) {
    let mut rows = rows.peekable();
    let mut panel = std::mem::take(&mut found.panel);
    let mut settled = found.settled.take().unwrap_or_default();
    panel.resize(view.columns * PANEL, 0.0);
    while rows.peek().is_some() {
        let (mut asked, mut count) = ([0; PANEL], 0);
        for (lane, row) in rows.by_ref().take(PANEL).enumerate() {
            let numbers = view.row(first + row);
            panel[lane..].iter_mut().step_by(PANEL).zip(numbers).for_each(|(to, x)| *to = x);
            (asked[lane], count) = (row, lane + 1);
        }
        nearest::<f64, MEASURE>(View::of(view.columns, &panel), 0..1, centroids, &mut settled);
        for (lane, &row) in asked[..count].iter().enumerate() {
            found.labels[row] = settled.labels[lane];
            if MEASURE {
                found.distances[row] = settled.distances[lane];
                found.ties[row] = settled.ties[lane];
            }
        }
    }
    (found.panel, found.settled) = (panel, Some(settled));
}

/// Compiles a function for each instruction set and calls the one that `$isa` names: a `generic` one, written
/// for any register, with the set's own, and a `plain` one, of loops that the compiler vectorises, as it is.
macro_rules! dispatch {
    ($isa:expr, generic $module:ident::$name:ident, $arguments:tt -> $out:ty $(, $flag:ident)?) => {
        each_isa!(
            $isa, $arguments, [$($flag)?], $out,
            $module::$name::<T, vector::Avx512 $(, $flag)?>,
            $module::$name::<T, vector::Avx2 $(, $flag)?>,
            $module::$name::<T, vector::Neon $(, $flag)?>,
            $module::$name::<T, vector::Portable $(, $flag)?>
        )
    };
    ($isa:expr, plain $function:expr, $arguments:tt -> $out:ty) => {
        each_isa!($isa, $arguments, [], $out, $function, $function, $function, $function)
    };
}

macro_rules! each_isa {
    (
        $isa:expr, ($($argument:ident: $type:ty),*), [$($flag:ident)?], $out:ty,
        $avx512:expr, $avx2:expr, $neon:expr, $portable:expr
    ) => {{
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
        fn avx512<T: Element $(, const $flag: bool)?>($($argument: $type),*) -> $out {
            $avx512($($argument),*)
        }
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2,fma")]
        fn avx2<T: Element $(, const $flag: bool)?>($($argument: $type),*) -> $out {
            $avx2($($argument),*)
        }
        match $isa {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Isa::Avx512` is only used where `Isa::available` lists it (`Isa::check`), that is, where
            // the processor has told that it has these features.
            Isa::Avx512 => unsafe { avx512::<T $(, $flag)?>($($argument),*) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Isa::Avx2 => unsafe { avx2::<T $(, $flag)?>($($argument),*) },
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => $neon($($argument),*),
            _ => $portable($($argument),*),
        }
    }};
}

fn sift<T: Element>(isa: Isa, view: View<T>, rows: Rows, filter: &Filter, sieve: &mut Sieve) {
    each_isa!(
        isa, (view: View<T>, rows: Rows, filter: &Filter, sieve: &mut Sieve), [], (),
        filter::sift::<T, vector::Avx512, narrow::Avx512, 3, 8>,
        filter::sift::<T, vector::Avx2, narrow::Avx2, 2, 6>,
        filter::sift::<T, vector::Neon, narrow::Portable, 2, 4>,
        filter::sift::<T, vector::Portable, narrow::Portable, 2, 4>
    );
}

/// For each row of `panels` the nearest centroid; with `TIES` also its distance and whether there is a tie.
pub fn nearest<T: Element, const TIES: bool>(
    view: View<T>,
    panels: Range<usize>,
    centroids: &Packed,
    found: &mut Found,
) {
    dispatch!(centroids.isa, generic lanes::nearest, (view: View<T>, panels: Range<usize>, centroids: &Packed, found: &mut Found) -> (), TIES);
}

/// All distances of `panels`: for each panel, for each centroid ([`Packed::padded`]), sixteen numbers.
pub fn distances<T: Element>(view: View<T>, panels: Range<usize>, centroids: &Packed, out: &mut [f64]) {
    dispatch!(centroids.isa, generic lanes::distances, (view: View<T>, panels: Range<usize>, centroids: &Packed, out: &mut [f64]) -> ());
}

/// See [`lanes::potentials`].
pub fn potentials<T: Element>(
    view: View<T>,
    panels: Range<usize>,
    candidates: &Packed,
    nearest: &[f64],
    unit: f64,
    out: &mut [u64],
) {
    dispatch!(
        candidates.isa, generic lanes::potentials,
        (view: View<T>, panels: Range<usize>, candidates: &Packed, nearest: &[f64], unit: f64, out: &mut [u64]) -> ()
    );
}

/// See [`lanes::lower`].
pub fn lower<T: Element>(
    isa: Isa,
    view: View<T>,
    panels: Range<usize>,
    centroid: &[f64],
    nearest: &mut [f64],
) {
    dispatch!(isa, generic lanes::lower, (view: View<T>, panels: Range<usize>, centroid: &[f64], nearest: &mut [f64]) -> ());
}

/// See [`lanes::to_one`].
pub fn to_one<T: Element>(isa: Isa, view: View<T>, panels: Range<usize>, centroid: &[f64], out: &mut [f64]) {
    dispatch!(isa, generic lanes::to_one, (view: View<T>, panels: Range<usize>, centroid: &[f64], out: &mut [f64]) -> ());
}

/// See [`moves::relabel`].
pub fn relabel<T: Element>(
    isa: Isa,
    view: View<T>,
    first: usize,
    labels: &mut [u32],
    new: &[u32],
    moves: &mut Moves,
) -> u64 {
    dispatch!(
        isa, generic moves::relabel,
        (view: View<T>, first: usize, labels: &mut [u32], new: &[u32], moves: &mut Moves) -> u64
    )
}

/// See [`boxes::assign`].
#[allow(clippy::too_many_arguments, reason = "a kernel's arguments are its caller's buffers")]
pub fn assign_boxes<T: Element>(
    view: View<T>,
    share: &mut Share,
    centroids: &Packed,
    all: &mut Candidates,
    lists: &mut Lists,
    found: &mut Found,
    moves: &mut Moves,
    measure: bool,
) -> (u64, u64) {
    macro_rules! assign {
        ($flag:ident) => {
            dispatch!(
                centroids.isa, generic boxes::assign,
                (
                    view: View<T>, share: &mut Share, centroids: &Packed, all: &mut Candidates, lists: &mut Lists,
                    found: &mut Found, moves: &mut Moves
                ) -> (u64, u64), $flag
            )
        };
    }
    if measure {
        const MEASURE: bool = true;
        assign!(MEASURE)
    } else {
        const MEASURE: bool = false;
        assign!(MEASURE)
    }
}

/// See [`moves::pool`].
pub fn pool<T: Element>(isa: Isa, view: View<T>, rows: Range<usize>, grid: &Grid, sums: &mut [Sum]) {
    dispatch!(isa, plain moves::pool, (view: View<T>, rows: Range<usize>, grid: &Grid, sums: &mut [Sum]) -> ());
}

/// See [`windows::within`].
pub fn within<T: Element>(isa: Isa, distances: &[T], labels: &[u32], sums: &mut Within) {
    dispatch!(isa, generic windows::within, (distances: &[T], labels: &[u32], sums: &mut Within) -> ());
}

/// See [`Ranges::add`].
///
/// # Errors
/// [`Error::NotFinite`].
pub fn ranges<T: Element>(
    isa: Isa,
    view: View<T>,
    rows: &Range<usize>,
    ranges: &mut Ranges,
) -> Result<(), Error> {
    dispatch!(
        isa, plain |view, rows, ranges: &mut Ranges| ranges.add(view, rows),
        (view: View<T>, rows: &Range<usize>, ranges: &mut Ranges) -> Result<(), Error>
    )
}

/// See [`lanes::own`].
fn own<T: Element>(
    isa: Isa,
    view: View<T>,
    panels: Range<usize>,
    centroids: &[f64],
    labels: &[u32],
    out: &mut [f64],
) {
    dispatch!(isa, generic lanes::own, (view: View<T>, panels: Range<usize>, centroids: &[f64], labels: &[u32], out: &mut [f64]) -> ());
}

#[cfg(test)]
mod tests {
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
            let canonical: Vec<f64> =
                centroids.chunks_exact(columns).map(|c| squared_distance(row, c)).collect();
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
}
