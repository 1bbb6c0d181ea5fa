//! The crate from outside: whole tables in, whole tables out.
#![expect(
    clippy::unwrap_used,
    reason = "clippy exempts the bodies of tests but not the functions that they share"
)]

mod arrow;
mod csv;
mod dialect;
mod fast;
mod given;
mod hostile;
mod json;
#[cfg(target_os = "linux")]
mod memory;
mod notes;
mod npy;
mod outputs;
mod packed;
mod parquet;
mod refusals;
mod respelled;
mod several;
mod skipped;
mod through;
mod truth;
