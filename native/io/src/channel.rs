//! Bounded channels between two threads whose end is said.
//!
//! A channel of `std` that closes tells that its sender is gone, and not why: it may have sent everything, or have panicked,
//! or have given up. Here a sender says that it is done, and how much it has sent; anything else is an error.

use std::marker::PhantomData;

use crate::sync::hand_over;
use crate::sync::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use crate::sync::{POLL, receive_within};

/// A channel that closed before its end was said, or whose end does not fit what came through it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a thread ended without saying that it was done")]
pub(crate) struct Unfinished;

enum Message<T, E> {
    Item(T),
    /// After so many items.
    End(u64),
    Failed(E),
}

/// The side that sends.
pub(crate) struct Producer<T, E> {
    sender: SyncSender<Message<T, E>>,
    sent: u64,
}

/// The side that receives.
pub(crate) struct Consumer<T, E> {
    receiver: Receiver<Message<T, E>>,
    received: u64,
    ended: bool,
    error: PhantomData<E>,
}

/// The outcome of a look at a channel.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Polled<T> {
    Item(T),
    End,
    /// Nothing yet.
    Nothing,
}

/// A channel in which `waiting` items may wait.
pub(crate) fn bounded<T, E: From<Unfinished>>(waiting: usize) -> (Producer<T, E>, Consumer<T, E>) {
    let (sender, receiver) = sync_channel(waiting);
    (Producer { sender, sent: 0 }, Consumer { receiver, received: 0, ended: false, error: PhantomData })
}

impl<T, E> Producer<T, E> {
    /// Waits for room; false when nobody receives any more.
    pub(crate) fn send(&mut self, item: T) -> bool {
        hand_over();
        self.sent += 1;
        self.sender.send(Message::Item(item)).is_ok()
    }

    /// Says that this was all.
    pub(crate) fn end(self) {
        hand_over();
        // Whoever receives no longer does not need to know.
        drop(self.sender.send(Message::End(self.sent)));
    }

    /// Says why there is no more.
    pub(crate) fn fail(self, error: E) {
        hand_over();
        drop(self.sender.send(Message::Failed(error)));
    }
}

impl<T, E: From<Unfinished>> Consumer<T, E> {
    /// Waits for the next item; `None` at the end.
    pub(crate) fn receive(&mut self) -> Result<Option<T>, E> {
        if self.ended {
            return Ok(None);
        }
        hand_over();
        match self.receiver.recv() {
            Ok(message) => match self.take(message)? {
                Polled::Item(item) => Ok(Some(item)),
                Polled::End | Polled::Nothing => Ok(None),
            },
            Err(_) => Err(Unfinished.into()),
        }
    }

    /// Takes what is there.
    pub(crate) fn poll(&mut self) -> Result<Polled<T>, E> {
        if self.ended {
            return Ok(Polled::End);
        }
        hand_over();
        match self.receiver.try_recv() {
            Ok(message) => self.take(message),
            Err(TryRecvError::Empty) => Ok(Polled::Nothing),
            Err(TryRecvError::Disconnected) => Err(Unfinished.into()),
        }
    }

    /// Waits as long as a silent channel is left alone before others are asked.
    pub(crate) fn wait(&mut self) -> Result<Polled<T>, E> {
        if self.ended {
            return Ok(Polled::End);
        }
        match receive_within(&self.receiver, POLL) {
            Ok(message) => self.take(message),
            Err(RecvTimeoutError::Timeout) => Ok(Polled::Nothing),
            Err(RecvTimeoutError::Disconnected) => Err(Unfinished.into()),
        }
    }

    fn take(&mut self, message: Message<T, E>) -> Result<Polled<T>, E> {
        match message {
            Message::Item(item) => {
                self.received += 1;
                Ok(Polled::Item(item))
            }
            Message::End(sent) if sent == self.received => {
                self.ended = true;
                Ok(Polled::End)
            }
            Message::End(_) => Err(Unfinished.into()),
            Message::Failed(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_told_as_often_as_it_is_asked_for() {
        let (mut producer, mut consumer) = bounded::<u8, Unfinished>(2);
        assert!(producer.send(7));
        producer.end();
        assert_eq!(consumer.receive(), Ok(Some(7)));
        assert_eq!((consumer.receive(), consumer.receive()), (Ok(None), Ok(None)));
        assert_eq!((consumer.poll(), consumer.wait()), (Ok(Polled::End), Ok(Polled::End)));
    }

    #[test]
    fn a_channel_that_closes_before_its_end_is_an_error() {
        let (mut producer, mut consumer) = bounded::<u8, Unfinished>(2);
        assert!(producer.send(7));
        drop(producer);
        assert_eq!(consumer.receive(), Ok(Some(7)));
        assert_eq!((consumer.receive(), consumer.poll()), (Err(Unfinished), Err(Unfinished)));
        assert_eq!(consumer.wait(), Err(Unfinished));
    }

    #[test]
    fn an_end_that_does_not_fit_what_came_is_an_error() {
        let (mut producer, mut consumer) = bounded::<u8, Unfinished>(2);
        assert!(producer.send(7));
        producer.sent += 1;
        producer.end();
        assert_eq!(consumer.receive(), Ok(Some(7)));
        assert_eq!(consumer.receive(), Err(Unfinished));
    }

    #[test]
    fn a_failure_comes_after_what_was_sent_before_it_and_nothing_after_it_is_an_end() {
        let (mut producer, mut consumer) = bounded::<u8, Option<Unfinished>>(2);
        assert!(producer.send(7));
        producer.fail(None);
        assert_eq!(consumer.receive(), Ok(Some(7)));
        assert_eq!(consumer.receive(), Err(None));
        assert_eq!(consumer.receive(), Err(Some(Unfinished)));
    }

    #[test]
    fn nobody_has_to_receive_everything() {
        let (mut producer, consumer) = bounded::<u8, Unfinished>(1);
        assert!(producer.send(1));
        drop(consumer);
        assert!(!producer.send(2));
        producer.end();
    }
}
