//! A thread that decodes the next batch while the one before is made into rows.

use std::mem::replace;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use crate::arrow::frames::Fault;
use crate::arrow::records::Records;
use crate::channel::{Consumer, Producer, Unfinished, bounded};
use crate::sync::spawn;

type Next = Result<Option<RecordBatch>, Fault>;

/// Batches of a file that is there as a whole: a thread that waits for a pipe could not be ended. The thread begins after
/// the first batch, so that a small file needs none.
pub(crate) struct Prefetched {
    schema: SchemaRef,
    state: State,
}

enum State {
    Here {
        records: Box<dyn Records>,
        begun: bool,
    },
    There(Consumer<RecordBatch, Fault>),
    /// After a thread could not be started.
    Gone,
}

impl Prefetched {
    pub(crate) fn new(records: Box<dyn Records>) -> Self {
        Self { schema: records.schema().clone(), state: State::Here { records, begun: false } }
    }
}

impl Records for Prefetched {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Before the second batch.
    fn project(&mut self, columns: &[usize]) {
        if let State::Here { records, .. } = &mut self.state {
            records.project(columns);
        }
    }

    fn next(&mut self) -> Next {
        if let State::Here { records, begun } = &mut self.state
            && !replace(begun, true)
        {
            return records.next();
        }
        let mut batches = match replace(&mut self.state, State::Gone) {
            State::Here { records, .. } => {
                // One batch more than without the thread: it hands one over when it has the next.
                let (producer, batches) = bounded(0);
                spawn("kmeans-arrow", move || decode(records, producer))?;
                batches
            }
            State::There(batches) => batches,
            State::Gone => return Err(Unfinished.into()),
        };
        let next = batches.receive();
        self.state = State::There(batches);
        next
    }
}

/// Goes on until the end, a fault, or until nobody listens any more.
fn decode(mut records: Box<dyn Records>, mut producer: Producer<RecordBatch, Fault>) {
    loop {
        match records.next() {
            Ok(Some(batch)) => {
                if !producer.send(batch) {
                    return;
                }
            }
            Ok(None) => return producer.end(),
            Err(fault) => return producer.fail(fault),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use arrow_array::{Int32Array, RecordBatchOptions};
    use arrow_schema::{DataType, Field, Schema};

    use super::*;
    use crate::arrow::frames::damage;

    /// Batches of one row, the row's number in it, then what comes last.
    struct Counting {
        schema: SchemaRef,
        rows: i32,
        upto: i32,
        last: fn() -> Next,
    }

    impl Records for Counting {
        fn schema(&self) -> &SchemaRef {
            &self.schema
        }

        fn project(&mut self, _: &[usize]) {}

        fn next(&mut self) -> Next {
            if self.rows == self.upto {
                return (self.last)();
            }
            self.rows += 1;
            let column = Arc::new(Int32Array::from(vec![self.rows]));
            let options = RecordBatchOptions::new();
            let batch = RecordBatch::try_new_with_options(self.schema.clone(), vec![column], &options);
            batch.map(Some).map_err(|_| damage("no batch"))
        }
    }

    pub(crate) fn prefetched(upto: i32, last: fn() -> Next) -> Prefetched {
        let schema = Arc::new(Schema::new(vec![Field::new("x", DataType::Int32, false)]));
        Prefetched::new(Box::new(Counting { schema, rows: 0, upto, last }))
    }

    pub(crate) fn numbers(records: &mut Prefetched) -> (Vec<i32>, Next) {
        let mut numbers = Vec::new();
        loop {
            match records.next() {
                Ok(Some(batch)) => {
                    let column = batch.column(0).as_any().downcast_ref::<Int32Array>().unwrap().value(0);
                    numbers.push(column);
                }
                end => return (numbers, end),
            }
        }
    }

    #[test]
    fn batches_come_in_order_and_end_once() {
        for upto in [0, 1, 2, 100] {
            let mut records = prefetched(upto, || Ok(None));
            let (found, end) = numbers(&mut records);
            assert_eq!(found, (1..=upto).collect::<Vec<_>>());
            assert!(matches!(end, Ok(None)) && matches!(records.next(), Ok(None)));
        }
    }

    #[test]
    fn a_fault_and_a_panic_come_after_the_batches_before_them() {
        for last in [|| Err(damage("cut")), || panic!("hostile")] as [fn() -> Next; 2] {
            let mut records = prefetched(5, last);
            let (found, end) = numbers(&mut records);
            assert_eq!((found.len(), end.is_err()), (5, true));
            assert!(records.next().is_err(), "a fault is no end");
        }
    }

    #[test]
    fn a_thread_that_panics_is_a_defect_and_no_damage() {
        let (_, end) = numbers(&mut prefetched(5, || panic!("a defect")));
        assert_eq!(end.unwrap_err().into_error("x").kind(), crate::Kind::Internal);
    }

    #[test]
    fn nobody_has_to_take_all_batches() {
        let mut records = prefetched(i32::MAX, || Ok(None));
        (0..3).for_each(|_| assert!(records.next().is_ok()));
    }
}
