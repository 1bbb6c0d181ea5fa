//! JSON: an object in each line, objects one after the other, or an array of objects.

mod objects;
pub(crate) mod respell;
mod row;
pub(crate) mod table;
