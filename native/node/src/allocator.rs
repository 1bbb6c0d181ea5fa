//! The system's allocator, which ends the process with a sentence where there is no memory and nobody is prepared for that.
//!
//! What grows with a table is asked for through [`kmeans_engine::allocation`], and a refusal there is a value like any other
//! failure. For all else, the libraries' buffers among it, Rust offers an abort with a line of its own: the hook that would
//! change this, `std::alloc::set_alloc_error_hook`, is not stable, and an allocator may not unwind. So it ends here, with exit
//! code 1 and without unwinding. No output is damaged by that: each appears under its name when it is whole.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kmeans_engine::allocation::{OutOfMemory, may_fail};

use crate::failure::LESS_MEMORY;

/// The system's allocator.
pub struct Reporting;

// SAFETY: every call is passed on to `System` with the arguments it came with, and what `System` gives is given back as it is,
// so the contract is that of `System`. A null that nobody expects never returns, which the contract allows: nothing unwinds.
unsafe impl GlobalAlloc for Reporting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller vouches for the layout.
        given(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller vouches for the layout.
        given(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller vouches for the block, its layout and the new size; all blocks come from `System`.
        given(unsafe { System.realloc(block, layout, size) }, size)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller vouches for the block and its layout; all blocks come from `System`.
        unsafe { System.dealloc(block, layout) }
    }
}

#[inline]
fn given(block: *mut u8, bytes: usize) -> *mut u8 {
    if block.is_null() && !may_fail() {
        end(bytes as u64);
    }
    block
}

/// Says what was lacking and ends the process.
#[cold]
fn end(bytes: u64) -> ! {
    const PATIENCE: Duration = Duration::from_millis(200);
    static ENDING: AtomicBool = AtomicBool::new(false);
    if ENDING.swap(true, Ordering::Relaxed) {
        // Another thread is at it, or this one was refused memory for its report, which then takes too long.
        std::thread::sleep(PATIENCE);
    } else {
        report(bytes);
        kmeans_io::remove_temporary_files();
    }
    // SAFETY: it takes any number and does not return. `std::process::exit` would run Node's handlers on this thread.
    unsafe { libc::_exit(1) }
}

/// Writes the sentence to standard error, out of memory that is there already.
fn report(bytes: u64) {
    use std::io::Write;
    let mut text = [0; 512];
    let room = text.len();
    let mut rest = &mut text[..];
    // A progress bar stands in the line.
    let clear = if std::io::stderr().is_terminal() { "\r\u{1b}[K" } else { "" };
    let reason = OutOfMemory { bytes };
    let _ = write!(rest, "{clear}error: {reason}\n\nhint: {LESS_MEMORY}\n");
    let length = room - rest.len();
    let _ = std::io::stderr().write_all(&text[..length]);
}
