//! What is told of a row beside its label: how far its centroid is, and which one comes next.

use crate::error::Error;
use crate::kernel;
use crate::label::{Labeller, SHARE};
use crate::matrix::Matrix;
use crate::panels::{PANEL, Panels, on_view};
use crate::threads::Threads;

/// The label of a row that belongs to no cluster, such as one that was left out; also the second nearest of one
/// centroid.
pub const NO_LABEL: u32 = u32::MAX;

/// Squared distances that a thread holds at a time: 1 MiB, which a second-level cache has.
const SQUARES_AT_A_TIME: usize = 1 << 17;

/// Which measures are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four columns that are wanted or not, each by itself")]
pub struct Measures {
    /// The Euclidean distance to the own centroid.
    pub distance: bool,
    /// The label of the second nearest centroid.
    pub second: bool,
    /// How much farther the second nearest centroid is than the own.
    pub margin: bool,
    /// The Euclidean distances to all centroids.
    pub distances: bool,
}

impl Measures {
    /// Whether there is anything to measure.
    pub fn any(self) -> bool {
        let Self { distance, second, margin, distances } = self;
        distance || second || margin || distances
    }
}

/// The measures of some rows; what was not wanted is `None`.
///
/// A row without a label has [`NO_LABEL`] as its second and NaN as its distance and margin. So has the only centroid no
/// second, and the margin to none is NaN.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Measured {
    /// The canonical distance to the own centroid, one a row.
    pub distance: Option<Vec<f64>>,
    /// Of the other centroids the lowest index whose canonical distance is minimal, one a row.
    pub second: Option<Vec<u32>>,
    /// The distance to the second minus the distance to the own, one a row.
    pub margin: Option<Vec<f64>>,
    /// `rows x clusters`, row-major.
    pub distances: Option<Vec<f64>>,
}

/// The measures of a run of rows, under way.
struct Share<'a> {
    first: usize,
    labels: &'a [u32],
    distance: Option<&'a mut [f64]>,
    second: Option<&'a mut [u32]>,
    margin: Option<&'a mut [f64]>,
    distances: Option<&'a mut [f64]>,
}

/// Room of one thread.
#[derive(Default)]
struct Room {
    labels: Vec<u32>,
    own: Vec<f64>,
    squares: Vec<f64>,
}

impl Labeller {
    /// Measures rows whose `labels` are known, one a row. The result does not depend on the number of threads.
    ///
    /// # Errors
    /// [`Error::Columns`], [`Error::NotFinite`].
    pub fn measure(
        &self,
        matrix: &Matrix,
        labels: &[u32],
        wanted: Measures,
        threads: &Threads,
    ) -> Result<Measured, Error> {
        let rows = labels.len().min(matrix.rows());
        let clusters = self.clusters();
        let mut measured = Measured {
            distance: wanted.distance.then(|| vec![f64::NAN; rows]),
            second: wanted.second.then(|| vec![NO_LABEL; rows]),
            margin: wanted.margin.then(|| vec![f64::NAN; rows]),
            distances: wanted.distances.then(|| vec![f64::NAN; rows * clusters]),
        };
        if !wanted.any() {
            return Ok(measured);
        }
        let panels = self.working(matrix)?;
        let Measured { distance, second, margin, distances } = &mut measured;
        let mut distance = distance.iter_mut().flat_map(|all| all.chunks_mut(SHARE));
        let mut second = second.iter_mut().flat_map(|all| all.chunks_mut(SHARE));
        let mut margin = margin.iter_mut().flat_map(|all| all.chunks_mut(SHARE));
        let mut distances = distances.iter_mut().flat_map(|all| all.chunks_mut(SHARE * clusters));
        let shares = labels[..rows].chunks(SHARE).enumerate().map(|(share, labels)| Share {
            first: share * SHARE,
            labels,
            distance: distance.next(),
            second: second.next(),
            margin: margin.next(),
            distances: distances.next(),
        });
        threads.fold(shares, &(), Room::default, |room, share| {
            self.measure_share(matrix, &panels, share, room);
        })?;
        Ok(measured)
    }

    fn measure_share(&self, matrix: &Matrix, panels: &Panels, mut share: Share, room: &mut Room) {
        let all = Panels::holding(&(share.first..share.first + share.labels.len()));
        if share.distance.is_some() || share.margin.is_some() {
            room.labels.clear();
            // Any centroid will do for a row that has none, and for the padding.
            let known = |&label: &u32| if (label as usize) < self.clusters() { label } else { 0 };
            room.labels.extend(share.labels.iter().map(known));
            room.labels.resize(all.len() * PANEL, 0);
            room.own.resize(all.len() * PANEL, 0.0);
            let (labels, own) = (&room.labels, &mut room.own);
            on_view!(panels, view => kernel::own(self.isa(), view, all.clone(), self.centroids(), labels, own));
        }
        if let Some(distance) = &mut share.distance {
            for (i, (&label, distance)) in share.labels.iter().zip(distance.iter_mut()).enumerate() {
                if label != NO_LABEL {
                    *distance = self.root(room.own[i], matrix, share.first + i, label as usize);
                }
            }
        }
        if share.second.is_none() && share.margin.is_none() && share.distances.is_none() {
            return;
        }
        let size = self.padded() * PANEL;
        let run = (SQUARES_AT_A_TIME / size).max(1);
        for first in all.clone().step_by(run) {
            let some = first..all.end.min(first + run);
            room.squares.resize(some.len() * size, 0.0);
            on_view!(panels, view => self.squares(view, some.clone(), &mut room.squares));
            let from = (first - all.start) * PANEL;
            let to = share.labels.len().min(from + some.len() * PANEL);
            for i in from..to {
                let lane = &room.squares[(i - from) / PANEL * size + i % PANEL..];
                let own = room.own.get(i).copied();
                self.measure_row(matrix, &mut share, i, lane, own);
            }
        }
    }

    /// Row `i` of a share; `lane` holds its squared distance to every centroid, [`PANEL`] numbers apart.
    fn measure_row(&self, matrix: &Matrix, share: &mut Share, i: usize, lane: &[f64], own: Option<f64>) {
        let clusters = self.clusters();
        let (row, label) = (share.first + i, share.labels[i]);
        let squares = || lane.iter().step_by(PANEL).take(clusters).copied().enumerate();
        if let Some(distances) = &mut share.distances
            && label != NO_LABEL
        {
            let distances = &mut distances[i * clusters..(i + 1) * clusters];
            for ((cluster, squared), distance) in squares().zip(distances) {
                *distance = self.root(squared, matrix, row, cluster);
            }
        }
        if share.second.is_none() && share.margin.is_none() || label == NO_LABEL {
            return;
        }
        let others = squares().filter(|&(cluster, _)| cluster != label as usize);
        // The first of equals, hence the lowest index.
        let next = others.reduce(|best, other| if other.1 < best.1 { other } else { best });
        let Some((cluster, squared)) = next else { return };
        if let Some(second) = &mut share.second {
            second[i] = cluster as u32;
        }
        if let (Some(margin), Some(own)) = (&mut share.margin, own) {
            let near = self.root(own, matrix, row, label as usize);
            margin[i] = self.root(squared, matrix, row, cluster) - near;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distance::squared_distance;
    use crate::matrix::Values;

    const ALL: Measures = Measures { distance: true, second: true, margin: true, distances: true };

    fn threads(count: usize) -> Threads {
        Threads::new(Some(count)).unwrap()
    }

    /// Numbers without a pattern, many of them equal.
    fn numbers(count: usize) -> Vec<f64> {
        (0..count as u64).map(|i| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 59) as f64 / 8.0).collect()
    }

    /// As the definition says, one row at a time.
    fn plainly(row: &[f64], centroids: &[f64], label: u32) -> (f64, u32, f64, Vec<f64>) {
        let squares: Vec<f64> =
            centroids.chunks(row.len()).map(|centroid| squared_distance(row, centroid)).collect();
        let mut second = None;
        for (cluster, &squared) in squares.iter().enumerate() {
            if cluster != label as usize && second.is_none_or(|second: usize| squared < squares[second]) {
                second = Some(cluster);
            }
        }
        let own = squares[label as usize].sqrt();
        let margin = second.map_or(f64::NAN, |second| squares[second].sqrt() - own);
        let second = second.map_or(NO_LABEL, |second| second as u32);
        (own, second, margin, squares.iter().map(|squared| squared.sqrt()).collect())
    }

    #[test]
    fn every_measure_is_the_canonical_one_at_any_width_and_number_of_clusters() {
        for (columns, clusters, rows) in [(1, 1, 5), (2, 3, 4113), (3, 17, 100), (7, 64, 33), (1, 9000, 40)] {
            let centroids = numbers(columns * clusters);
            let labeller = Labeller::new(columns, &centroids);
            let matrix = Matrix::new(columns, Values::F64(numbers(columns * rows + 3)[3..].to_vec()));
            let labels = labeller.labels(&matrix, &threads(2)).unwrap();
            let found = labeller.measure(&matrix, &labels, ALL, &threads(2)).unwrap();
            let distances = found.distances.unwrap();
            for row in 0..rows {
                let (own, second, margin, all) = plainly(&matrix.row(row), &centroids, labels[row]);
                assert_eq!(found.distance.as_ref().unwrap()[row], own);
                assert_eq!(found.second.as_ref().unwrap()[row], second);
                assert_eq!(found.margin.as_ref().unwrap()[row].to_bits(), margin.to_bits());
                assert_eq!(distances[row * clusters..(row + 1) * clusters], all);
            }
            assert_eq!(labeller.distances(&matrix, &threads(1)).unwrap(), distances);
        }
    }

    #[test]
    fn each_measure_is_the_same_alone() {
        let labeller = Labeller::new(2, &numbers(12));
        let matrix = Matrix::new(2, Values::F64(numbers(200)));
        let labels = labeller.labels(&matrix, &threads(1)).unwrap();
        let measure = |wanted| labeller.measure(&matrix, &labels, wanted, &threads(1)).unwrap();
        let (all, none) = (measure(ALL), Measures::default());
        assert_eq!(measure(none), Measured::default());
        assert_eq!(measure(Measures { distance: true, ..none }).distance, all.distance);
        assert_eq!(measure(Measures { second: true, ..none }).second, all.second);
        assert_eq!(measure(Measures { margin: true, ..none }).margin, all.margin);
    }

    #[test]
    fn a_row_without_a_label_is_not_measured() {
        let labeller = Labeller::new(1, &[0.0, 4.0, 9.0]);
        let matrix = Matrix::new(1, Values::F64(vec![1.0, 1.0]));
        let found = labeller.measure(&matrix, &[NO_LABEL, 0], ALL, &threads(1)).unwrap();
        assert_eq!(found.second.unwrap(), [NO_LABEL, 1]);
        for (measure, known) in [(found.distance.unwrap(), 1.0), (found.margin.unwrap(), 2.0)] {
            assert!(measure[0].is_nan());
            assert_eq!(measure[1], known);
        }
        let distances = found.distances.unwrap();
        assert!(distances[..3].iter().all(|distance| distance.is_nan()));
        assert_eq!(distances[3..], [1.0, 3.0, 8.0]);
    }

    #[test]
    fn measures_are_finite_wherever_they_can_be_told() {
        let labeller = Labeller::new(1, &[1e-200, -3e-200]);
        let matrix = Matrix::new(1, Values::F64(vec![2e-200]));
        let found = labeller.measure(&matrix, &[0], ALL, &threads(1)).unwrap();
        assert_eq!((found.distance.unwrap(), found.margin.unwrap()), (vec![1e-200], vec![4e-200]));
    }
}
