//! Exact, reproducible k-means.
//!
//! The result is a function of the values, the options and the seed: nothing else. Not of threads, nor of the
//! processor, nor of how the values were stored or handed over. See `docs/exactness.md`.
//!
//! Files, napi, printing, clocks and the environment have no place in here.

mod agreement;
pub mod allocation;
mod blobs;
mod distance;
mod error;
mod exact;
mod far;
mod fit;
mod kernel;
mod label;
mod lloyd;
mod matrix;
mod measures;
mod memory;
mod observer;
mod panels;
mod params;
mod points;
mod prepare;
mod projection;
mod repeats;
mod rng;
mod seed;
mod share;
mod streamed;
mod sums;
mod survey;
mod sync;
mod threads;
mod tier;
mod unit;
mod weights;

pub use agreement::Agreement;
pub use blobs::{Blobs, BlobsParams};
pub use distance::squared_distance;
pub use error::{Error, Extent, SourceError};
pub use exact::{Grid, Sum, Total};
pub use fit::{Clustering, Restarts, fit};
pub use kernel::Isa;
pub use label::Labeller;
pub use lloyd::Stopped;
pub use matrix::{Element, Matrix, Values};
pub use measures::{Measured, Measures, NO_LABEL};
pub use memory::InMemory;
pub use observer::{Iteration, Observer};
pub use panels::Panels;
pub use params::{Algorithm, FitParams, Init, Named, Plan};
pub use points::{Points, Ranges};
pub use prepare::{
    Block, Column, Described, Missing, Preparation, PrepareParams, Rows, Scale, Seen, describe,
    split_off_lacking,
};
pub use repeats::{distinct_values, repeated_rows};
pub use streamed::{LabelStore, RowBlock, RowSource, Shape, Streamed, block_rows};
pub use sums::Sums;
pub use survey::{ColumnSurvey, Numbering};
pub use threads::Threads;
pub use tier::{Detail, Far, Scan, Step, Tier};
pub use unit::Unit;
pub use weights::{WeightSurvey, WeightUnit, Weights};
