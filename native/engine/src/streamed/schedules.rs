//! Tests that explore schedules: reading ahead under many orders of the steps of both threads. See `src/sync.rs`.

use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, Runner};

use super::prefetch::{Expected, read_ahead};
use super::rows::{RowBlock, RowSource};
use crate::error::Error;
use crate::matrix::{Matrix, Values};

/// Blocks of one number each, which are pieces as they are: they alternate between f32 and f64.
struct Numbers {
    count: usize,
    fails: bool,
}

impl RowSource for Numbers {
    fn columns(&self) -> usize {
        1
    }

    fn weighted(&self) -> bool {
        false
    }

    fn pass(&mut self, each: &mut dyn FnMut(RowBlock) -> Result<(), Error>) -> Result<(), Error> {
        for number in 0..self.count {
            let values = if number % 2 == 0 {
                Values::F32(vec![number as f32])
            } else {
                Values::F64(vec![number as f64])
            };
            each(RowBlock::new(Matrix::new(1, values), None))?;
        }
        if self.fails { Err(Error::NoRows) } else { Ok(()) }
    }
}

fn explore(test: impl Fn() + Copy + Send + Sync + 'static) {
    let config = || {
        let mut config = Config::new();
        config.stack_size = 256 << 10;
        config
    };
    Runner::new(RandomScheduler::new_from_seed(7, 500), config()).run(test);
    Runner::new(PctScheduler::new_from_seed(7, 3, 500), config()).run(test);
}

/// Takes pieces, so many at most; what they hold comes back.
fn read(count: usize, fails: bool, expected: Expected, most: usize) -> Result<Vec<f64>, Error> {
    let mut found = Vec::new();
    read_ahead(&mut Numbers { count, fails }, expected, 2, |pieces| {
        for piece in pieces.take(most) {
            assert_eq!(piece.first, found.len());
            found.extend_from_slice(&piece.block.matrix().widened());
        }
        Ok(())
    })
    .map(|()| found)
}

#[test]
fn all_rows_come_in_order_and_their_end_is_said() {
    explore(|| {
        let all: Vec<f64> = (0..6).map(f64::from).collect();
        assert_eq!(read(6, false, Expected::Exactly(6), usize::MAX).as_deref(), Ok(all.as_slice()));
        assert_eq!(read(6, false, Expected::Any, usize::MAX).as_deref(), Ok(all.as_slice()));
    });
}

#[test]
fn a_source_that_fails_has_no_rows() {
    explore(|| assert_eq!(read(6, true, Expected::Any, usize::MAX), Err(Error::NoRows)));
}

#[test]
fn rows_that_are_fewer_or_more_than_before_are_told() {
    explore(|| {
        for before in [5, 7] {
            let error = read(6, false, Expected::Exactly(before), usize::MAX).unwrap_err();
            assert!(matches!(error, Error::Changed { .. }), "{error}");
        }
    });
}

#[test]
fn work_that_succeeds_without_all_rows_is_a_defect() {
    explore(|| {
        for most in [0, 1, 5] {
            let error = read(6, false, Expected::Any, most).unwrap_err();
            assert!(matches!(error, Error::Internal(_)), "{error}");
        }
    });
}

#[test]
fn an_error_of_the_work_is_told_and_ends_the_reading() {
    explore(|| {
        let read = read_ahead(&mut Numbers { count: 9, fails: false }, Expected::Any, 2, |pieces| {
            pieces.next();
            Err::<(), _>(Error::NoWeight)
        });
        assert_eq!(read, Err(Error::NoWeight));
    });
}
