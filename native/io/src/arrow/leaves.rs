//! The columns of numbers that a table has: its own, and the elements of those whose cells are vectors.

use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema};

use crate::arrow::column::list_lengths;
use crate::arrow::frames::{Fault, damage};
use crate::arrow::number::nature;
use crate::columns::{Nature, Profile, Selection, Skipped};
use crate::csv::split::WIDEST;

/// One column of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Leaf {
    /// The table's column.
    pub(crate) column: usize,
    /// Which number of its vectors.
    pub(crate) element: Option<usize>,
}

/// All of them, in the order of the table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Leaves {
    pub(crate) all: Vec<Leaf>,
    pub(crate) names: Vec<String>,
    natures: Vec<Nature>,
    /// The columns of vectors: their names, and how long a vector is.
    vectors: Vec<(String, usize)>,
}

impl Leaves {
    /// `lengths` are those of lists whose type does not tell, by column; `spread` names the elements of the only column x1,
    /// x2, …, as if they were columns.
    pub(crate) fn of(schema: &Schema, lengths: &[Option<usize>], spread: bool) -> Result<Self, Fault> {
        let mut leaves = Self::default();
        for (column, field) in schema.fields().iter().enumerate() {
            let length = lengths.get(column).copied().flatten();
            match vector(field.data_type(), length) {
                Some((kind, size)) if spread => {
                    leaves.fits(size)?;
                    for element in 0..size {
                        let leaf = Leaf { column, element: Some(element) };
                        leaves.push(leaf, format!("x{}", element + 1), nature(kind));
                    }
                }
                Some((_, size)) => leaves.add_vectors(column, field.name(), size)?,
                None => leaves.add(column, field.name(), plain_nature(field)),
            }
        }
        Ok(leaves)
    }

    /// Adds a column of numbers, or of anything else.
    pub(crate) fn add(&mut self, column: usize, name: &str, nature: Nature) {
        self.push(Leaf { column, element: None }, name.to_owned(), nature);
    }

    /// Adds a column of vectors of `size` numbers.
    pub(crate) fn add_vectors(&mut self, column: usize, name: &str, size: usize) -> Result<(), Fault> {
        self.fits(size)?;
        for element in 0..size {
            let leaf = Leaf { column, element: Some(element) };
            self.push(leaf, format!("{name}[{element}]"), Nature::Numeric);
        }
        self.vectors.push((name.to_owned(), size));
        Ok(())
    }

    fn fits(&self, more: usize) -> Result<(), Fault> {
        if self.all.len() + more > WIDEST {
            return Err(damage(format!("it has more than {WIDEST} columns")));
        }
        Ok(())
    }

    fn push(&mut self, leaf: Leaf, name: String, nature: Nature) {
        self.all.push(leaf);
        self.names.push(name);
        self.natures.push(nature);
    }

    pub(crate) fn profiles(&self) -> Vec<Profile> {
        let both = self.names.iter().zip(&self.natures);
        both.map(|(name, nature)| Profile { name: name.clone(), nature: nature.clone() }).collect()
    }

    /// The elements of a column of vectors for its name, wherever a selection names one.
    pub(crate) fn expand(&self, selection: &Selection) -> Selection {
        let mut expanded = selection.clone();
        let lists = expanded.columns.iter_mut().chain([&mut expanded.exclude]);
        for list in lists {
            *list = std::mem::take(list).into_iter().flat_map(|name| self.elements(name)).collect();
        }
        expanded
    }

    fn elements(&self, name: String) -> Vec<String> {
        let vector = self.vectors.iter().find(|(vector, _)| *vector == name.trim());
        match vector {
            Some((vector, size)) if !self.names.contains(vector) => {
                (0..*size).map(|element| format!("{vector}[{element}]")).collect()
            }
            _ => vec![name],
        }
    }

    /// One entry for a column of vectors of which nothing is used.
    pub(crate) fn gathered(&self, skipped: Vec<Skipped>) -> Vec<Skipped> {
        let mut gathered: Vec<Skipped> = Vec::with_capacity(skipped.len());
        let mut rest = skipped.into_iter().peekable();
        while let Some(first) = rest.next() {
            let vector = self.vectors.iter().find(|(name, _)| first.name == format!("{name}[0]"));
            let Some((name, size)) = vector else {
                gathered.push(first);
                continue;
            };
            let mut same = vec![first];
            while same.len() < *size
                && rest.peek().is_some_and(|next| {
                    next.reason == same[0].reason && next.name == format!("{name}[{}]", same.len())
                })
            {
                same.extend(rest.next());
            }
            if same.len() == *size {
                same.truncate(1);
                same[0].name.clone_from(name);
            }
            gathered.extend(same);
        }
        gathered
    }
}

/// What the elements of a column's vectors are and how many a vector has, where it holds vectors of numbers.
fn vector(kind: &DataType, length: Option<usize>) -> Option<(&DataType, usize)> {
    let (element, size) = match kind {
        DataType::FixedSizeList(field, size) => (field.data_type(), usize::try_from(*size).ok()?),
        DataType::List(field) | DataType::LargeList(field) => (field.data_type(), length?),
        _ => return None,
    };
    (size > 0 && nature(element) == Nature::Numeric).then_some((element, size))
}

fn plain_nature(field: &Field) -> Nature {
    match field.data_type() {
        DataType::List(element) | DataType::LargeList(element)
            if nature(element.data_type()) == Nature::Numeric =>
        {
            Nature::Typed("a list, and those of the first rows are empty".to_owned())
        }
        kind => nature(kind),
    }
}

/// The columns whose vectors have a length that only the rows tell.
pub(crate) fn unmeasured(schema: &Schema) -> Vec<usize> {
    let is_list = |kind: &DataType| match kind {
        DataType::List(element) | DataType::LargeList(element) => {
            nature(element.data_type()) == Nature::Numeric
        }
        _ => false,
    };
    let fields = schema.fields().iter().enumerate();
    fields.filter(|(_, field)| is_list(field.data_type())).map(|(column, _)| column).collect()
}

/// How long the first vector of each of `columns` is; the batch holds them at `places`.
pub(crate) fn measured(
    schema: &Schema,
    batch: &RecordBatch,
    columns: &[usize],
    places: impl Fn(usize) -> usize,
) -> Vec<Option<usize>> {
    let mut lengths = vec![None; schema.fields().len()];
    for (order, &column) in columns.iter().enumerate() {
        let array: &dyn Array = batch.column(places(order));
        lengths[column] = list_lengths(array).flatten().find(|&length| length > 0);
    }
    lengths
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn leaves() -> Leaves {
        let element = Arc::new(Field::new("item", DataType::Float32, true));
        let schema = Schema::new(vec![
            Field::new("id", DataType::Utf8, true),
            Field::new("emb", DataType::FixedSizeList(Arc::clone(&element), 3), true),
            Field::new("b", DataType::Int8, true),
            Field::new("late", DataType::List(element), true),
        ]);
        Leaves::of(&schema, &[None, None, None, Some(2)], false).unwrap()
    }

    #[test]
    fn vectors_have_a_column_for_each_element() {
        let leaves = leaves();
        assert_eq!(leaves.names, ["id", "emb[0]", "emb[1]", "emb[2]", "b", "late[0]", "late[1]"]);
        assert_eq!(leaves.all[2], Leaf { column: 1, element: Some(1) });
    }

    #[test]
    fn the_name_of_a_vector_means_all_its_elements() {
        let list = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let selection = Selection { columns: Some(list(&["b", "emb", "late[1]"])), ..Selection::default() };
        let expanded = leaves().expand(&selection);
        assert_eq!(expanded.columns.unwrap(), ["b", "emb[0]", "emb[1]", "emb[2]", "late[1]"]);
    }

    #[test]
    fn a_vector_that_is_left_out_whole_is_told_once() {
        let skipped = |name: &str| Skipped { name: name.to_owned(), reason: "excluded".to_owned() };
        let names = ["id", "emb[0]", "emb[1]", "emb[2]", "late[0]"].map(skipped);
        let told: Vec<String> = leaves().gathered(names.to_vec()).into_iter().map(|each| each.name).collect();
        assert_eq!(told, ["id", "emb", "late[0]"]);
    }
}
