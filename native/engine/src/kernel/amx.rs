//! The tile instructions of AMX, which stable Rust cannot name yet: the few that [`super::tiles`] needs.
//!
//! A tile is a register of 16 lines of 64 bytes. Rust never keeps anything in one, so what one block of
//! assembly leaves in a tile is there for the next; blocks keep their order, for none of them is `pure`.
//! Sources: Intel, "Architecture Instruction Set Extensions Programming Reference" (319433), chapter 3;
//! Linux, Documentation/arch/x86/xstate.rst.

use std::arch::asm;
use std::arch::x86_64::__cpuid_count;
use std::marker::PhantomData;
use std::sync::OnceLock;

/// A line of a tile: 16 f32, or 16 pairs of bf16, the first in the lower half.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Line(pub [u32; 16]);

/// Lines of a tile.
pub(super) const LINES: usize = 16;

/// Whether the processor has AMX with bf16 and the system lets this process use it, for which it must ask once.
pub(super) fn usable() -> bool {
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
pub(super) struct Tiles(PhantomData<*const ()>);

#[allow(clippy::unused_self, reason = "who has it has tiles that are configured")]
impl Tiles {
    /// All eight tiles with 16 lines of 64 bytes.
    ///
    /// # Safety
    /// [`usable`] has said yes, and this thread has no other `Tiles`.
    pub unsafe fn configured() -> Self {
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

    /// Sets the product to 0.
    #[inline(always)]
    pub fn clear(&mut self) {
        // SAFETY: tiles are configured as long as there is a `self`.
        unsafe {
            asm!(
                "tilezero tmm0",
                "tilezero tmm1",
                "tilezero tmm2",
                "tilezero tmm3",
                options(nostack, nomem, preserves_flags)
            );
        }
    }

    /// Adds to the product what two runs of pairs of tiles, as many in either, make of each other: `high` has
    /// the product's lines in its lines, `wide` its columns in its words.
    #[inline(always)]
    pub fn multiply(&mut self, high: &[Line], wide: &[Line]) {
        let pairs = high.len() / (2 * LINES);
        assert!(pairs > 0 && high.len() == wide.len(), "runs of one length");
        // SAFETY: tiles are configured as long as there is a `self`; each turn of the loop reads the next
        // 2048 bytes, two tiles, of either run, and there are at least as many as turns in both.
        unsafe {
            asm!(
                "2:",
                "tileloadd tmm6, [{wide} + {line}]",
                "tileloadd tmm4, [{high} + {line}]",
                "tileloadd tmm7, [{wide} + {line} + 1024]",
                "tileloadd tmm5, [{high} + {line} + 1024]",
                "tdpbf16ps tmm0, tmm4, tmm6",
                "tdpbf16ps tmm1, tmm4, tmm7",
                "tdpbf16ps tmm2, tmm5, tmm6",
                "tdpbf16ps tmm3, tmm5, tmm7",
                "add {high}, 2048",
                "add {wide}, 2048",
                "dec {pairs}",
                "jnz 2b",
                high = inout(reg) high.as_ptr() => _,
                wide = inout(reg) wide.as_ptr() => _,
                pairs = inout(reg) pairs => _,
                line = in(reg) size_of::<Line>(),
                options(nostack, readonly)
            );
        }
    }

    /// The product, line by line.
    #[inline(always)]
    pub fn store(&self, to: &mut Product) {
        // SAFETY: tiles are configured as long as there is a `self`; 32 lines of 128 bytes are written, which
        // is what `to` has, as quarters of 16 lines of 64 bytes.
        unsafe {
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

/// 32 lines of 32 numbers.
#[repr(C, align(64))]
pub(super) struct Product(pub [[f32; 32]; 32]);
