//! Centroids as kernels read them.

use super::Isa;
use super::filter::{Filter, brief};
use super::lanes::GROUP;

/// Centroids laid out for the kernels: for each group of four, for each column, four numbers. The last group
/// is padded with infinities, which are never nearest.
#[derive(Debug, Clone)]
pub struct Packed {
    pub(super) isa: Isa,
    columns: usize,
    clusters: usize,
    pub(super) numbers: Vec<[f64; GROUP]>,
    /// The centroids as they came.
    pub(super) rows: Vec<f64>,
    /// The cheaper way, where it pays.
    pub(super) filter: Option<Filter>,
}

/// Whether the filter pays where every row goes through it and is laid out first: with few columns or clusters that costs what
/// it saves (on one thread 1M x 8 and k = 16 take as long either way, 1M x 16 and k = 64 two thirds of the time, 1M x 4
/// and k = 512 half).
pub fn filter_pays(columns: usize, clusters: usize) -> bool {
    let enough = if columns < 8 { 1024 } else { 256 };
    clusters >= 12 && columns * clusters >= enough
}

/// What stands for numbers in the filter's tiles.
#[derive(Debug, Clone, Copy)]
pub enum Parts {
    /// The high parts, bf16: AMX.
    High,
    /// Whole numbers of sixteen bits, times a scale: VNNI.
    Whole,
}

/// What the filter's tiles are made of, where there are any and they pay. A tile holds 32 columns of 16 centroids, full or not, and laying
/// rows in tiles takes twice as long (200,000 rows, of AVX-512's time by AMX: 20 columns and k = 32 take 1.1, 32 and 32 0.85,
/// 32 and 64 0.7, 64 and 100 0.6, 128 and 256 0.35).
pub(super) fn parts(isa: Isa, columns: usize, clusters: usize) -> Option<Parts> {
    let parts = match isa {
        Isa::Amx => Parts::High,
        Isa::Vnni => Parts::Whole,
        _ => return None,
    };
    (columns >= 20 && clusters >= 32 && columns * clusters >= 1024).then_some(parts)
}

impl Packed {
    /// Packs `clusters x columns` numbers, row-major, for kernels of `isa`, one of [`Isa::available`].
    pub fn new(isa: Isa, columns: usize, centroids: &[f64]) -> Self {
        let clusters = centroids.len() / columns;
        let filter = filter_pays(columns, clusters) || brief::pays(columns, clusters);
        Self::with_filter(isa, columns, centroids, filter)
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
        let filter = filter && isa.has_fma();
        let new = || Filter::new(columns, centroids, isa.group(), parts(isa, columns, clusters));
        let filter = filter.then(new).flatten();
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

    /// How many centroids with padding: what [`super::distances`] writes for each row.
    pub fn padded(&self) -> usize {
        self.clusters.next_multiple_of(GROUP)
    }
}
