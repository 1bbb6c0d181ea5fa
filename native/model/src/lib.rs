//! A fitted model as bytes: `model.json`, versioned, checked on load, each f64 kept to the bit.
//!
//! No filesystem in here. `docs/model-format.md` describes every field.

mod document;
mod error;
mod layout;
mod preparation;
mod rules;

pub use document::{About, Feature, Model, Options, Tool};
pub use error::Error;
