//! Rows that are not held, made ready for the engine as they pass by.

use kmeans_engine::{
    Block, Error, Matrix, Missing, Observer as _, Preparation, PrepareParams, RowBlock, RowSource, Rows,
    Threads, split_off_lacking,
};
use kmeans_io::PassingRows;

use crate::control::Control;
use crate::failure::Failure;
use crate::preparing::{Preparing, Raw, holes, none_left, without};

/// Rows with what is done to each of them.
pub struct PreparedRows {
    rows: PassingRows,
    drops: bool,
    preparation: Preparation,
    texts: Vec<Option<Vec<String>>>,
    /// One: the thread that reads prepares too.
    thread: Threads,
}

/// Fits the preparation that `params` ask for, in passes of its own. `raw` has no rows, and what else is known of them.
pub fn prepare(
    mut rows: PassingRows,
    raw: Raw,
    params: &PrepareParams,
    threads: &Threads,
    control: &Control,
) -> Result<(PreparedRows, Preparing), Failure> {
    let Raw { names, categories, .. } = raw;
    let drops = params.missing == Missing::Drop;
    let (mut dropped, mut filled) = (Vec::new(), 0);
    if params.missing != Missing::Error {
        let mut before = 0;
        rows.pass(&mut |block| {
            let count = block.rows() as u64;
            let (matrix, _, lacking) = complete(block, drops);
            dropped.extend(lacking.iter().map(|row| before + row));
            before += count;
            filled += holes(&matrix, &categories);
            if control.cancelled() { Err(Error::Interrupted) } else { Ok(()) }
        })?;
        if dropped.len() == rows.rows() {
            return Err(none_left());
        }
    }
    let mut passing = Passing { rows: &mut rows, drops };
    let about = Preparing::fit(names, &categories, params, &mut passing, threads, control)?;
    let preparation = about.preparation.clone();
    let thread = Threads::new(Some(1))?;
    let rows = PreparedRows { rows, drops, preparation, texts: categories, thread };
    Ok((rows, Preparing { dropped, filled, ..about }))
}

impl PreparedRows {
    /// The rows as they were read.
    pub fn unprepared(&self) -> &PassingRows {
        &self.rows
    }
}

impl RowSource for PreparedRows {
    fn columns(&self) -> usize {
        self.preparation.features()
    }

    fn weighted(&self) -> bool {
        self.rows.weighted()
    }

    fn pass(&mut self, each: &mut dyn FnMut(RowBlock) -> Result<(), Error>) -> Result<(), Error> {
        let Self { rows, drops, preparation, texts, thread } = self;
        rows.pass(&mut |block| {
            let (matrix, weights, _) = complete(block, *drops);
            let matrix = preparation.apply(preparation.renumber(matrix, texts), thread)?;
            each(RowBlock::new(matrix, weights))
        })
    }
}

/// Rows as a preparation is fitted to them.
pub struct Passing<'a> {
    pub rows: &'a mut PassingRows,
    pub drops: bool,
}

impl Rows for Passing<'_> {
    fn pass(&mut self, each: &mut Block) -> Result<(), Error> {
        self.rows.pass(&mut |block| {
            let (matrix, weights, _) = complete(block, self.drops);
            each(&matrix, weights.as_deref())
        })
    }
}

/// A block, perhaps without the rows that have a missing cell, whose places come too.
fn complete(block: RowBlock, drops: bool) -> (Matrix, Option<Vec<f64>>, Vec<u64>) {
    let (matrix, weights) = block.into_parts();
    if !drops {
        return (matrix, weights, Vec::new());
    }
    let (matrix, lacking) = split_off_lacking(matrix);
    (matrix, weights.map(|weights| without(weights, &lacking)), lacking)
}
