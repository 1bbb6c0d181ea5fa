//! Texts with a delimiter: CSV, TSV and their relatives.

pub(crate) mod decimal;
pub(crate) mod fast;
pub(crate) mod literal;
pub(crate) mod number;
mod opening;
pub(crate) mod parts;
pub(crate) mod quotes;
pub(crate) mod sniff;
pub(crate) mod split;
pub(crate) mod split_fields;
pub(crate) mod table;
pub(crate) mod text;
