//! Tables in and tables out: CSV, TSV and Arrow IPC, and out also Parquet and JSON lines, from a path, a pipe or memory,
//! in constant memory where rows only pass through. Prints nothing, knows no option's default, and never panics on what an input holds.

mod added;
mod arrow;
mod body;
mod categories;
mod cell;
mod centroids;
mod channel;
mod classes;
mod columns;
mod compression;
mod convert;
mod csv;
mod dialect;
mod error;
mod format;
mod gaps;
mod gathered;
mod gzip_members;
mod index;
mod json;
mod kept;
mod labels;
mod lead;
pub mod names;
mod npy;
mod ordered_pipeline;
mod output;
mod parquet;
mod passing;
mod pipe;
mod place;
mod positioned;
#[cfg(test)]
#[cfg(feature = "schedules")]
mod schedules;
mod selector;
mod several;
mod sink;
mod source;
mod stop;
#[cfg(test)]
#[cfg(not(feature = "schedules"))]
mod stress;
mod sync;
mod table;
mod temporary;
mod unpack;
mod values;
mod visible;
mod whole;
mod wishes;
mod write;

pub use added::Extra;
pub use centroids::{Centroids, read_centroids};
pub use classes::{Classes, NO_CLASS};
pub use columns::{Selection, Skipped};
pub use dialect::{Dialect, parse_comment, parse_decimal, parse_delimiter};
pub use error::{Cell, Error, Kind};
pub use format::Format;
pub use kept::{Kept, Labelled, Labels};
pub use labels::LabelsWriter;
pub use output::Output;
pub use passing::{LabelsFile, Limit, Loaded, NotHeld, PassingRows, read_table_within};
pub use several::{Files, expand};
pub use source::Input;
pub use stop::{Never, Stop};
pub use table::{Batch, Table, TableReader, read_table};
pub use temporary::remove_temporary_files;
pub use values::ValuesWriter;
pub use whole::{inspect_centroids, read_model_file, read_model_text};
pub use write::{Rendered, Renderer, TableWriter};
