//! Tables in and tables out: CSV, TSV and Arrow IPC, from a path, a pipe or memory, in constant memory where rows only
//! pass through. Prints nothing, knows no option's default, and never panics on what an input holds.

mod added;
mod arrow;
mod body;
mod categories;
mod cell;
mod centroids;
mod columns;
mod convert;
mod csv;
mod error;
mod format;
mod json;
mod kept;
mod labels;
mod lead;
pub mod names;
mod npy;
mod output;
mod parquet;
mod pipe;
mod place;
mod positioned;
mod several;
mod source;
mod stop;
mod table;
mod temporary;
mod unpack;
mod values;
mod write;

pub use centroids::{Centroids, read_centroids};
pub use columns::{Selection, Skipped};
pub use error::{Cell, Error, Kind};
pub use format::{Dialect, Format, parse_delimiter};
pub use kept::Kept;
pub use labels::LabelsWriter;
pub use output::Output;
pub use several::expand;
pub use source::Input;
pub use stop::{Never, Stop};
pub use table::{Batch, Table, TableReader, read_table};
pub use temporary::remove_temporary_files;
pub use values::ValuesWriter;
pub use write::TableWriter;
