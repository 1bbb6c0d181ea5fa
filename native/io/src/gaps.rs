//! Places in a window of text where skipped bytes were cut out.
//!
//! Whoever looks ahead in a text goes back afterwards and splits the same bytes again, so the window keeps them. It need not
//! keep what no record holds: blank lines, comments, blank space. 40 KB of zstd unpack to gigabytes of these, so a long run
//! leaves the window as it is passed over, and a gap remembers what it meant to the lines and the state of the reader.

/// A run of bytes that a window no longer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gap<S> {
    /// Bytes before it that the window holds or held.
    at: u64,
    bytes: u64,
    /// Lines that end in it.
    pub(crate) lines: u64,
    /// State of the reader behind it.
    pub(crate) state: S,
}

/// The gaps of a window, in its order.
#[derive(Debug, Clone)]
pub(crate) struct Gaps<S> {
    gaps: Vec<Gap<S>>,
    /// The first that has not been passed.
    next: usize,
}

impl<S> Default for Gaps<S> {
    fn default() -> Self {
        Self { gaps: Vec::new(), next: 0 }
    }
}

impl<S: Copy> Gaps<S> {
    /// Notes that `bytes` bytes that have just been passed over were cut out at `at`.
    pub(crate) fn add(&mut self, at: u64, bytes: u64, lines: u64, state: S) {
        match self.next.checked_sub(1).and_then(|last| self.gaps.get_mut(last)) {
            // One run that took several reads.
            Some(gap) if gap.at == at => {
                (gap.bytes, gap.lines, gap.state) = (gap.bytes + bytes, gap.lines + lines, state);
            }
            _ => {
                self.gaps.insert(self.next, Gap { at, bytes, lines, state });
                self.next += 1;
            }
        }
    }

    /// Passes the gap that is at `at`, if one is.
    #[inline]
    pub(crate) fn pass(&mut self, at: u64) -> Option<Gap<S>> {
        let gap = self.gaps.get(self.next).filter(|gap| gap.at == at).copied()?;
        self.next += 1;
        Some(gap)
    }

    /// Returns the place of the next gap.
    #[inline]
    pub(crate) fn ahead(&self) -> Option<u64> {
        self.gaps.get(self.next).map(|gap| gap.at)
    }

    /// Bytes of the gaps that have been passed, and of those ahead.
    pub(crate) fn bytes(&self) -> (u64, u64) {
        let (passed, ahead) = self.gaps.split_at(self.next);
        let sum = |gaps: &[Gap<S>]| gaps.iter().map(|gap| gap.bytes).sum();
        (sum(passed), sum(ahead))
    }

    /// Makes all of them lie ahead again.
    pub(crate) fn rewind(&mut self) {
        self.next = 0;
    }

    /// Drops those that have been passed, once nobody goes back behind them.
    pub(crate) fn forget(&mut self) {
        if self.next > 0 {
            self.gaps.drain(..self.next);
            self.next = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_passed_again_after_a_rewind_until_they_are_forgotten() {
        let mut gaps = Gaps::default();
        gaps.add(10, 100, 3, 'a');
        gaps.add(10, 50, 2, 'b');
        gaps.add(20, 7, 1, 'c');
        assert_eq!((gaps.bytes(), gaps.ahead(), gaps.pass(10)), ((157, 0), None, None));
        gaps.rewind();
        assert_eq!((gaps.bytes(), gaps.ahead(), gaps.pass(9)), ((0, 157), Some(10), None));
        let gap = gaps.pass(10).unwrap();
        assert_eq!((gap.lines, gap.state, gaps.ahead()), (5, 'b', Some(20)));
        gaps.forget();
        assert_eq!(gaps.pass(20).map(|gap| gap.lines), Some(1));
        gaps.rewind();
        assert_eq!(gaps.ahead(), Some(20));
    }
}
