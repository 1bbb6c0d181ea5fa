//! Images of all rows, for wide ones: what `kernel::shortlist` asks before it looks at a row itself.

use crate::error::Error;
use crate::kernel::shortlist::{Taken, Targeted};
use crate::kernel::{self, Found, Isa, Packed};
use crate::matrix::{Matrix, Values};
use crate::observer::Observer;
use crate::panels::{Panels, on_view};
use crate::projection::{Directions, Levels, STEP};
use crate::threads::Threads;

/// Rows with which it is tried out.
const TRIED: usize = 64;
/// What is left of a list once centroids have come near their rows, three steps after a start of random rows: 36 of 164
/// centroids of 1000 and 9 of 66 of 256 on a power law, 0.6 of 2.6 on MNIST.
const LATER: f64 = 0.25;
/// Steps that have to gain what the images cost.
const STEPS: f64 = 6.0;
/// The wider images have a sixth of a row's numbers, and padding.
const MOST_OF_ROW: usize = 6;

/// What asking costs, in nanoseconds on one core of a Xeon of 2023: of a centroid for each number, of all centroids for
/// each of the row's numbers.
#[derive(Debug, Clone, Copy)]
struct Rate {
    pair: f64,
    row: f64,
}

/// The filter over whole rows, by AMX, by VNNI (of an EPYC of 2022) and by AVX-512; other instruction sets are as much
/// slower in all.
const TILES: Rate = Rate { pair: 0.0055, row: 0.5 };
const VNNI: Rate = Rate { pair: 0.01, row: 0.5 };
const PLAIN: Rate = Rate { pair: 0.016, row: 0.25 };
/// Images of few directions cost as much a pair, but beside AMX, whose tiles they do not fill.
const IMAGES_ROW: f64 = 1.0;
/// A centroid on a list, whole or as an image: for each number of it, and at all.
const LISTED: Rate = Rate { pair: 0.045, row: 10.0 };
/// A row that is compared whole, for each of its numbers.
const TURNED: f64 = 0.45;

/// The images of all rows, and what asking them costs.
pub struct AllImages {
    levels: Levels,
    shape: Shape,
    /// What a row costs that is asked whole.
    whole: f64,
    /// Whether there was a step: the first has no bounds to begin with, and its lists say nothing of the others.
    begun: bool,
    /// Whether they are worth asking in the first step, when lists are long.
    at_once: bool,
}

/// What the cost of asking depends on.
#[derive(Debug, Clone, Copy)]
struct Shape {
    isa: Isa,
    columns: usize,
    clusters: usize,
    /// All directions.
    width: usize,
}

impl AllImages {
    /// Images, in as many directions as it takes for these centroids. `None` where nothing is gained, unless `forced`.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    pub fn new(
        panels: &Panels,
        centroids: &Packed,
        forced: bool,
        threads: &Threads,
        observer: &dyn Observer,
    ) -> Result<Option<Self>, Error> {
        let (columns, isa, clusters) = (panels.columns(), centroids.isa(), centroids.clusters());
        let most = (columns / MOST_OF_ROW / STEP * STEP).max(STEP);
        let Some(directions) = Directions::of(panels, most, isa, threads, observer)? else { return Ok(None) };
        let shape = Shape { isa, columns, clusters, width: directions.width() };
        let whole = shape.whole();
        let lists = lists(panels, &directions, centroids, threads, observer)?;
        let Some(&(_, last)) = lists.last() else { return Ok(None) };
        let asking =
            |&(first, listed): &(usize, f64), share: f64| shape.asking(first, share * listed, share * last);
        let costs = lists.iter().map(|list| (list.0, asking(list, LATER), asking(list, 1.0)));
        let Some((first, cost, at_first)) = costs.min_by(|a, b| a.1.total_cmp(&b.1)) else { return Ok(None) };
        let making = columns as f64 * (shape.width as f64 * PLAIN.pair + PLAIN.row);
        if !forced && STEPS * (whole - cost) < making {
            return Ok(None);
        }
        let levels = Levels::new(&directions, first, panels, isa, threads, observer)?;
        let at_once = forced || at_first < whole;
        Ok(levels.map(|levels| Self { levels, shape, whole, begun: false, at_once }))
    }

    /// Whether the next step asks them.
    pub fn asks(&self) -> bool {
        self.begun || self.at_once
    }

    /// Whether asking rows in this way, whose lists were so long in a step, costs less than asking them whole.
    pub fn pays(&mut self, step: Taken) -> bool {
        if !std::mem::replace(&mut self.begun, true) {
            return true;
        }
        let of_row = |count: usize| count as f64 / step.unsettled.max(1) as f64;
        self.shape.asking(self.levels.rows().first, of_row(step.listed), of_row(step.compared)) < self.whole
    }

    /// The images.
    pub fn levels(&self) -> &Levels {
        &self.levels
    }

    /// The centroids as the images are compared with.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    pub fn targets(
        &self,
        centroids: &Packed,
        threads: &Threads,
        observer: &dyn Observer,
    ) -> Result<Option<Targeted>, Error> {
        let panels = Panels::new(Matrix::new(self.shape.columns, Values::F64(centroids.rows().to_vec())));
        let seen = self.levels.see(&panels, centroids.isa(), threads, observer)?;
        Ok(Targeted::new(centroids.isa(), self.levels.lens(), centroids.rows(), self.levels.images(&seen)))
    }
}

impl Shape {
    /// What a row costs that is asked whole.
    fn whole(self) -> f64 {
        let rate = match self.isa {
            Isa::Amx => TILES,
            Isa::Vnni => VNNI,
            _ => PLAIN,
        };
        self.columns as f64 * (self.clusters as f64 * rate.pair + rate.row)
    }

    /// What a row costs with `listed` centroids on its list after the first of its images, and `compared` after the second.
    fn asking(self, first: usize, listed: f64, compared: f64) -> f64 {
        let pair = if self.isa == Isa::Vnni { VNNI.pair } else { PLAIN.pair };
        let images = (first + 1) as f64 * (self.clusters as f64 * pair + IMAGES_ROW);
        let list = |count: f64, numbers: usize| count * (LISTED.row + numbers as f64 * LISTED.pair);
        let whole = (compared - 1.0).clamp(0.0, 1.0) * self.columns as f64 * TURNED;
        images + list(listed, self.width) + whole + list(compared, self.columns)
    }
}

/// For numbers of directions how long the list of a row is, of some rows that know their nearest centroid.
fn lists(
    panels: &Panels,
    directions: &Directions,
    centroids: &Packed,
    threads: &Threads,
    observer: &dyn Observer,
) -> Result<Vec<(usize, f64)>, Error> {
    let (isa, count) = (centroids.isa(), panels.rows().min(TRIED));
    let rows: Vec<u64> =
        (0..count).map(|i| (i as u128 * panels.rows() as u128 / count as u128) as u64).collect();
    let rows = panels.gather(&rows, threads)?;
    let mut found = Found::default();
    on_view!(rows, view => kernel::nearest::<_, true>(view, 0..rows.count(), centroids, &mut found));
    let Some(levels) = Levels::new(directions, 0, &rows, isa, threads, observer)? else {
        return Ok(Vec::new());
    };
    let points = Panels::new(Matrix::new(panels.columns(), Values::F64(centroids.rows().to_vec())));
    let points = levels.see(&points, isa, threads, observer)?;
    let (rows, points, unit) = (levels.rows(), levels.images(&points), levels.lens().unit);
    let mut lists: Vec<(usize, f64)> = (1..=levels.width() / STEP).map(|steps| (steps * STEP, 0.0)).collect();
    for row in 0..count {
        let reach = found.distances[row] * unit * unit;
        let image = rows.wide(row);
        for cluster in 0..centroids.clusters() {
            let point = points.wide(cluster);
            // What is behind the directions that are taken counts as the one number that lengths leave.
            let square = |numbers: &[f32]| numbers.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>();
            let (mut ours, mut theirs, mut apart) = (square(image), square(point), 0.0);
            for (step, list) in lists.iter_mut().enumerate() {
                for (&a, &b) in image[step * STEP..][..STEP].iter().zip(&point[step * STEP..]) {
                    let (a, b) = (f64::from(a), f64::from(b));
                    apart += (a - b) * (a - b);
                    ours -= a * a;
                    theirs -= b * b;
                }
                let rest = ours.max(0.0).sqrt() - theirs.max(0.0).sqrt();
                list.1 += f64::from(u8::from(apart + rest * rest <= reach)) / count as f64;
            }
        }
    }
    Ok(lists)
}
