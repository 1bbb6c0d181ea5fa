//! Fits a preparation to rows that can be read again and again: a pass for the ranges, one for the means, one for the
//! deviations or six for the quartiles, and none that the options do not ask for.

use crate::error::Error;
use crate::matrix::{Element, Matrix, Values};
use crate::observer::Observer;
use crate::points::Ranges;
use crate::prepare::column::Numbers;
use crate::prepare::quantile::{PASSES, Quartiles};
use crate::prepare::{Column, Missing, Preparation, PrepareParams, Scale};
use crate::threads::Threads;
use crate::weights::WeightSurvey;

/// A line of the cache holds 8 numbers: the columns that a thread takes at a time.
const GROUP: usize = 8;

/// What is done with a block of rows and the weights of these rows, where there are weights.
pub type Block<'a> = dyn FnMut(&Matrix, Option<&[f64]>) -> Result<(), Error> + 'a;

/// Rows in blocks, in order, as often as they are asked for.
pub trait Rows {
    /// Hands every block of rows to `each`.
    ///
    /// # Errors
    /// Those of `each`, and [`Error::Interrupted`].
    fn pass(&mut self, each: &mut Block) -> Result<(), Error>;
}

/// Rows in memory.
impl Rows for (&Matrix, Option<&[f64]>) {
    fn pass(&mut self, each: &mut Block) -> Result<(), Error> {
        each(self.0, self.1)
    }
}

/// What fitting a scale has seen of each column of the input, in the units of the data, missing cells filled.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The range of each column.
    pub ranges: Ranges,
    /// The (weighted) mean of each column, rounded once.
    pub means: Vec<f64>,
}

impl Preparation {
    /// Fits to rows of the input's columns. Missing cells are NaN; `texts` has, for each column of categories, its
    /// texts in the order of the numbers that stand for them. These numbers change: see [`Preparation::renumber`].
    /// What was seen of the columns comes back too, where they are scaled.
    ///
    /// # Errors
    /// [`Error::Column`] for a column that cannot be filled or scaled; those of `rows`.
    pub fn fit(
        params: &PrepareParams,
        texts: &[Option<Vec<String>>],
        rows: &mut dyn Rows,
        threads: &Threads,
        observer: &dyn Observer,
    ) -> Result<(Self, Option<Seen>), Error> {
        params.check()?;
        if let Some(column) = texts.iter().position(|texts| texts.as_ref().is_some_and(Vec::is_empty)) {
            return Err(Error::Column { column, problem: "holds no text that could be a category" });
        }
        let mut fit = Fit::new(texts.len(), threads, observer);
        let number = |column: usize| texts[column].is_none();
        let fills = match params.missing {
            Missing::Error | Missing::Drop => vec![None; texts.len()],
            _ => fit.fills(params.missing, rows, &number)?,
        };
        let (shifts, scales) = match params.scale {
            Scale::None => (Vec::new(), Vec::new()),
            scale => fit.scales(scale, &fills, rows, &number)?,
        };
        let mut prepared =
            Self { params: *params, columns: Vec::new(), shifts: Vec::new(), scales: Vec::new() };
        for (column, texts) in texts.iter().enumerate() {
            let kind = match texts {
                None => Column::Number { fill: fills[column] },
                Some(texts) => {
                    let mut texts = texts.clone();
                    texts.sort_unstable();
                    Column::Categories { texts }
                }
            };
            if !shifts.is_empty() {
                let (shift, scale) =
                    if texts.is_none() { (shifts[column], scales[column]) } else { (0.0, 1.0) };
                prepared.shifts.extend(std::iter::repeat_n(shift, kind.features()));
                prepared.scales.extend(std::iter::repeat_n(scale, kind.features()));
            }
            prepared.columns.push(kind);
        }
        let seen = (params.scale != Scale::None).then(|| fit.seen());
        Ok((prepared, seen))
    }

    /// Gives texts the numbers that they have in the model instead of those that they had while fitting.
    #[must_use]
    pub fn renumber(&self, matrix: Matrix, texts: &[Option<Vec<String>>]) -> Matrix {
        let number = |(column, texts): (&Column, &Option<Vec<String>>)| match (column, texts) {
            (Column::Categories { texts: sorted }, Some(texts)) => {
                let place = |text: &String| sorted.binary_search(text).map_or(f64::NAN, |place| place as f64);
                texts.iter().map(place).collect()
            }
            _ => Vec::new(),
        };
        let places: Vec<Vec<f64>> = self.columns.iter().zip(texts).map(number).collect();
        if places.iter().all(Vec::is_empty) {
            return matrix;
        }
        let width = matrix.columns();
        let mut values = matrix.widened().into_owned();
        for row in values.chunks_exact_mut(width) {
            for (value, places) in row.iter_mut().zip(&places) {
                if !places.is_empty() && !value.is_nan() {
                    *value = places.get(*value as usize).copied().unwrap_or(f64::NAN);
                }
            }
        }
        Matrix::new(width, Values::F64(values))
    }
}

/// Columns as far as passes over their rows have come.
pub(super) struct Fit<'a> {
    pub(super) columns: Vec<Numbers>,
    unit: WeightSurvey,
    threads: &'a Threads,
    observer: &'a dyn Observer,
}

impl<'a> Fit<'a> {
    pub(super) fn new(columns: usize, threads: &'a Threads, observer: &'a dyn Observer) -> Self {
        Self { columns: vec![Numbers::new(); columns], unit: WeightSurvey::default(), threads, observer }
    }

    fn fills(
        &mut self,
        missing: Missing,
        rows: &mut dyn Rows,
        number: &dyn Fn(usize) -> bool,
    ) -> Result<Vec<Option<f64>>, Error> {
        if missing != Missing::Zero {
            self.ranges(rows)?;
            let lacking = |column: &usize| number(*column) && !self.columns[*column].any();
            if let Some(column) = (0..self.columns.len()).find(lacking) {
                let problem = "holds no number that could fill its missing cells";
                return Err(Error::Column { column, problem });
            }
            self.sums(rows)?;
        }
        if missing == Missing::Median {
            self.quartiles(rows, &vec![None; self.columns.len()])?;
        }
        let fill = |numbers: &Numbers| match missing {
            Missing::Mean => numbers.mean,
            Missing::Median => numbers.quartiles.values()[1],
            Missing::Error | Missing::Drop | Missing::Zero => 0.0,
        };
        Ok(self
            .columns
            .iter()
            .enumerate()
            .map(|(column, numbers)| number(column).then(|| fill(numbers)))
            .collect())
    }

    fn scales(
        &mut self,
        scale: Scale,
        fills: &[Option<f64>],
        rows: &mut dyn Rows,
        number: &dyn Fn(usize) -> bool,
    ) -> Result<(Vec<f64>, Vec<f64>), Error> {
        self.columns.fill(Numbers::new());
        self.ranges(rows)?;
        let fill = |fill: &Option<f64>| fill.unwrap_or_default();
        self.columns.iter_mut().zip(fills).for_each(|(numbers, each)| numbers.fill_range(fill(each)));
        self.sums(rows)?;
        self.columns.iter_mut().zip(fills).for_each(|(numbers, each)| numbers.fill_sum(fill(each)));
        match scale {
            Scale::Standard => self.squares(rows)?,
            Scale::Robust => self.quartiles(rows, fills)?,
            Scale::None | Scale::MinMax | Scale::L2 => {}
        }
        let (mut shifts, mut scales) = (Vec::new(), Vec::new());
        if scale == Scale::L2 {
            return Ok((shifts, scales));
        }
        for (column, numbers) in self.columns.iter().enumerate() {
            let (shift, by) = match scale {
                Scale::Standard => (numbers.mean, numbers.deviation()),
                Scale::MinMax => (numbers.min, numbers.max - numbers.min),
                Scale::Robust => {
                    let [first, median, third] = numbers.quartiles.values();
                    (median, third - first)
                }
                Scale::None | Scale::L2 => (0.0, 1.0),
            };
            if number(column) && !by.is_finite() {
                return Err(Error::Column { column, problem: "has values too far apart to be scaled" });
            }
            // A column that does not vary (in its middle half) has no scale of its own, and keeps the data's.
            let by = if by > 0.0 { by } else { 1.0 };
            // What holds for both ends holds for all values between them, for neither step changes their order.
            let ends = [(numbers.min - shift) / by, (numbers.max - shift) / by];
            if number(column) && numbers.any() && !ends.iter().all(|x| x.is_finite()) {
                return Err(Error::Column { column, problem: "has values too far apart to be scaled" });
            }
            shifts.push(shift);
            scales.push(by);
        }
        Ok((shifts, scales))
    }

    fn seen(&self) -> Seen {
        let of = |what: fn(&Numbers) -> f64| self.columns.iter().map(what).collect();
        Seen {
            ranges: Ranges { min: of(|numbers| numbers.min), max: of(|numbers| numbers.max) },
            means: of(|numbers| numbers.mean),
        }
    }

    pub(super) fn ranges(&mut self, rows: &mut dyn Rows) -> Result<(), Error> {
        let Self { columns, unit, threads, observer } = self;
        *unit = WeightSurvey::default();
        rows.pass(&mut |matrix, weights| {
            unit.add(weights.unwrap_or_default())?;
            let counts: Option<Vec<u64>> =
                weights.map(|weights| weights.iter().map(|&weight| u64::from(weight > 0.0)).collect());
            let range: Add = &|numbers, x, counts| numbers.range(x, counts > 0);
            add_block(matrix, columns, counts.as_deref(), range, threads, *observer)
        })
    }

    pub(super) fn sums(&mut self, rows: &mut dyn Rows) -> Result<(), Error> {
        self.columns.iter_mut().for_each(Numbers::fix_grid);
        self.each(rows, &|numbers, x, units| numbers.sum(x, units))?;
        self.columns.iter_mut().for_each(Numbers::fix_mean);
        Ok(())
    }

    /// After the sums.
    pub(super) fn squares(&mut self, rows: &mut dyn Rows) -> Result<(), Error> {
        self.each(rows, &|numbers, x, units| numbers.square(x, units))
    }

    /// After the sums; `fills` stand for missing numbers.
    pub(super) fn quartiles(&mut self, rows: &mut dyn Rows, fills: &[Option<f64>]) -> Result<(), Error> {
        for numbers in &mut self.columns {
            numbers.quartiles = Quartiles::of(numbers.present);
        }
        for _ in 0..PASSES {
            for (numbers, fill) in self.columns.iter_mut().zip(fills) {
                numbers.quartiles.begin();
                if let Some(fill) = fill {
                    numbers.quartiles.add(*fill, numbers.missing);
                }
            }
            self.each(rows, &|numbers, x, units| numbers.quartiles.add(x, u128::from(units)))?;
            self.columns.iter_mut().for_each(|numbers| numbers.quartiles.end());
        }
        Ok(())
    }

    fn each(&mut self, rows: &mut dyn Rows, add: Add) -> Result<(), Error> {
        let Self { columns, unit, threads, observer } = self;
        let count = unit.counts();
        rows.pass(&mut |matrix, weights| {
            let units: Option<Vec<u64>> =
                weights.map(|weights| weights.iter().map(|&weight| count(weight)).collect());
            add_block(matrix, columns, units.as_deref(), add, threads, *observer)
        })
    }
}

type Add<'a> = &'a (dyn Fn(&mut Numbers, f64, u64) + Sync);

/// Adds every number of a block to its column, on all threads where there are many columns.
fn add_block(
    matrix: &Matrix,
    columns: &mut [Numbers],
    units: Option<&[u64]>,
    add: Add,
    threads: &Threads,
    observer: &dyn Observer,
) -> Result<(), Error> {
    let (width, groups) = (matrix.columns(), columns.chunks_mut(GROUP).enumerate());
    threads.fold(
        groups,
        observer,
        || (),
        |(), (group, columns)| match matrix.values() {
            Values::F32(values) => add_group(values, width, group, columns, units, add),
            Values::F64(values) => add_group(values, width, group, columns, units, add),
        },
    )?;
    Ok(())
}

fn add_group<T: Element>(
    values: &[T],
    width: usize,
    group: usize,
    columns: &mut [Numbers],
    units: Option<&[u64]>,
    add: Add,
) {
    for (row, values) in values.chunks_exact(width).enumerate() {
        let units = units.map_or(1, |units| units[row]);
        for (numbers, value) in columns.iter_mut().zip(&values[group * GROUP..]) {
            add(numbers, value.widen(), units);
        }
    }
}
