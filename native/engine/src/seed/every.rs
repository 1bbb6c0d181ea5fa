//! Candidates compared by the distance of every row to each of them.

use std::ops::Range;

use crate::error::Error;
use crate::kernel::{self, Packed, whole};
use crate::panels::{PANEL, Panels, on_view};

use super::draw::BLOCK;
use super::plus_plus::{Field, Means, Way};

/// All rows, in panels.
pub struct Every<'a> {
    pub panels: &'a Panels,
}

impl Way for Every<'_> {
    fn best(&mut self, field: &Field, candidates: &[usize]) -> Result<usize, Error> {
        let Means { threads, isa, observer } = field.means;
        let values: Vec<f64> = candidates.iter().flat_map(|&row| self.panels.row(row)).collect();
        let packed = Packed::new(isa, self.panels.columns(), &values);
        let start = || vec![0u128; candidates.len()];
        let parts = threads.fold(field.blocks(), observer, start, |totals, block| {
            if field.weights.is_some() {
                self.add_weighted(field, &block, &packed, totals);
            } else {
                self.add(field, &block, &packed, totals);
            }
        })?;
        let mut totals = vec![0u128; candidates.len()];
        for part in parts {
            totals.iter_mut().zip(part).for_each(|(total, potential)| *total += potential);
        }
        let least = totals.iter().zip(candidates).min_by_key(|(total, _)| **total);
        Ok(least.map_or(candidates[0], |(_, &row)| row))
    }

    fn accept(&mut self, field: &mut Field, row: usize) -> Result<(), Error> {
        let Means { threads, isa, observer } = field.means;
        let centroid = self.panels.row(row);
        let mut nearest = std::mem::take(&mut field.nearest);
        let blocks = nearest.chunks_mut(BLOCK).enumerate();
        let parts = threads.fold(
            blocks,
            observer,
            || 0.0f64,
            |largest, (block, nearest)| {
                let first = block * BLOCK / PANEL;
                let panels = first..first + nearest.len() / PANEL;
                on_view!(self.panels, view => kernel::lower(isa, view, panels, &centroid, nearest));
                let rows = block * BLOCK..field.rows.min((block + 1) * BLOCK);
                *largest = largest.max(field.largest_of(rows, nearest));
            },
        );
        field.nearest = nearest;
        field.largest = parts?.into_iter().fold(0.0, f64::max);
        Ok(())
    }
}

impl Every<'_> {
    fn add(&self, field: &Field, block: &Range<usize>, packed: &Packed, totals: &mut [u128]) {
        let mut sums = vec![0u64; packed.padded()];
        let (panels, unit) = (Panels::holding(block), field.unit());
        let nearest = &field.nearest[panels.start * PANEL..panels.end * PANEL];
        on_view!(self.panels, view => kernel::potentials(view, panels, packed, nearest, unit, &mut sums));
        totals.iter_mut().zip(sums).for_each(|(total, sum)| *total += u128::from(sum));
    }

    fn add_weighted(&self, field: &Field, block: &Range<usize>, packed: &Packed, totals: &mut [u128]) {
        let (panels, unit) = (Panels::holding(block), field.unit());
        let mut distances = vec![0.0; panels.len() * PANEL * packed.padded()];
        on_view!(self.panels, view => kernel::distances(view, panels, packed, &mut distances));
        for (i, row) in block.clone().enumerate() {
            let of_panel = &distances[i / PANEL * PANEL * packed.padded()..];
            for (candidate, total) in totals.iter_mut().enumerate() {
                let left = field.nearest[row].min(of_panel[candidate * PANEL + i % PANEL]);
                *total += u128::from(whole(left, unit)) * u128::from(field.units(row));
            }
        }
    }
}
