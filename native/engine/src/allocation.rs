//! Memory for what grows with a table, which the system may refuse.
//!
//! Rust's collections end the process when there is no memory for them. Here a refusal is an answer: a table that cannot be
//! held is streamed instead, or the job fails with a sentence.

use std::cell::Cell;

/// Memory that the system did not give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not enough memory: {} MB more are needed", megabytes(*bytes))]
pub struct OutOfMemory {
    /// How many bytes were asked for.
    pub bytes: u64,
}

/// Rounded up, so that it is enough where it is asked for.
fn megabytes(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}

thread_local! {
    static MAY_FAIL: Cell<bool> = const { Cell::new(false) };
}

/// Tells if this thread is asking for memory that it can do without. The program's allocator reads it: a refusal that nobody
/// expects is for the allocator to report.
pub fn may_fail() -> bool {
    MAY_FAIL.get()
}

/// Makes room for `more` values, as [`Vec::try_reserve`].
///
/// # Errors
/// [`OutOfMemory`] where the system has none.
pub fn reserve<T>(values: &mut Vec<T>, more: usize) -> Result<(), OutOfMemory> {
    attempt(more, size_of::<T>(), || values.try_reserve(more))
}

/// Makes room for `more` values and no others, as [`Vec::try_reserve_exact`].
///
/// # Errors
/// [`OutOfMemory`] where the system has none.
pub fn reserve_exact<T>(values: &mut Vec<T>, more: usize) -> Result<(), OutOfMemory> {
    attempt(more, size_of::<T>(), || values.try_reserve_exact(more))
}

/// Asks whether the system would give so many bytes now. Nothing is touched, so none of them becomes resident.
pub fn is_available(bytes: u64) -> bool {
    let mut probe: Vec<u8> = Vec::new();
    usize::try_from(bytes).is_ok_and(|bytes| reserve_exact(&mut probe, bytes).is_ok())
}

fn attempt<E>(count: usize, size: usize, reserve: impl FnOnce() -> Result<(), E>) -> Result<(), OutOfMemory> {
    let before = MAY_FAIL.replace(true);
    let reserved = reserve();
    MAY_FAIL.set(before);
    reserved.map_err(|_| OutOfMemory { bytes: (count as u64).saturating_mul(size as u64) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_system_has_is_refused() {
        let mut values = vec![1.0, 2.0];
        assert_eq!(reserve(&mut values, 1 << 59), Err(OutOfMemory { bytes: 1 << 62 }));
        assert_eq!(reserve_exact(&mut values, usize::MAX), Err(OutOfMemory { bytes: u64::MAX }));
        assert_eq!(values, [1.0, 2.0]);
        assert!(is_available(1 << 20) && !is_available(u64::MAX) && !may_fail());
        assert!(reserve(&mut values, 10).is_ok() && values.capacity() >= 12);
    }
}
