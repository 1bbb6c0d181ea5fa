//! Candidates compared by the rows that each would lower, which images of the rows tell nearly all of.
//!
//! What a candidate takes off the potential, its gain, is the sum of `whole(nearest) - whole(distance)` over
//! the rows that are nearer to it than to any centroid: the largest gain is the smallest potential, as exact
//! integers. A pass over the images ([`crate::projection`]) leaves the rows that may be nearer, with a lower
//! bound on their distance, hence an upper bound on each gain. The most promising candidate is looked at
//! first; others only until what they have gained, and may yet gain, is less than the best.
//!
//! Rows in doubt are read one by one. A row of a panel is spread over as many cache lines as the panel has, so
//! the panels are turned into rows for the time being, in place.

use std::cmp::Reverse;

use crate::error::Error;
use crate::kernel::{self, whole};
use crate::matrix::{Matrix, Values};
use crate::panels::{PANEL, Panels};
use crate::projection::Projection;

use super::plus_plus::{Field, Means, Project, Way};

/// With 16 columns images took up to twice as long as rows (1M rows, k = 64), with 64 a third.
const LEAST_COLUMNS: usize = 32;
/// With fewer columns the images are those of whole rows.
const PROJECTED_COLUMNS: usize = 64;
/// What learning and imaging cost has to be shared by some steps; not measured more finely.
const LEAST_CLUSTERS: usize = 12;
/// Rows with which it is tried out, centroids and candidates.
const TRIED: [usize; 3] = [256, 32, 8];
/// The share of pairs in doubt up to which fewer dimensions are used: MNIST has 0.07, blobs of 64 columns 0.58, word
/// vectors of 100 columns 0.88.
const MOST_IN_DOUBT: f64 = 0.2;
/// Panels that a thread takes at a time, a multiple of a tile of any kernel.
const PANELS: usize = 252;
/// Pairs that a thread takes at a time.
const PAIRS: usize = 256;

/// Rows, and their images.
pub struct Projected {
    projection: Projection,
    rows: Matrix,
    /// See [`Projection::reach`]; 0 for padding.
    reach: Vec<f32>,
    /// The last winner, and the rows it lowers with their distances to it.
    winner: Option<(usize, Vec<(u32, f64)>)>,
}

/// What is known of a candidate without a look at the rows.
#[derive(Default)]
struct Prospect {
    /// The rows that it may lower, with the distance of their images.
    pairs: Vec<(u32, f32)>,
    /// Its gain is not higher.
    most: u128,
}

/// What a candidate takes off the potential, and the rows that it lowers, with their distances to it.
#[derive(Default)]
struct Gain {
    units: u128,
    lowered: Vec<(u32, f64)>,
}

/// What one thread finds of it.
#[derive(Default)]
struct Part {
    gain: Gain,
    listed: Vec<u32>,
    distances: Vec<f64>,
}

impl Projected {
    /// A projection where it pays.
    pub fn projection(
        panels: &Panels,
        clusters: usize,
        means: Means,
        project: Project,
    ) -> Result<Option<Projection>, Error> {
        let Means { threads, isa, observer } = means;
        let new = || Projection::new(panels, isa, threads, observer);
        let whole_rows = || Projection::of_whole_rows(panels, isa, threads, observer);
        match project {
            #[cfg(test)]
            Project::Never => Ok(None),
            #[cfg(test)]
            Project::Always => new(),
            #[cfg(test)]
            Project::Whole => whole_rows(),
            Project::WhereItPays => {
                let listed = u32::try_from(panels.rows()).is_ok();
                if clusters < LEAST_CLUSTERS || panels.columns() < LEAST_COLUMNS || !isa.has_fma() || !listed
                {
                    return Ok(None);
                }
                if panels.columns() >= PROJECTED_COLUMNS
                    && let Some(projection) = new()?
                    && doubt(panels, &projection) < MOST_IN_DOUBT
                {
                    return Ok(Some(projection));
                }
                whole_rows()
            }
        }
    }

    /// Takes the panels and leaves some of no columns.
    pub fn new(projection: Projection, panels: &mut Panels, means: Means) -> Self {
        let empty = Panels::of_panels(panels.rows(), 0, Vec::new());
        let rows = std::mem::replace(panels, empty).into_matrix(means.threads);
        Self { projection, rows, reach: Vec::new(), winner: None }
    }

    /// Gives back what [`Self::new`] took.
    pub fn give_back(self, panels: &mut Panels, means: Means) -> Result<(), Error> {
        *panels = Panels::on_threads(self.rows, means.threads)?;
        Ok(())
    }

    /// One pass over the images for all candidates.
    fn prospects(&self, field: &Field, candidates: &[usize]) -> Result<Vec<Prospect>, Error> {
        let Means { threads, isa, observer } = field.means;
        let images: Vec<(Vec<f32>, f32)> =
            candidates.iter().map(|&row| self.projection.image_of_row(row)).collect();
        let (targets, view, count) = (self.projection.targets(&images), self.projection.view(), field.rows);
        let start = || (vec![Vec::new(); candidates.len()], vec![0u128; candidates.len()]);
        let panels = count.div_ceil(PANEL);
        let shares = (0..panels).step_by(PANELS).map(|from| from..panels.min(from + PANELS));
        let parts = threads.fold(shares, observer, start, |(found, most), share| {
            let before: Vec<usize> = found.iter().map(Vec::len).collect();
            kernel::within_reach(
                isa,
                view,
                share.clone(),
                &targets,
                &self.reach[share.start * PANEL..],
                found,
            );
            for (candidate, (found, most)) in found.iter().zip(most).enumerate() {
                *most += self.most(field, &found[before[candidate]..], images[candidate].1);
            }
        })?;
        let mut prospects: Vec<Prospect> = candidates.iter().map(|_| Prospect::default()).collect();
        for (found, most) in parts {
            for ((prospect, found), most) in prospects.iter_mut().zip(found).zip(most) {
                prospect.most += most;
                prospect.pairs.extend(found.into_iter().filter(|&(row, _)| (row as usize) < count));
            }
        }
        Ok(prospects)
    }

    /// What some pairs gain at most.
    fn most(&self, field: &Field, pairs: &[(u32, f32)], slack: f32) -> u128 {
        let unit = field.unit();
        let gain = |&(row, apart): &(u32, f32)| {
            let nearest = field.nearest[row as usize];
            let least = self.projection.at_least(row as usize, apart, slack).min(nearest);
            u128::from(whole(nearest, unit) - whole(least, unit)) * u128::from(field.units(row as usize))
        };
        // Padding has a distance of 0 and nothing to gain, but not a weight.
        pairs.iter().filter(|(row, _)| (*row as usize) < field.rows).map(gain).sum()
    }

    /// The gain of a candidate, or `None` once `beaten` says of what it may still gain that this is not enough.
    fn gain(
        &self,
        field: &Field,
        candidate: usize,
        prospect: &Prospect,
        beaten: impl Fn(u128) -> bool,
    ) -> Result<Option<Gain>, Error> {
        let Means { threads, observer, .. } = field.means;
        let (point, slack) = (self.rows.row(candidate), self.projection.slack(candidate));
        let (mut most, mut gain) = (prospect.most, Gain::default());
        // Between two rounds it is looked whether the candidate can still win.
        for round in prospect.pairs.chunks(PAIRS * threads.count()) {
            if beaten(most) {
                return Ok(None);
            }
            let parts = threads.fold(round.chunks(PAIRS), observer, Part::default, |part, pairs| {
                self.add(field, &point, pairs, part);
            })?;
            most -= self.most(field, round, slack);
            for part in parts {
                most += part.gain.units;
                gain.units += part.gain.units;
                gain.lowered.extend(part.gain.lowered);
            }
        }
        Ok((!beaten(most)).then_some(gain))
    }

    fn add(&self, field: &Field, point: &[f64], pairs: &[(u32, f32)], part: &mut Part) {
        let unit = field.unit();
        part.listed.clear();
        part.listed.extend(pairs.iter().map(|&(row, _)| row));
        self.distances(field.means, &part.listed, point, &mut part.distances);
        for (&row, &distance) in part.listed.iter().zip(&part.distances) {
            let nearest = field.nearest[row as usize];
            if distance < nearest {
                part.gain.lowered.push((row, distance));
                let difference = whole(nearest, unit) - whole(distance, unit);
                part.gain.units += u128::from(difference) * u128::from(field.units(row as usize));
            }
        }
    }

    fn distances(&self, means: Means, listed: &[u32], point: &[f64], out: &mut Vec<f64>) {
        match self.rows.values() {
            Values::F32(rows) => kernel::to_listed(means.isa, rows, listed, point, out),
            Values::F64(rows) => kernel::to_listed(means.isa, rows, listed, point, out),
        }
    }

    /// The distance of every row to the first centroid.
    fn fill(&mut self, field: &mut Field, row: usize) -> Result<(), Error> {
        let Means { threads, observer, .. } = field.means;
        let point = self.rows.row(row);
        let mut nearest = std::mem::take(&mut field.nearest);
        let rows = field.rows;
        let mut reach = vec![0.0; nearest.len()];
        let shares = nearest[..rows].chunks_mut(PAIRS).zip(reach.chunks_mut(PAIRS)).enumerate();
        let done = threads.fold(shares, observer, Vec::new, |distances, (share, (nearest, reach))| {
            let first = share * PAIRS;
            let listed: Vec<u32> = (first as u32..).take(nearest.len()).collect();
            self.distances(field.means, &listed, &point, distances);
            nearest.copy_from_slice(distances);
            for (i, (reach, &nearest)) in reach.iter_mut().zip(&*nearest).enumerate() {
                *reach = self.projection.reach(first + i, nearest);
            }
        });
        (field.nearest, self.reach) = (nearest, reach);
        done.map(|_| ())
    }
}

impl Way for Projected {
    fn best(&mut self, field: &Field, candidates: &[usize]) -> Result<usize, Error> {
        let prospects = self.prospects(field, candidates)?;
        let mut order: Vec<usize> = (0..candidates.len()).collect();
        order.sort_by_key(|&candidate| (Reverse(prospects[candidate].most), candidate));
        // Of equals the first that was drawn.
        let mut best: Option<(usize, Gain)> = None;
        for place in order {
            let beaten = |most| {
                let best = best.as_ref();
                best.is_some_and(|(of, gain)| (most, Reverse(place)) < (gain.units, Reverse(*of)))
            };
            if let Some(gain) = self.gain(field, candidates[place], &prospects[place], beaten)? {
                best = Some((place, gain));
            }
        }
        let (place, gain) = best.unwrap_or_default();
        self.winner = Some((candidates[place], gain.lowered));
        Ok(candidates[place])
    }

    fn accept(&mut self, field: &mut Field, row: usize) -> Result<(), Error> {
        match self.winner.take() {
            Some((winner, lowered)) if winner == row => {
                for (row, distance) in lowered {
                    field.nearest[row as usize] = distance;
                    self.reach[row as usize] = self.projection.reach(row as usize, distance);
                }
            }
            _ => self.fill(field, row)?,
        }
        field.largest = field.largest_of(0..field.rows, &field.nearest);
        Ok(())
    }
}

/// The share of rows and candidates that images leave in doubt, when some rows are centroids already.
fn doubt(panels: &Panels, projection: &Projection) -> f64 {
    let [rows, centroids, candidates] = TRIED;
    // Rows from anywhere, in any order: multiples of a prime that is no table's size, nearly.
    let row = |i: usize| (i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) as usize % panels.rows();
    let apart = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
    let points: Vec<Vec<f64>> = (0..centroids).map(|i| panels.row(row(i + 1))).collect();
    let targets: Vec<(Vec<f32>, f32)> =
        (0..candidates).map(|i| projection.image_of_row(row(centroids + i + 1))).collect();
    let mut near = 0;
    for i in 0..rows {
        let row = row(centroids + candidates + i + 1);
        let values = panels.row(row);
        let nearest = points.iter().map(|point| apart(&values, point)).fold(f64::INFINITY, f64::min);
        let (image, _) = projection.image_of_row(row);
        near += targets.iter().filter(|target| !projection.is_far(row, &image, nearest, target)).count();
    }
    near as f64 / (rows * candidates) as f64
}
