//! Rows against centroids, by the instruction set that the processor has. Every one gives the same bits.

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod amx;
pub mod bounds;
pub mod boxes;
mod filter;
mod lanes;
mod moves;
mod narrow;
mod project;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod tiles;
#[cfg(target_arch = "x86_64")]
mod turn;
mod vector;
mod windows;

pub use lanes::whole;
pub use moves::Moves;
pub use project::{CHUNK, Images, Lens, Targets};
pub use windows::{Windows, Within};

use std::ops::Range;

use crate::error::Error;
use crate::exact::{Grid, Sum};
use crate::matrix::Element;
use crate::panels::{PANEL, View};
use crate::params::Named;
use crate::points::Ranges;

use bounds::{Bounds, Drift};
use boxes::{Lists, Share};
pub use filter::above;
use filter::{Filter, Sieve};
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
    /// The same and AMX with bf16, of which the filter makes use: Xeons since 2023, under Linux.
    Amx,
}

impl Named for Isa {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("portable", Self::Portable),
        ("neon", Self::Neon),
        ("avx2", Self::Avx2),
        ("avx512", Self::Avx512),
        ("amx", Self::Amx),
    ];
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
            #[cfg(target_os = "linux")]
            found.extend((avx2 && avx512 && amx::usable()).then_some(Self::Amx));
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
    pub fn has_fma(self) -> bool {
        self != Self::Portable || cfg!(target_arch = "aarch64") || cfg!(target_feature = "fma")
    }

    /// Centroids that are taken at a time in f32: with the registers of rows they make 8, 12 or 24 chains.
    pub fn group(self) -> usize {
        match self {
            Self::Portable | Self::Neon => 4,
            Self::Avx2 => 6,
            Self::Avx512 | Self::Amx => 8,
        }
    }

    /// Centroids that the filter takes at a time: as many, or what four tiles hold.
    fn filter_group(self) -> usize {
        if self == Self::Amx { 32 } else { self.group() }
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

/// Whether the filter pays where every row goes through it: with few columns or clusters its setting up costs what it
/// saves (on one thread 1M x 8 and k = 16 take as long either way, 1M x 16 and k = 64 two thirds of the time, 1M x 4
/// and k = 512 half).
pub fn filter_pays(columns: usize, clusters: usize) -> bool {
    let enough = if columns < 8 { 1024 } else { 256 };
    clusters >= 12 && columns * clusters >= enough
}

/// Whether the filter's tiles pay where AMX has them. A tile holds 32 columns of 16 centroids, full or not, and laying
/// rows in tiles takes twice as long (200,000 rows, of AVX-512's time: 20 columns and k = 32 take 1.1, 32 and 32 0.85,
/// 32 and 64 0.7, 64 and 100 0.6, 128 and 256 0.35).
fn tiles_pay(columns: usize, clusters: usize) -> bool {
    columns >= 20 && clusters >= 32 && columns * clusters >= 1024
}

impl Packed {
    /// Packs `clusters x columns` numbers, row-major, for kernels of `isa`, one of [`Isa::available`].
    pub fn new(isa: Isa, columns: usize, centroids: &[f64]) -> Self {
        Self::with_filter(isa, columns, centroids, filter_pays(columns, centroids.len() / columns))
    }

    /// The same, with the filter (where it has a proof) or without.
    pub fn with_filter(isa: Isa, columns: usize, centroids: &[f64], filter: bool) -> Self {
        let clusters = centroids.len() / columns;
        let mut numbers = vec![[f64::INFINITY; GROUP]; clusters.div_ceil(GROUP) * columns];
        for (cluster, centroid) in centroids.chunks_exact(columns).enumerate() {
            let group = &mut numbers[cluster / GROUP * columns..][..columns];
            for (column, &value) in group.iter_mut().zip(centroid) {
                column[cluster % GROUP] = value;
            }
        }
        let tiles = isa != Isa::Amx || tiles_pay(columns, clusters);
        let group = if tiles { isa.filter_group() } else { isa.group() };
        let filter = filter && isa.has_fma();
        let filter = filter.then(|| Filter::new(columns, centroids, group)).flatten();
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

    /// The centroids as they came, row-major.
    pub fn rows(&self) -> &[f64] {
        &self.rows
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
    /// Rows that bounds did not settle, and panels of them.
    active: Vec<u32>,
    gathered: Vec<f64>,
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
    sift(centroids.isa, view, panels.clone(), filter, &mut sieve);
    std::mem::swap(&mut found.labels, &mut sieve.labels);
    if MEASURE {
        found.ties.fill(0.0);
        own(centroids.isa, view, panels, &centroids.rows, &found.labels, &mut found.distances);
    }
    let doubts = sieve.doubts.iter().map(|&row| (first + row as usize, row as usize));
    settle::<T, MEASURE>(view, centroids, doubts, found);
    found.sieve = sieve;
}

/// Asks again, canonically, for some rows, each named by its number in the view and its place in what is found.
fn settle<T: Element, const MEASURE: bool>(
    view: View<T>,
    centroids: &Packed,
    rows: impl Iterator<Item = (usize, usize)>,
    found: &mut Found,
) {
    let mut rows = rows.peekable();
    let mut panel = std::mem::take(&mut found.panel);
    let mut settled = found.settled.take().unwrap_or_default();
    panel.resize(view.columns * PANEL, 0.0);
    while rows.peek().is_some() {
        let (mut places, mut count) = ([0; PANEL], 0);
        for (lane, (row, place)) in rows.by_ref().take(PANEL).enumerate() {
            panel[lane..].iter_mut().step_by(PANEL).zip(view.row(row)).for_each(|(to, x)| *to = x);
            (places[lane], count) = (place, lane + 1);
        }
        nearest::<f64, MEASURE>(View::of(view.columns, &panel), 0..1, centroids, &mut settled);
        for (lane, &place) in places[..count].iter().enumerate() {
            found.labels[place] = settled.labels[lane];
            if MEASURE {
                found.distances[place] = settled.distances[lane];
                found.ties[place] = settled.ties[lane];
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
            // SAFETY: `Isa::Avx512` and `Isa::Amx` are only used where `Isa::available` lists them (`Isa::check`),
            // that is, where the processor has told that it has these features.
            Isa::Avx512 | Isa::Amx => unsafe { avx512::<T $(, $flag)?>($($argument),*) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Isa::Avx2 => unsafe { avx2::<T $(, $flag)?>($($argument),*) },
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => $neon($($argument),*),
            _ => $portable($($argument),*),
        }
    }};
}

/// See [`Bounds::drift`].
fn drift(isa: Isa, bounds: &mut Bounds, labels: &[u32], drift: &Drift, active: &mut Vec<u32>) {
    type T = f32; // of no use
    dispatch!(
        isa, plain bounds::drift,
        (bounds: &mut Bounds, labels: &[u32], drift: &Drift, active: &mut Vec<u32>) -> ()
    );
}

/// See [`Bounds::renew`].
fn renew(isa: Isa, bounds: &mut Bounds, sieve: &Sieve, filter: &Filter, drift: &Drift, places: &[u32]) {
    type T = f32; // of no use
    dispatch!(
        isa, plain bounds::renew,
        (bounds: &mut Bounds, sieve: &Sieve, filter: &Filter, drift: &Drift, places: &[u32]) -> ()
    );
}

fn sift<T: Element>(isa: Isa, view: View<T>, panels: Range<usize>, filter: &Filter, sieve: &mut Sieve) {
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    if let Some(tiled) = &filter.tiles {
        // SAFETY: a filter has tiles only for `Isa::Amx`, which `Isa::available` lists only where the processor
        // has AVX-512 and AMX, and the system lets this process use it.
        return unsafe { tiles::sift(view, panels, filter, tiled, sieve) };
    }
    each_isa!(
        isa, (view: View<T>, panels: Range<usize>, filter: &Filter, sieve: &mut Sieve), [], (),
        filter::sift::<T, vector::Avx512, narrow::Avx512, 3, 8>,
        filter::sift::<T, vector::Avx2, narrow::Avx2, 2, 6>,
        filter::sift::<T, vector::Neon, narrow::Portable, 2, 4>,
        filter::sift::<T, vector::Portable, narrow::Portable, 2, 4>
    );
}

/// See [`project::project`].
pub fn project<T: Element>(isa: Isa, view: View<T>, panels: Range<usize>, lens: &Lens, images: &mut Images) {
    each_isa!(
        isa, (view: View<T>, panels: Range<usize>, lens: &Lens, images: &mut Images), [], (),
        project::project::<T, vector::Avx512, narrow::Avx512, 3, 8>,
        project::project::<T, vector::Avx2, narrow::Avx2, 2, 6>,
        project::project::<T, vector::Neon, narrow::Portable, 2, 4>,
        project::project::<T, vector::Portable, narrow::Portable, 2, 4>
    );
}

/// See [`project::within_reach`].
pub fn within_reach(
    isa: Isa,
    view: View<f32>,
    panels: Range<usize>,
    targets: &Targets,
    reach: &[f32],
    found: &mut [Vec<(u32, f32)>],
) {
    type T = f32; // the only storage of images
    each_isa!(
        isa, (view: View<f32>, panels: Range<usize>, targets: &Targets, reach: &[f32], found: &mut [Vec<(u32, f32)>]), [], (),
        project::within_reach::<narrow::Avx512, 3, 8>,
        project::within_reach::<narrow::Avx2, 2, 6>,
        project::within_reach::<narrow::Portable, 2, 4>,
        project::within_reach::<narrow::Portable, 2, 4>
    );
}

/// See [`project::to_listed`].
pub fn to_listed<T: Element>(isa: Isa, rows: &[T], listed: &[u32], point: &[f64], out: &mut Vec<f64>) {
    dispatch!(isa, generic project::to_listed, (rows: &[T], listed: &[u32], point: &[f64], out: &mut Vec<f64>) -> ());
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
pub fn assign_boxes<T: Element, const MEASURE: bool>(
    view: View<T>,
    share: &mut Share,
    centroids: &Packed,
    lists: &mut Lists,
    found: &mut Found,
    moves: &mut Moves,
) -> u64 {
    dispatch!(
        centroids.isa, generic boxes::assign,
        (
            view: View<T>, share: &mut Share, centroids: &Packed, lists: &mut Lists, found: &mut Found,
            moves: &mut Moves
        ) -> u64, MEASURE
    )
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
