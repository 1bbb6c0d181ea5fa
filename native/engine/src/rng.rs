//! Random numbers as a pure function of (seed, purpose, restart, counter).
//!
//! Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11): counter-based, so
//! neither threads nor the order of draws can change a number, and published, so it cannot change under us.

/// What a stream of numbers is for. Two purposes never share a number. The values are part of the contract:
/// another value gives another result for the same seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Rows of the seeding sample.
    Sample = 1,
    /// Starting centroids.
    Seeding = 2,
    /// Centres of generated blobs.
    BlobCentres = 3,
    /// Which blob a generated row belongs to.
    BlobTruth = 4,
    /// Where in its blob a generated row lies.
    BlobValues = 5,
}

/// Numbers for one purpose, addressed by a counter.
#[derive(Debug, Clone, Copy)]
pub struct Stream {
    key: [u32; 2],
    purpose: u32,
    restart: u32,
}

impl Stream {
    /// The stream of that seed, purpose and restart.
    pub fn new(seed: u64, purpose: Purpose, restart: u32) -> Self {
        Self { key: [seed as u32, (seed >> 32) as u32], purpose: purpose as u32, restart }
    }

    /// 128 random bits at `counter`, as two words.
    pub fn words(&self, counter: u64) -> [u64; 2] {
        let [a, b, c, d] =
            philox([counter as u32, (counter >> 32) as u32, self.purpose, self.restart], self.key);
        [u64::from(a) | u64::from(b) << 32, u64::from(c) | u64::from(d) << 32]
    }

    /// A whole number below `bound` (1 or more). The bias is under `bound / 2^64`.
    pub fn below(&self, counter: u64, bound: u64) -> u64 {
        ((u128::from(self.words(counter)[0]) * u128::from(bound)) >> 64) as u64
    }

    /// A whole number below `bound` (1 or more), for bounds over 64 bits.
    pub fn below_wide(&self, counter: u64, bound: u128) -> u128 {
        let u = u128::from(self.words(counter)[0]);
        (bound >> 64) * u + (((bound & u128::from(u64::MAX)) * u) >> 64)
    }
}

/// A number in [0, 1) from the top 53 bits of `word`.
pub fn unit(word: u64) -> f64 {
    (word >> 11) as f64 * 2f64.powi(-53)
}

fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let a = u64::from(counter[0]) * 0xD251_1F53;
        let b = u64::from(counter[2]) * 0xCD9E_8D57;
        counter = [
            (b >> 32) as u32 ^ counter[1] ^ key[0],
            b as u32,
            (a >> 32) as u32 ^ counter[3] ^ key[1],
            a as u32,
        ];
        key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
    }
    counter
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers that the authors publish with Random123 (`kat_vectors`, philox4x32 10).
    #[test]
    fn philox_gives_the_published_vectors() {
        assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(philox([!0; 4], [!0; 2]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        assert_eq!(
            philox([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn streams_of_two_purposes_seeds_or_restarts_differ() {
        let word = |seed, purpose, restart| Stream::new(seed, purpose, restart).words(7)[0];
        let base = word(1, Purpose::Seeding, 0);
        assert_ne!(base, word(2, Purpose::Seeding, 0));
        assert_ne!(base, word(1 << 32, Purpose::Seeding, 0));
        assert_ne!(base, word(1, Purpose::Sample, 0));
        assert_ne!(base, word(1, Purpose::Seeding, 1));
    }

    #[test]
    fn draws_stay_below_their_bound() {
        let stream = Stream::new(3, Purpose::Seeding, 0);
        for counter in 0..1000 {
            assert!(stream.below(counter, 7) < 7);
            assert_eq!(stream.below(counter, 1), 0);
            assert!(stream.below_wide(counter, 5 << 100) < 5 << 100);
            assert_eq!(u128::from(stream.below(counter, 12)), stream.below_wide(counter, 12));
            assert!((0.0..1.0).contains(&unit(stream.words(counter)[1])));
        }
    }
}
