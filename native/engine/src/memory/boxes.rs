//! Bounding boxes of all rows, for few columns: what `kernel::boxes` asks before it looks at a row.

use crate::error::Error;
use crate::kernel::boxes::{BLOCK, MIXED, PARENT, Share};
use crate::matrix::Element;
use crate::panels::{PANEL, View};
use crate::threads::Threads;

/// Rows of a parent.
const FAMILY: usize = BLOCK * PARENT;

/// The boxes, and the label that all rows of a block have.
#[derive(Debug, Clone)]
pub struct Boxes {
    /// `2 x columns` numbers each: the least of each column, the largest of each.
    blocks: Vec<f64>,
    parents: Vec<f64>,
    /// [`MIXED`] where the rows of a block have several.
    uniform: Vec<u32>,
    size: usize,
}

impl Boxes {
    /// Of rows with labels. `share` rows go to a thread at a time, a multiple of a parent.
    ///
    /// # Errors
    /// None: nobody can interrupt it.
    pub fn new<T: Element>(
        view: View<T>,
        labels: &[u32],
        share: usize,
        threads: &Threads,
    ) -> Result<Self, Error> {
        let size = 2 * view.columns;
        let (blocks, parents) = (labels.len().div_ceil(BLOCK), labels.len().div_ceil(FAMILY));
        let mut boxes = Self {
            blocks: vec![0.0; blocks * size],
            parents: vec![0.0; parents * size],
            uniform: vec![MIXED; blocks],
            size,
        };
        let shares = boxes.shares(share).zip(labels.chunks(share)).enumerate();
        threads.fold(
            shares,
            &(),
            || (),
            |(), (index, ((blocks, parents, uniform), labels))| {
                for (block, (sides, uniform)) in blocks.chunks_exact_mut(size).zip(uniform).enumerate() {
                    let rows = block * BLOCK..labels.len().min((block + 1) * BLOCK);
                    let first = index * share + rows.start;
                    bound(view, first / PANEL..(first + rows.len()).div_ceil(PANEL), sides);
                    let labels = &labels[rows];
                    *uniform = if labels.iter().all(|&label| label == labels[0]) { labels[0] } else { MIXED };
                }
                for (sides, family) in parents.chunks_exact_mut(size).zip(blocks.chunks(PARENT * size)) {
                    join(family, sides);
                }
            },
        )?;
        Ok(boxes)
    }

    /// Forgets labels.
    pub fn forget(&mut self) {
        self.uniform.fill(MIXED);
    }

    /// Gives the label `i` the name `names[i]`.
    pub fn rename(&mut self, names: &[u32]) {
        for label in self.uniform.iter_mut().filter(|label| **label != MIXED) {
            *label = names[*label as usize];
        }
    }

    /// The parts that belong to shares of so many rows: blocks, parents, labels of blocks.
    fn shares(&mut self, share: usize) -> impl Iterator<Item = (&mut [f64], &mut [f64], &mut [u32])> + Send {
        let blocks = self.blocks.chunks_mut(share / BLOCK * self.size);
        let parents = self.parents.chunks_mut(share / FAMILY * self.size);
        blocks.zip(parents).zip(self.uniform.chunks_mut(share / BLOCK)).map(|((b, p), u)| (b, p, u))
    }

    /// The same with the labels of the rows.
    pub fn with<'a>(
        &'a mut self,
        labels: &'a mut [u32],
        share: usize,
    ) -> impl Iterator<Item = Share<'a>> + Send {
        let shares = self.shares(share).zip(labels.chunks_mut(share)).enumerate();
        shares.map(move |(i, ((blocks, parents, uniform), labels))| Share {
            first: i * share,
            labels,
            uniform,
            blocks,
            parents,
        })
    }
}

/// The box of some panels.
fn bound<T: Element>(view: View<T>, panels: std::ops::Range<usize>, sides: &mut [f64]) {
    let (least, most) = sides.split_at_mut(view.columns);
    for (column, (least, most)) in least.iter_mut().zip(most).enumerate() {
        let first = view.column(panels.start, column)[0];
        let (mut low, mut high) = ([first; PANEL], [first; PANEL]);
        for panel in panels.clone() {
            for (i, &x) in view.column(panel, column).iter().enumerate() {
                low[i] = if x < low[i] { x } else { low[i] };
                high[i] = if x > high[i] { x } else { high[i] };
            }
        }
        *least = low.into_iter().map(Element::widen).fold(f64::INFINITY, f64::min);
        *most = high.into_iter().map(Element::widen).fold(f64::NEG_INFINITY, f64::max);
    }
}

/// The box of boxes.
fn join(boxes: &[f64], sides: &mut [f64]) {
    let columns = sides.len() / 2;
    sides.copy_from_slice(&boxes[..2 * columns]);
    for sides_of_one in boxes.chunks_exact(2 * columns) {
        for column in 0..columns {
            sides[column] = sides[column].min(sides_of_one[column]);
            sides[columns + column] = sides[columns + column].max(sides_of_one[columns + column]);
        }
    }
}
