use std::io::Read;

use super::{Trickle, explore, never, packed, piped};
use crate::pipe::Pipe;
use crate::source::Source;
use crate::stop::{Arrival, Halt};
use crate::sync::{spawn_scoped, thread};

const TEXT: &[u8] = b"a,b\n1,2\n3,4\n5,6\n7,8\n9,10\n11,12\n13,14\n15,16\n";

#[test]
fn all_bytes_of_a_pipe_arrive_in_order_and_then_its_end() {
    explore(500, || {
        let trickle = Trickle::of(TEXT, 7);
        let mut pipe = Pipe::start(move || Ok(trickle), &never()).unwrap();
        let (mut all, mut some) = (Vec::new(), [0; 16]);
        while let Arrival::Bytes(count @ 1..) = pipe.read_or_halt(&mut some, &Halt::default()).unwrap() {
            all.extend_from_slice(&some[..count]);
        }
        assert_eq!(all, TEXT);
        assert_eq!(pipe.read_or_halt(&mut some, &Halt::default()).unwrap(), Arrival::Bytes(0));
    });
}

#[test]
fn a_pipe_that_nobody_reads_on_lets_its_thread_go() {
    explore(500, || {
        let trickle = Trickle::of(&[b'x'; 2000], 100);
        let mut pipe = Pipe::start(move || Ok(trickle), &never()).unwrap();
        pipe.read_or_halt(&mut [0; 16], &Halt::default()).unwrap();
    });
}

/// Reads to the end, as often as it takes, while others halt it.
fn halted_again_and_again(source: &mut Source, halts: usize) -> Vec<u8> {
    let (mut all, mut some) = (Vec::new(), [0; 16]);
    for round in 0.. {
        let halt = Halt::default();
        let ended = thread::scope(|scope| {
            if round < halts {
                spawn_scoped(scope, "halting", || halt.call()).unwrap();
            }
            loop {
                match source.read_or_halt(&mut some, &halt).unwrap() {
                    Arrival::Bytes(0) => return true,
                    Arrival::Bytes(count) => all.extend_from_slice(&some[..count]),
                    Arrival::Halted => return false,
                }
            }
        });
        if ended {
            break;
        }
    }
    all
}

#[test]
fn a_halted_reader_goes_on_where_it_was() {
    explore(300, || {
        for bytes in packed(TEXT) {
            let mut source = piped(&bytes, 7);
            assert_eq!(halted_again_and_again(&mut source, 3), TEXT);
            assert_eq!(source.delivered(), TEXT.len() as u64);
        }
    });
}

#[test]
fn compressed_bytes_that_end_early_are_no_end() {
    explore(100, || {
        for bytes in &packed(TEXT)[1..] {
            let mut all = Vec::new();
            let mut source = piped(&bytes[..bytes.len() - 3], 7);
            assert!(source.read_to_end(&mut all).is_err());
            assert!(source.read(&mut [0]).is_err(), "a failure is no end");
        }
    });
}
