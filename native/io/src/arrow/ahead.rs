//! A thread that decodes the next batch while the one before is made into rows.

use std::mem::replace;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use crate::arrow::CONTRADICTION;
use crate::arrow::frames::{Fault, damage};
use crate::arrow::records::Records;

type Next = Result<Option<RecordBatch>, Fault>;

/// Batches of a file that is there as a whole: a thread that waits for a pipe could not be ended. The thread begins after
/// the first batch, so that a small file needs none.
pub(crate) struct Ahead {
    schema: SchemaRef,
    state: State,
}

enum State {
    Here { records: Box<dyn Records>, begun: bool },
    There(Receiver<Next>),
    Ended,
}

impl Ahead {
    pub(crate) fn new(records: Box<dyn Records>) -> Self {
        Self { schema: records.schema().clone(), state: State::Here { records, begun: false } }
    }
}

impl Records for Ahead {
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
        let batches = match replace(&mut self.state, State::Ended) {
            State::Here { records, .. } => {
                // One batch more than without the thread: it hands one over when it has the next.
                let (sender, batches) = sync_channel(0);
                let thread = thread::Builder::new().name("kmeans-arrow".to_owned());
                thread.spawn(move || decode(records, &sender))?;
                batches
            }
            State::There(batches) => batches,
            State::Ended => return Ok(None),
        };
        // A thread that is done has said so.
        let next = batches.recv().unwrap_or_else(|_| Err(damage(CONTRADICTION)));
        if let Ok(Some(_)) = next {
            self.state = State::There(batches);
        }
        next
    }
}

/// Goes on until the end, a fault, or until nobody listens any more.
fn decode(mut records: Box<dyn Records>, sender: &SyncSender<Next>) {
    loop {
        let next = records.next();
        let last = !matches!(next, Ok(Some(_)));
        if sender.send(next).is_err() || last {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Int32Array, RecordBatchOptions};
    use arrow_schema::{DataType, Field, Schema};

    use super::*;

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

    fn ahead(upto: i32, last: fn() -> Next) -> Ahead {
        let schema = Arc::new(Schema::new(vec![Field::new("x", DataType::Int32, false)]));
        Ahead::new(Box::new(Counting { schema, rows: 0, upto, last }))
    }

    fn numbers(records: &mut Ahead) -> (Vec<i32>, Next) {
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
            let mut records = ahead(upto, || Ok(None));
            let (found, end) = numbers(&mut records);
            assert_eq!(found, (1..=upto).collect::<Vec<_>>());
            assert!(matches!(end, Ok(None)) && matches!(records.next(), Ok(None)));
        }
    }

    #[test]
    fn a_fault_and_a_panic_come_after_the_batches_before_them() {
        for last in [|| Err(damage("cut")), || panic!("hostile")] as [fn() -> Next; 2] {
            let (found, end) = numbers(&mut ahead(5, last));
            assert_eq!((found.len(), end.is_err()), (5, true));
        }
    }

    #[test]
    fn nobody_has_to_take_all_batches() {
        let mut records = ahead(i32::MAX, || Ok(None));
        (0..3).for_each(|_| assert!(records.next().is_ok()));
    }
}
