//! `memory`: how much of a table a fit may hold. Its meaning, its default and its rule.

use sysinfo::{MemoryRefreshKind, Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use kmeans_io::names;

use crate::failure::Failure;

/// The rest is for the program, its files' pages in the system's cache, and whatever else runs.
pub const DEFAULT: &str = "60%";

const UNITS: [(&str, f64); 9] = [
    ("B", 1.0),
    ("kB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("TB", 1e12),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("TiB", 1_099_511_627_776.0),
];

/// Bytes that rows, labels and sums may take together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    pub bytes: u64,
    /// Whether somebody said how much.
    pub given: bool,
}

impl Memory {
    /// Of a size such as 512MB, 2GiB or 50%, which is a share of what the machine has, or of what its cgroup allows.
    pub fn new(text: Option<&str>) -> Result<Self, Failure> {
        let (given, text) = (text.is_some(), text.unwrap_or(DEFAULT));
        let refused = || {
            let rule = "must be a size such as 512MB, 2GiB or 50%";
            Failure::option("memory", format!("{rule}, got \"{}\"", names::shown(text)))
        };
        let (number, unit) = split(text).ok_or_else(refused)?;
        if unit == "%" {
            let share = Some(number).filter(|share| *share > 0.0 && *share <= 100.0).ok_or_else(refused)?;
            let bytes = machine().map_or(u64::MAX, |all| (all as f64 * share / 100.0) as u64);
            return Ok(Self { bytes, given });
        }
        let factor = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).map(|(_, factor)| factor);
        // Rounded, because 0.29 kB is 290 B and not 289.
        let bytes = (number * factor.ok_or_else(refused)?).round() as u64;
        if bytes == 0 { Err(refused()) } else { Ok(Self { bytes, given }) }
    }
}

/// The number and the unit of a size.
fn split(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
    let (number, unit) = text.split_at(end);
    Some((number.parse().ok()?, unit.trim_start()))
}

/// Bytes that this process can have at most; `None` where the system does not tell.
fn machine() -> Option<u64> {
    let mut system = System::new().ok()?;
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    let pid = Pid::from_u32(std::process::id());
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), false, ProcessRefreshKind::nothing());
    let cgroup =
        system.process(pid).and_then(sysinfo::Process::cgroup_limits).map(|limits| limits.total_memory);
    let all = cgroup.into_iter().chain([system.total_memory()]).filter(|bytes| *bytes > 0);
    all.min()
}

/// 9663676416 -> "9.67 GB".
pub fn shown(bytes: u64) -> String {
    let units = [("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)];
    let unit = units.into_iter().find(|(_, factor)| bytes as f64 >= *factor);
    let (unit, factor) = unit.unwrap_or(("B", 1.0));
    let number = bytes as f64 / factor;
    let decimals = if number < 10.0 { 2 } else { usize::from(number < 100.0) };
    // Rounded up, so that it is enough where it is asked for.
    let step = 10f64.powi(decimals as i32);
    format!("{} {unit}", (number * step).ceil() / step)
}
