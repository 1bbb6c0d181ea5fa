//! Numbers from JavaScript, checked here: napi itself would turn 1.9 into 1, -1 into 2^32 - 1 and NaN into 0.

use kmeans_io::names;

use crate::failure::Failure;

/// 2^53: above it a double no longer tells whole numbers apart.
const MOST: f64 = 9_007_199_254_740_992.0;

/// A whole number of 0 or more. Whether 0 will do is the engine's rule.
pub fn count(option: &str, number: f64) -> Result<usize, Failure> {
    if number.fract() == 0.0 && (0.0..=MOST).contains(&number) {
        return Ok(number as usize);
    }
    let rule = match number {
        _ if number < 0.0 => "must be 1 or more",
        _ if number > MOST => "must be at most 9007199254740992",
        _ => "must be a whole number",
    };
    Err(Failure::option(option, format!("{rule}, got {}", shown(number))))
}

/// 1e300 rather than 301 digits.
fn shown(number: f64) -> String {
    if number.abs() < 1e17 { number.to_string() } else { format!("{number:e}") }
}

pub fn optional_count(option: &str, number: Option<f64>) -> Result<Option<usize>, Failure> {
    number.map(|number| count(option, number)).transpose()
}

/// 64 bits do not fit a JavaScript number, so seeds come as text.
pub fn seed(text: Option<&str>, default: u64) -> Result<u64, Failure> {
    let parse = |text: &str| {
        text.parse().map_err(|_| {
            Failure::option(
                "seed",
                format!("must be a whole number from 0 to {}, got {}", u64::MAX, names::shown(text)),
            )
        })
    };
    text.map_or(Ok(default), parse)
}
