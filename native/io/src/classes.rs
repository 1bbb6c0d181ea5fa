//! The known classes of rows, read as codes.

use crate::categories::Categories;
use crate::error::{Error, shown};

/// The code of a row whose class is missing.
pub const NO_CLASS: u32 = u32::MAX;

/// The known classes of the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classes {
    /// The column that they stand in.
    pub column: String,
    /// What they are called, in the order of their first rows.
    pub names: Vec<String>,
    /// The class of each row; [`NO_CLASS`] where it is missing.
    pub codes: Vec<u32>,
}

/// A column that is read as codes beside the numbers.
#[derive(Debug)]
pub(crate) struct Coded {
    /// Its place in the input.
    pub(crate) column: usize,
    categories: Categories,
    codes: Vec<u32>,
}

impl Coded {
    pub(crate) fn of(column: usize) -> Self {
        Self { column, categories: Categories::without_limit(), codes: Vec::new() }
    }

    pub(crate) fn push(&mut self, cell: &[u8]) {
        let code = self.categories.read(cell).ok().flatten();
        self.codes.push(code.unwrap_or(NO_CLASS));
    }

    /// Classes of other rows.
    pub(crate) fn alike(&self) -> Self {
        Self::of(self.column)
    }

    /// Appends the classes of rows that were read elsewhere.
    pub(crate) fn absorb(&mut self, more: &Self) {
        // As many classes as there may be rows: none is refused.
        let codes = self.categories.absorb(&more.categories).unwrap_or_default();
        self.codes
            .extend(more.codes.iter().map(|&code| codes.get(code as usize).copied().unwrap_or(NO_CLASS)));
    }

    pub(crate) fn push_missing(&mut self) {
        self.codes.push(NO_CLASS);
    }

    /// `columns` are the names of all columns that may be used.
    pub(crate) fn into_classes(self, input: &str, columns: &[String]) -> Result<Classes, Error> {
        let (column, names) = (columns[self.column].clone(), self.categories.texts());
        if names.is_empty() {
            let column = shown(&column);
            let sentence = format!("column \"{column}\" holds no class: every cell is missing");
            return Err(Error::at(input, sentence));
        }
        Ok(Classes { column, names, codes: self.codes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_count_texts_in_the_order_of_their_first_row() {
        let mut coded = Coded::of(0);
        for cell in ["b", " a ", "", "b", "NA", "a", "1", "1.0", "nan"] {
            coded.push(cell.as_bytes());
        }
        coded.push_missing();
        let classes = coded.into_classes("x", &["kind".to_owned()]).unwrap();
        assert_eq!(classes.codes, [0, 1, NO_CLASS, 0, NO_CLASS, 1, 2, 3, NO_CLASS, NO_CLASS]);
        assert_eq!(
            (classes.column.as_str(), classes.names),
            ("kind", vec!["b".into(), "a".into(), "1".into(), "1.0".into()])
        );
    }

    #[test]
    fn there_may_be_more_classes_than_categories() {
        let mut coded = Coded::of(0);
        (0..5000).for_each(|row| coded.push(row.to_string().as_bytes()));
        assert_eq!(coded.codes[4999], 4999);
    }
}
