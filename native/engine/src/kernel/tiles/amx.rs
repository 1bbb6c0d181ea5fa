//! The tile instructions of AMX, which stable Rust cannot name yet: the few that [`super`] needs.
//!
//! A tile is a register of 16 lines of 64 bytes. Rust never keeps anything in one, so what one block of
//! assembly leaves in a tile is there for the next; blocks keep their order, for none of them is `pure`.
//! Sources: Intel, "Architecture Instruction Set Extensions Programming Reference" (319433), chapter 3;
//! Linux, Documentation/arch/x86/xstate.rst.

use std::arch::asm;
use std::arch::x86_64::__cpuid_count;
use std::marker::PhantomData;
use std::sync::OnceLock;

use crate::matrix::Element;

use super::super::filter::Filter;
use super::laid::lay_high;
use super::{LINES, Lengths, Line, Product, STEP_LINES, Tiled, Unit};

/// Whether the processor has AMX with bf16 and the system lets this process use it, for which it must ask once.
pub(in super::super) fn usable() -> bool {
    static USABLE: OnceLock<bool> = OnceLock::new();
    /// Bits of EDX of leaf 7 (Intel SDM, CPUID): AMX-BF16 and AMX-TILE.
    const FEATURES: u32 = 1 << 22 | 1 << 24;
    *USABLE.get_or_init(|| {
        let known = __cpuid_count(0, 0).eax >= 7;
        known && __cpuid_count(7, 0).edx & FEATURES == FEATURES && permitted()
    })
}

/// Asks Linux (since 5.16) for the tiles' part of the registers that it saves. It says no where it does not
/// know of them, where they are switched off, and where a thread's stack for signals is too small for them.
fn permitted() -> bool {
    const ARCH_PRCTL: u64 = 158;
    const ARCH_REQ_XCOMP_PERM: u64 = 0x1023;
    const XTILEDATA: u64 = 18;
    let answer: u64;
    // SAFETY: a call of the system that reads and writes no memory of ours; `rcx` and `r11` are what the
    // instruction itself overwrites.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") ARCH_PRCTL => answer,
            in("rdi") ARCH_REQ_XCOMP_PERM,
            in("rsi") XTILEDATA,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    answer == 0
}

/// The tiles of this thread, configured, until this is dropped: a thread that is left with tiles in use has
/// 8 KB more to save at each switch. Four of them are a product of 32 by 32 numbers.
pub(in super::super) struct Tiles(PhantomData<*const ()>);

impl Unit for Tiles {
    /// All eight tiles with 16 lines of 64 bytes.
    unsafe fn ready() -> Self {
        let mut config = [0u8; 64];
        config[0] = 1; // the palette
        config[16..32].copy_from_slice(&[64, 0].repeat(8)); // bytes of a line, 16 bits for each tile
        config[48..56].fill(LINES as u8);
        // SAFETY: 64 bytes are read, which is what there is, and they are a valid configuration.
        unsafe {
            asm!("ldtilecfg [{}]", in(reg) &raw const config, options(nostack, readonly, preserves_flags));
        };
        Self(PhantomData)
    }

    #[inline(always)]
    fn lay<T: Element>(panel: &[T], filter: &Filter, tiled: &Tiled, to: &mut [Line]) -> Lengths {
        // SAFETY: there is a `tiled` for this unit only where the processor has AVX-512.
        unsafe { lay_high(panel, filter, tiled, to) }
    }

    #[inline(always)]
    fn multiply(
        &mut self,
        _tiled: &Tiled,
        _wanted: usize,
        centroids: &[Line],
        rows: &[Line],
        _scales: &[f32],
        to: &mut Product,
    ) {
        let steps = centroids.len() / STEP_LINES;
        assert!(steps > 0 && centroids.len() == rows.len(), "blocks of one width");
        // SAFETY: tiles are configured as long as there is a `self`; each turn of the loop reads the next
        // 2048 bytes, two tiles, of either block, and there are at least as many as turns in both. 32 lines of 128 bytes
        // are written, which is what `to` has, as quarters of 16 lines of 64 bytes.
        unsafe {
            asm!(
                "tilezero tmm0",
                "tilezero tmm1",
                "tilezero tmm2",
                "tilezero tmm3",
                "2:",
                "tileloadd tmm6, [{rows} + {line}]",
                "tileloadd tmm4, [{centroids} + {line}]",
                "tileloadd tmm7, [{rows} + {line} + 1024]",
                "tileloadd tmm5, [{centroids} + {line} + 1024]",
                "tdpbf16ps tmm0, tmm4, tmm6",
                "tdpbf16ps tmm1, tmm4, tmm7",
                "tdpbf16ps tmm2, tmm5, tmm6",
                "tdpbf16ps tmm3, tmm5, tmm7",
                "add {centroids}, 2048",
                "add {rows}, 2048",
                "dec {steps}",
                "jnz 2b",
                centroids = inout(reg) centroids.as_ptr() => _,
                rows = inout(reg) rows.as_ptr() => _,
                steps = inout(reg) steps => _,
                line = in(reg) size_of::<Line>(),
                options(nostack, readonly)
            );
            asm!(
                "tilestored [{to} + {line}], tmm0",
                "tilestored [{to} + {line} + 64], tmm1",
                "tilestored [{to} + {line} + 2048], tmm2",
                "tilestored [{to} + {line} + 2112], tmm3",
                to = in(reg) to.0.as_mut_ptr(),
                line = in(reg) size_of::<[f32; 32]>(),
                options(nostack, preserves_flags)
            );
        }
    }
}

impl Drop for Tiles {
    fn drop(&mut self) {
        // SAFETY: tiles are configured as long as there is a `self`.
        unsafe { asm!("tilerelease", options(nostack, nomem, preserves_flags)) };
    }
}
