//! The instruction sets that kernels are compiled for, and which of them a processor has.

use crate::error::Error;
use crate::params::Named;

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
use super::tiles;

/// An instruction set that kernels are compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isa {
    /// What the compiler makes of arrays: SSE2 on x86-64 (where a fused multiply-add is a library call), NEON on
    /// arm64.
    Portable,
    /// NEON: every arm64.
    Neon,
    /// AVX2 and FMA: x86-64 since 2013.
    Avx2,
    /// AVX-512 F, DQ, BW and VL.
    Avx512,
    /// The same and VNNI, of which the filter makes use: processors of AMD since 2022. Xeons had it before, but do not multiply f32
    /// at half its rate, so that it is not the best there.
    Vnni,
    /// The same and AMX with bf16, of which the filter makes use: Xeons since 2023, under Linux.
    Amx,
}

impl Named for Isa {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("portable", Self::Portable),
        ("neon", Self::Neon),
        ("avx2", Self::Avx2),
        ("avx512", Self::Avx512),
        ("vnni", Self::Vnni),
        ("amx", Self::Amx),
    ];
}

impl Isa {
    /// All that this processor can run, the best last.
    pub fn available() -> Vec<Self> {
        let mut found = vec![Self::Portable];
        #[cfg(target_arch = "aarch64")]
        found.push(Self::Neon);
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            let avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl");
            found.extend(avx2.then_some(Self::Avx2));
            let vnni = avx2 && avx512 && is_x86_feature_detected!("avx512vnni");
            let pays = vnni && is_by_amd();
            found.extend((vnni && !pays).then_some(Self::Vnni));
            found.extend((avx2 && avx512).then_some(Self::Avx512));
            found.extend(pays.then_some(Self::Vnni));
            #[cfg(target_os = "linux")]
            found.extend((avx2 && avx512 && tiles::usable()).then_some(Self::Amx));
        }
        found
    }

    /// Whether this processor can run it.
    ///
    /// # Errors
    /// [`Error::Option`] with the names of those it can.
    pub fn check(self) -> Result<(), Error> {
        let available = Self::available();
        if available.contains(&self) {
            return Ok(());
        }
        let names: Vec<&str> = available.into_iter().map(Named::name).collect();
        Err(Error::option("isa", &format!("one that this processor has ({})", names.join(", ")), self.name()))
    }

    /// Whether a fused multiply-add is an instruction, not a call of a library.
    pub fn has_fma(self) -> bool {
        self != Self::Portable || cfg!(target_arch = "aarch64") || cfg!(target_feature = "fma")
    }

    /// Centroids that are taken at a time in f32: with the registers of rows they make 8, 12 or 24 chains.
    pub fn group(self) -> usize {
        match self {
            Self::Portable | Self::Neon => 4,
            Self::Avx2 => 6,
            Self::Avx512 | Self::Vnni | Self::Amx => 8,
        }
    }

    /// The best that this processor can run.
    pub fn best() -> Self {
        Self::available().last().copied().unwrap_or(Self::Portable)
    }
}

/// Whether a processor is one of AMD: `AuthenticAMD` in EBX, EDX, ECX of leaf 0 (AMD64 Architecture Programmer's Manual, volume 3).
#[cfg(target_arch = "x86_64")]
fn is_by_amd() -> bool {
    let leaf = std::arch::x86_64::__cpuid(0);
    [leaf.ebx, leaf.edx, leaf.ecx].map(u32::to_le_bytes).concat() == b"AuthenticAMD"
}
