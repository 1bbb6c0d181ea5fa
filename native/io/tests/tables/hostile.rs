//! Damaged and hostile bytes: an answer or an error, never a panic.

use arrow_ipc::CompressionType;
use proptest::prelude::*;

use crate::arrow::{compressed, file, mixed, stream};
use crate::given::{bytes, passed, read};

/// A small generator of its own, so that a failure can be repeated from its number.
fn scramble(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 16
}

fn try_everything(input: &[u8]) {
    let _ = read(bytes(input));
    let _ = passed(bytes(input), &["a"], "o.csv", None);
    let _ = passed(bytes(input), &["a"], "o.arrow", None);
}

fn samples() -> [Vec<u8>; 4] {
    let packed = [CompressionType::LZ4_FRAME, CompressionType::ZSTD].map(|codec| compressed(&mixed(), codec));
    let [lz4, zstd] = packed;
    [file(&[mixed(), mixed()]), stream(&[mixed(), mixed()]), lz4, zstd]
}

#[test]
fn a_file_that_is_cut_short_anywhere_is_refused() {
    for whole in [&samples()[0], &samples()[2], &samples()[3]] {
        for end in 0..whole.len() {
            let error = read(bytes(&whole[..end])).unwrap_err().to_string();
            assert!(end < 8 || error.starts_with("x is damaged or cut short ("), "{end}: {error}");
        }
    }
}

#[test]
fn a_stream_that_is_cut_short_is_refused_inside_a_message() {
    let whole = &samples()[1];
    let complete = (0..whole.len()).filter(|&end| read(bytes(&whole[..end])).is_ok()).count();
    // Only between two messages can nobody know, that is after the first batch and around the end mark.
    assert!(complete <= 8, "{complete}");
}

#[test]
fn flipped_bytes_are_answered_or_refused() {
    let mut state = 1;
    for whole in samples() {
        for _ in 0..1000 {
            let mut broken = whole.clone();
            for _ in 0..=scramble(&mut state) % 4 {
                let at = scramble(&mut state) as usize % broken.len();
                broken[at] = scramble(&mut state) as u8;
            }
            try_everything(&broken);
        }
    }
}

#[test]
fn every_length_in_turn_is_made_absurd() {
    for whole in samples() {
        for at in (0..whole.len() - 8).step_by(4) {
            for absurd in [i64::MAX, -1, 1 << 40] {
                let mut broken = whole.clone();
                broken[at..at + 8].copy_from_slice(&absurd.to_le_bytes());
                let _ = read(bytes(&broken));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn any_text_is_answered_or_refused(text in "[0-9a,;\"\r\n\t .\u{e9}-]{0,60}", most in 1_usize..20) {
        let whole = read(bytes(text.as_bytes())).map(|table| (table.names, table.matrix)).map_err(|error| error.to_string());
        let parts = read(crate::given::drip(text.as_bytes(), most)).map(|table| (table.names, table.matrix)).map_err(|error| error.to_string());
        prop_assert_eq!(whole, parts);
    }

    #[test]
    fn any_bytes_are_answered_or_refused(input in prop::collection::vec(any::<u8>(), 0..200)) {
        try_everything(&input);
    }
}
