//! Every kernel, entered with the instruction set that the processor has.

use std::ops::Range;

use crate::error::Error;
use crate::matrix::Element;
use crate::panels::View;
use crate::points::Ranges;

use super::bounds::{self, Bounds, Drift};
use super::boxes::{self, Lists, Share};
use super::filter::{self, Filter, brief};
use super::lists::Pair;
use super::moves::{self, Moves};
use super::project::{self, Images, Lens, Targets};
use super::shortlist::{self, Shortlist, Targeted};
use super::sieve::Sieve;
#[cfg(target_arch = "x86_64")]
use super::tiles;
use super::windows::{self, Within};
use super::{Found, Isa, Packed, lanes, narrow, vector};

/// Compiles a function for each instruction set and calls the one that `$isa` names: a `generic` one, written
/// for any register, with the set's own, and a `plain` one, of loops that the compiler vectorises, as it is.
/// What is compiled cannot see the type parameters around it, so that they are told: `[]`, `[T]` or `[T, FLAG]`.
macro_rules! dispatch {
    (
        $isa:expr, [$element:ident $(, $flag:ident)?],
        generic $module:ident::$name:ident, $arguments:tt -> $out:ty
    ) => {
        each_isa!(
            $isa, [$element $(, $flag)?], $arguments -> $out,
            $module::$name::<$element, vector::Avx512 $(, $flag)?>,
            $module::$name::<$element, vector::Avx2 $(, $flag)?>,
            $module::$name::<$element, vector::Neon $(, $flag)?>,
            $module::$name::<$element, vector::Portable $(, $flag)?>
        )
    };
    ($isa:expr, $parameters:tt, plain $function:expr, $arguments:tt -> $out:ty) => {
        each_isa!($isa, $parameters, $arguments -> $out, $function, $function, $function, $function)
    };
}

/// The same for a function of each instruction set.
macro_rules! each_isa {
    (
        $isa:expr, [$($element:ident $(, $flag:ident)?)?], ($($argument:ident: $type:ty),*) -> $out:ty,
        $avx512:expr, $avx2:expr, $neon:expr, $portable:expr
    ) => {{
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
        fn avx512<$($element: Element $(, const $flag: bool)?)?>($($argument: $type),*) -> $out {
            $avx512($($argument),*)
        }
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2,fma")]
        fn avx2<$($element: Element $(, const $flag: bool)?)?>($($argument: $type),*) -> $out {
            $avx2($($argument),*)
        }
        match $isa {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Isa::Avx512`, `Isa::Vnni` and `Isa::Amx` are only used where `Isa::available` lists them
            // (`Isa::check`), that is, where the processor has told that it has these features.
            Isa::Avx512 | Isa::Vnni | Isa::Amx => unsafe { avx512::<$($element $(, $flag)?)?>($($argument),*) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Isa::Avx2 => unsafe { avx2::<$($element $(, $flag)?)?>($($argument),*) },
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => $neon($($argument),*),
            _ => $portable($($argument),*),
        }
    }};
}

/// See [`bounds::drift`].
pub(super) fn drift(isa: Isa, bounds: &mut Bounds, labels: &[u32], drift: &Drift, active: &mut Vec<u32>) {
    each_isa!(
        isa, [], (bounds: &mut Bounds, labels: &[u32], drift: &Drift, active: &mut Vec<u32>) -> (),
        bounds::drift::<narrow::Avx512>,
        bounds::drift::<narrow::Avx2>,
        bounds::drift::<narrow::Portable>,
        bounds::drift::<narrow::Portable>
    );
}

/// See [`bounds::renew`].
pub(super) fn renew(
    isa: Isa,
    bounds: &mut Bounds,
    sieve: &Sieve,
    filter: &Filter,
    drift: &Drift,
    places: &[u32],
) {
    dispatch!(
        isa, [], plain bounds::renew,
        (bounds: &mut Bounds, sieve: &Sieve, filter: &Filter, drift: &Drift, places: &[u32]) -> ()
    );
}

pub(super) fn sift<T: Element>(
    isa: Isa,
    view: View<T>,
    panels: Range<usize>,
    filter: &Filter,
    sieve: &mut Sieve,
) {
    #[cfg(target_arch = "x86_64")]
    if let Some(tiled) = &filter.tiles {
        // SAFETY: `Isa::available` lists these only where the processor has AVX-512 with VNNI, or AMX and the system lets
        // this process use it.
        unsafe {
            match isa {
                #[cfg(target_os = "linux")]
                Isa::Amx => return tiles::sift::<T, tiles::Tiles>(view, panels, filter, tiled, sieve),
                Isa::Vnni => return tiles::sift::<T, tiles::Registers>(view, panels, filter, tiled, sieve),
                _ => {}
            }
        }
    }
    each_isa!(
        isa, [T], (view: View<T>, panels: Range<usize>, filter: &Filter, sieve: &mut Sieve) -> (),
        filter::sift::<T, vector::Avx512, narrow::Avx512, 3, 8>,
        filter::sift::<T, vector::Avx2, narrow::Avx2, 2, 6>,
        filter::sift::<T, vector::Neon, narrow::Portable, 2, 4>,
        filter::sift::<T, vector::Portable, narrow::Portable, 2, 4>
    );
}

/// See [`filter::brief`].
pub(super) fn sift_briefly<T: Element>(
    isa: Isa,
    view: View<T>,
    panels: Range<usize>,
    filter: &Filter,
    labels: &mut [u32],
    doubts: &mut Vec<u32>,
) {
    each_isa!(
        isa, [T],
        (view: View<T>, panels: Range<usize>, filter: &Filter, labels: &mut [u32], doubts: &mut Vec<u32>) -> (),
        brief::sift::<T, vector::Avx512, narrow::Avx512, 8>,
        brief::sift::<T, vector::Avx2, narrow::Avx2, 6>,
        brief::sift::<T, vector::Neon, narrow::Portable, 4>,
        brief::sift::<T, vector::Portable, narrow::Portable, 4>
    );
}

/// See [`shortlist::list`].
pub(super) fn list(isa: Isa, images: View<f32>, panels: Range<usize>, filter: &Filter, list: &mut Shortlist) {
    #[cfg(target_arch = "x86_64")]
    if let Some(tiled) = &filter.tiles {
        // SAFETY: as for `sift`.
        unsafe {
            match isa {
                #[cfg(target_os = "linux")]
                Isa::Amx => return tiles::list::<tiles::Tiles>(images, panels, filter, tiled, list),
                Isa::Vnni => return tiles::list::<tiles::Registers>(images, panels, filter, tiled, list),
                _ => {}
            }
        }
    }
    each_isa!(
        isa, [], (images: View<f32>, panels: Range<usize>, filter: &Filter, list: &mut Shortlist) -> (),
        shortlist::list::<vector::Avx512, narrow::Avx512, 3, 8>,
        shortlist::list::<vector::Avx2, narrow::Avx2, 2, 6>,
        shortlist::list::<vector::Neon, narrow::Portable, 2, 4>,
        shortlist::list::<vector::Portable, narrow::Portable, 2, 4>
    );
}

/// See [`shortlist::prune`].
pub(super) fn prune(
    isa: Isa,
    rows: shortlist::Images,
    targets: &Targeted,
    first: usize,
    places: &[u32],
    list: &mut Shortlist,
) {
    each_isa!(
        isa, [],
        (rows: shortlist::Images, targets: &Targeted, first: usize, places: &[u32], list: &mut Shortlist) -> (),
        shortlist::prune::<narrow::Avx512>,
        shortlist::prune::<narrow::Avx2>,
        shortlist::prune::<narrow::Portable>,
        shortlist::prune::<narrow::Portable>
    );
}

/// See [`shortlist::compare`].
#[allow(clippy::too_many_arguments, reason = "a kernel's")]
pub(super) fn compare<T: Element>(
    isa: Isa,
    view: View<T>,
    lens: &Lens,
    whole: &[f32],
    first: usize,
    places: &[u32],
    enough: usize,
    list: &mut Shortlist,
) -> usize {
    each_isa!(
        isa, [T],
        (
            view: View<T>, lens: &Lens, whole: &[f32], first: usize, places: &[u32], enough: usize,
            list: &mut Shortlist
        ) -> usize,
        shortlist::compare::<T, vector::Avx512, narrow::Avx512>,
        shortlist::compare::<T, vector::Avx2, narrow::Avx2>,
        shortlist::compare::<T, vector::Neon, narrow::Portable>,
        shortlist::compare::<T, vector::Portable, narrow::Portable>
    )
}

/// See [`shortlist::closest`].
pub(super) fn closest<T: Element>(
    isa: Isa,
    view: View<T>,
    row: usize,
    centroids: &Packed,
    listed: &[Pair],
) -> (u32, bool) {
    dispatch!(
        isa, [T], plain shortlist::closest,
        (view: View<T>, row: usize, centroids: &Packed, listed: &[Pair]) -> (u32, bool)
    )
}

/// See [`project::project`].
pub fn project<T: Element>(isa: Isa, view: View<T>, panels: Range<usize>, lens: &Lens, images: &mut Images) {
    each_isa!(
        isa, [T], (view: View<T>, panels: Range<usize>, lens: &Lens, images: &mut Images) -> (),
        project::project::<T, vector::Avx512, narrow::Avx512, 3, 8>,
        project::project::<T, vector::Avx2, narrow::Avx2, 2, 6>,
        project::project::<T, vector::Neon, narrow::Portable, 2, 4>,
        project::project::<T, vector::Portable, narrow::Portable, 2, 4>
    );
}

/// See [`project::within_reach`].
pub fn within_reach(
    isa: Isa,
    view: View<f32>,
    panels: Range<usize>,
    targets: &Targets,
    reach: &[f32],
    found: &mut [Vec<(u32, f32)>],
) {
    each_isa!(
        isa, [], (view: View<f32>, panels: Range<usize>, targets: &Targets, reach: &[f32], found: &mut [Vec<(u32, f32)>]) -> (),
        project::within_reach::<narrow::Avx512, 3, 8>,
        project::within_reach::<narrow::Avx2, 2, 6>,
        project::within_reach::<narrow::Portable, 2, 4>,
        project::within_reach::<narrow::Portable, 2, 4>
    );
}

/// See [`project::to_listed`].
pub fn to_listed<T: Element>(isa: Isa, rows: &[T], listed: &[u32], point: &[f64], out: &mut Vec<f64>) {
    dispatch!(isa, [T], generic project::to_listed, (rows: &[T], listed: &[u32], point: &[f64], out: &mut Vec<f64>) -> ());
}

/// For each row of `panels` the nearest centroid; with `TIES` also its distance and whether there is a tie.
pub fn nearest<T: Element, const TIES: bool>(
    view: View<T>,
    panels: Range<usize>,
    centroids: &Packed,
    found: &mut Found,
) {
    dispatch!(centroids.isa, [T, TIES], generic lanes::nearest, (view: View<T>, panels: Range<usize>, centroids: &Packed, found: &mut Found) -> ());
}

/// All distances of `panels`: for each panel, for each centroid ([`Packed::padded`]), sixteen numbers.
pub fn distances<T: Element>(view: View<T>, panels: Range<usize>, centroids: &Packed, out: &mut [f64]) {
    dispatch!(centroids.isa, [T], generic lanes::distances, (view: View<T>, panels: Range<usize>, centroids: &Packed, out: &mut [f64]) -> ());
}

/// See [`lanes::potentials`].
pub fn potentials<T: Element>(
    view: View<T>,
    panels: Range<usize>,
    candidates: &Packed,
    nearest: &[f64],
    unit: f64,
    out: &mut [u64],
) {
    dispatch!(
        candidates.isa, [T], generic lanes::potentials,
        (view: View<T>, panels: Range<usize>, candidates: &Packed, nearest: &[f64], unit: f64, out: &mut [u64]) -> ()
    );
}

/// See [`lanes::lower`].
pub fn lower<T: Element>(
    isa: Isa,
    view: View<T>,
    panels: Range<usize>,
    centroid: &[f64],
    nearest: &mut [f64],
) {
    dispatch!(isa, [T], generic lanes::lower, (view: View<T>, panels: Range<usize>, centroid: &[f64], nearest: &mut [f64]) -> ());
}

/// See [`lanes::to_one`].
pub fn to_one<T: Element>(isa: Isa, view: View<T>, panels: Range<usize>, centroid: &[f64], out: &mut [f64]) {
    dispatch!(isa, [T], generic lanes::to_one, (view: View<T>, panels: Range<usize>, centroid: &[f64], out: &mut [f64]) -> ());
}

/// See [`moves::relabel`].
pub fn relabel<T: Element>(
    isa: Isa,
    view: View<T>,
    first: usize,
    labels: &mut [u32],
    new: &[u32],
    moves: &mut Moves,
) -> u64 {
    dispatch!(
        isa, [T], generic moves::relabel,
        (view: View<T>, first: usize, labels: &mut [u32], new: &[u32], moves: &mut Moves) -> u64
    )
}

/// See [`boxes::assign`].
pub fn assign_boxes<T: Element, const MEASURE: bool>(
    view: View<T>,
    share: &mut Share,
    centroids: &Packed,
    lists: &mut Lists,
    found: &mut Found,
    moves: &mut Moves,
) -> u64 {
    dispatch!(
        centroids.isa, [T, MEASURE], generic boxes::assign,
        (
            view: View<T>, share: &mut Share, centroids: &Packed, lists: &mut Lists, found: &mut Found,
            moves: &mut Moves
        ) -> u64
    )
}

/// See [`windows::within`].
pub fn within<T: Element>(isa: Isa, distances: &[T], labels: &[u32], sums: &mut Within) {
    dispatch!(isa, [T], generic windows::within, (distances: &[T], labels: &[u32], sums: &mut Within) -> ());
}

/// See [`Ranges::add`].
///
/// # Errors
/// [`Error::NotFinite`].
pub fn ranges<T: Element>(
    isa: Isa,
    view: View<T>,
    rows: &Range<usize>,
    ranges: &mut Ranges,
) -> Result<(), Error> {
    dispatch!(
        isa, [T], plain |view, rows, ranges: &mut Ranges| ranges.add(view, rows),
        (view: View<T>, rows: &Range<usize>, ranges: &mut Ranges) -> Result<(), Error>
    )
}

/// See [`lanes::own`].
pub fn own<T: Element>(
    isa: Isa,
    view: View<T>,
    panels: Range<usize>,
    centroids: &[f64],
    labels: &[u32],
    out: &mut [f64],
) {
    dispatch!(isa, [T], generic lanes::own, (view: View<T>, panels: Range<usize>, centroids: &[f64], labels: &[u32], out: &mut [f64]) -> ());
}
