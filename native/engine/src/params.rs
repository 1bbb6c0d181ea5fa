//! The home of every option of a fit: its meaning, its default, its rule. Only a [`Plan`] can be run.

use crate::error::Error;
use crate::kernel::{Isa, brief_filter_pays, filter_pays};
use crate::threads::check_threads;
use crate::weights::Weights;

/// A closed list of values that have a name on the command line, in TypeScript and in the model file.
pub trait Named: Copy + PartialEq + 'static {
    /// Every value with its name, the default first.
    const NAMES: &'static [(&'static str, Self)];

    /// The value of that name, given for `option`.
    ///
    /// # Errors
    /// [`Error::Choice`] with the list.
    fn of_name(option: &'static str, name: &str) -> Result<Self, Error> {
        let found = Self::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| *value).ok_or_else(|| Error::Choice {
            option,
            names: Self::NAMES.iter().map(|(known, _)| *known).collect(),
            got: name.to_owned(),
        })
    }

    /// The name of the value.
    fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, value)| *value == self).map_or("", |(name, _)| name)
    }
}

/// How the first centroids are found.
#[derive(Debug, Clone, PartialEq)]
pub enum Init {
    /// Greedy k-means++: Arthur & Vassilvitskii 2007 (SODA), with `2 + floor(ln k)` candidates a step.
    PlusPlus,
    /// Distinct rows, each drawn with a probability in proportion to its weight.
    Random,
    /// `clusters x columns` numbers, row-major, in the units of the data. Clusters keep this order.
    Given(Vec<f64>),
}

impl Init {
    /// Names of the methods that need no numbers, the default first.
    pub const NAMES: [&'static str; 2] = ["k-means++", "random"];

    /// The method of that name.
    pub fn of_name(name: &str) -> Option<Self> {
        match name {
            "k-means++" => Some(Self::PlusPlus),
            "random" => Some(Self::Random),
            _ => None,
        }
    }

    /// The name, for reports and the model file.
    pub fn name(&self) -> &'static str {
        match self {
            Self::PlusPlus => Self::NAMES[0],
            Self::Random => Self::NAMES[1],
            Self::Given(_) => "given",
        }
    }
}

/// Which exact algorithm finds the nearest centroids. All of them return the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// Chosen from the shape and from what the steps so far have cost.
    Auto,
    /// Every row against every centroid: the reference.
    Lloyd,
    /// A bound on how far each row is from its centroid and from all others (Hamerly 2010): rows that it settles
    /// are not looked at.
    Hamerly,
    /// Boxes around neighbouring rows, and a look only at the centroids that can be nearest in a box.
    Boxes,
    /// Hamerly's bounds, and images of the rows in fewer dimensions, which leave few centroids to be looked at.
    Projection,
}

impl Named for Algorithm {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("auto", Self::Auto),
        ("lloyd", Self::Lloyd),
        ("hamerly", Self::Hamerly),
        ("boxes", Self::Boxes),
        ("projection", Self::Projection),
    ];
}

/// What sorting the rows and making their boxes costs, in nanoseconds a row, as [`Algorithm::boxes_gain`].
const BOXES_COST: f64 = 16.0;
const USUAL_STEPS: f64 = 16.0;
/// Bounds take 8 bytes a row, which is at most a quarter of rows of so many bytes.
const BOUNDS_ROW: usize = 32;
/// With fewer, 1M x 16 without bounds take three quarters of the time, clustered or not, in 20 steps or 100.
const BOUNDED_CLUSTERS: usize = 24;
/// With fewer, images cost as much as what they spare.
const IMAGED_COLUMNS: usize = 96;
const IMAGED_CLUSTERS: usize = 64;

impl Algorithm {
    /// About what boxes gain in a step, in nanoseconds a row on one core of a server of 2022: what all pairs cost, less
    /// what is left of them. Of k clusters about `k^(1 - 1/d)` can be nearest in a box or in a neighbour's. Only whether
    /// they are worth their cost depends on it, no result.
    pub fn boxes_gain(columns: usize, clusters: usize) -> f64 {
        let (d, k) = (columns as f64, clusters as f64);
        let pair = if brief_filter_pays(columns, clusters) {
            0.03 + 0.03 * d
        } else if filter_pays(columns, clusters) {
            0.03 + 0.02 * d
        } else {
            0.06 + 0.05 * d
        };
        let each = if columns == 1 { 0.06 } else { (0.24 * (d - 1.0)).max(0.3) };
        let boxed = 0.3 + each * libm::pow(k, 1.0 - 1.0 / d);
        0.5 + k * pair - boxed
    }

    /// Whether it is time to make boxes: at once where they gain their cost in as many steps as nearly every fit has,
    /// else once they would have gained it, which is never more than twice what would have been best (the ski-rental
    /// rule: Karlin et al., "Competitive snoopy caching", 1988).
    pub fn wants_boxes(self, gain: f64, forgone: f64) -> bool {
        match self {
            Self::Auto => forgone > BOXES_COST || gain * USUAL_STEPS > BOXES_COST,
            Self::Lloyd | Self::Hamerly | Self::Projection => false,
            Self::Boxes => true,
        }
    }

    /// Whether to keep bounds, which pay where a look at a row costs more than they do.
    pub fn wants_bounds(self, row_bytes: usize, columns: usize, clusters: usize) -> bool {
        match self {
            Self::Auto => {
                row_bytes >= BOUNDS_ROW && filter_pays(columns, clusters) && clusters >= BOUNDED_CLUSTERS
            }
            Self::Lloyd | Self::Boxes => false,
            Self::Hamerly | Self::Projection => true,
        }
    }

    /// Whether to find out what images of the rows would cost and gain.
    pub fn wants_images(self, columns: usize, clusters: usize) -> bool {
        match self {
            Self::Auto => columns >= IMAGED_COLUMNS && clusters >= IMAGED_CLUSTERS,
            Self::Lloyd | Self::Hamerly | Self::Boxes => false,
            Self::Projection => true,
        }
    }
}

/// The options of a fit, as asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct FitParams {
    /// How many clusters to find: 1 or more, and no more than there are rows.
    pub clusters: usize,
    /// Fixes every random draw.
    pub seed: u64,
    /// Lloyd iterations a restart, 1 or more.
    pub max_iter: usize,
    /// Stop once `sum ||shift||^2 <= tol x mean column variance` (scikit-learn's rule, so it has no unit).
    pub tol: f64,
    /// The first centroids.
    pub init: Init,
    /// Restarts, of which the one with the lowest inertia is kept. `None`: a function of the shape alone.
    pub n_init: Option<usize>,
    /// How the nearest centroids are found.
    pub algorithm: Algorithm,
    /// Threads. `None`: as many as there are processors.
    pub threads: Option<usize>,
    /// The instruction set of the kernels, for tests. `None`: the best there is.
    pub isa: Option<Isa>,
}

impl Default for FitParams {
    fn default() -> Self {
        Self {
            clusters: 8,
            seed: 0,
            max_iter: 300,
            tol: 1e-4,
            init: Init::PlusPlus,
            n_init: None,
            algorithm: Algorithm::Auto,
            threads: None,
            isa: None,
        }
    }
}

/// Restarts that `n_init: None` allows at most. Iris needs a few to find the best k = 5.
const MOST_RESTARTS: usize = 16;
/// `None` spends about as much on restarts as one pass over this many row x column x cluster cells would
/// take ten times over: some tens of milliseconds.
const RESTART_BUDGET: usize = 1 << 23;
/// The bound in words.
const COUNT_RULE: &str = "between 1 and 2147483648";
/// A sane bound on `--max-iter`, `--n-init` and `-k`, far above any use, far below overflow.
const MOST: usize = 1 << 31;

impl FitParams {
    /// Checks the rules that need no table, so that a mistake is told before a file is read.
    ///
    /// # Errors
    /// [`Error::Option`] for a value outside its rule.
    pub fn check_options(&self) -> Result<(), Error> {
        at_least_one("clusters", self.clusters)?;
        at_least_one("maxIter", self.max_iter)?;
        self.threads.map_or(Ok(()), check_threads)?;
        self.isa.map_or(Ok(()), Isa::check)?;
        if !(self.tol.is_finite() && self.tol >= 0.0) {
            return Err(Error::option("tol", "a finite number of 0 or more", self.tol));
        }
        if let Some(n_init) = self.n_init {
            at_least_one("nInit", n_init)?;
        }
        Ok(())
    }

    /// Checks every rule against a table of `rows x columns`; with weights, rows of weight 0 do not count.
    ///
    /// # Errors
    /// [`Error::Option`] for a value outside its rule, [`Error::NoRows`], [`Error::FewerRowsThanClusters`].
    pub fn check(self, rows: usize, columns: usize, weights: Option<&Weights>) -> Result<Plan, Error> {
        self.check_counts(rows, columns, weights.map(Weights::counting))
    }

    /// The same, where weights are only known by how many of them are above 0.
    ///
    /// # Errors
    /// As [`FitParams::check`].
    pub fn check_counts(self, rows: usize, columns: usize, weighted: Option<usize>) -> Result<Plan, Error> {
        self.check_options()?;
        if rows == 0 {
            return Err(Error::NoRows);
        }
        let counting = weighted.unwrap_or(rows);
        if counting < self.clusters {
            let (clusters, weighted) = (self.clusters, weighted.is_some());
            return Err(Error::FewerRowsThanClusters { clusters, rows: counting, weighted });
        }
        self.check_given(columns)?;
        let n_init = match (&self.init, self.n_init) {
            (Init::Given(_), _) => 1, // the same start ends the same way
            (_, Some(n_init)) => n_init,
            (_, None) => {
                let cells = rows.saturating_mul(columns).saturating_mul(self.clusters).max(1);
                (RESTART_BUDGET / cells).clamp(1, MOST_RESTARTS)
            }
        };
        Ok(Plan { n_init, params: self })
    }

    fn check_given(&self, columns: usize) -> Result<(), Error> {
        let Init::Given(values) = &self.init else { return Ok(()) };
        if values.len() != self.clusters * columns {
            let rule = format!("{} centroids of {columns} numbers", self.clusters);
            return Err(Error::option("init", &rule, format!("{} numbers", values.len())));
        }
        match values.iter().find(|v| !v.is_finite()) {
            Some(bad) => Err(Error::option("init", "finite numbers only", bad)),
            None => Ok(()),
        }
    }
}

fn at_least_one(option: &'static str, got: usize) -> Result<(), Error> {
    match got {
        1..=MOST => Ok(()),
        0 => Err(Error::option(option, "1 or more", got)),
        _ => Err(Error::option(option, COUNT_RULE, got)),
    }
}

/// Options that have been checked against a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Restarts that will run.
    pub n_init: usize,
    /// The options, as asked for.
    pub params: FitParams,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(params: FitParams) -> &'static str {
        match params.check(100, 2, None) {
            Err(Error::Option { option, .. }) => option,
            other => panic!("expected a refused option, got {other:?}"),
        }
    }

    #[test]
    fn the_defaults_are_accepted() {
        assert!(FitParams::default().check(100, 2, None).is_ok());
    }

    #[test]
    fn counts_cannot_be_zero() {
        assert_eq!(refused(FitParams { clusters: 0, ..FitParams::default() }), "clusters");
        assert_eq!(refused(FitParams { max_iter: 0, ..FitParams::default() }), "maxIter");
        assert_eq!(refused(FitParams { n_init: Some(0), ..FitParams::default() }), "nInit");
        assert_eq!(refused(FitParams { threads: Some(0), ..FitParams::default() }), "threads");
    }

    #[test]
    fn tol_cannot_be_negative_or_nan() {
        assert_eq!(refused(FitParams { tol: -1.0, ..FitParams::default() }), "tol");
        assert_eq!(refused(FitParams { tol: f64::NAN, ..FitParams::default() }), "tol");
    }

    #[test]
    fn given_centroids_need_the_right_shape_and_finite_numbers() {
        let given = |values| FitParams { clusters: 2, init: Init::Given(values), ..FitParams::default() };
        assert_eq!(refused(given(vec![0.0; 3])), "init");
        assert_eq!(refused(given(vec![0.0, 1.0, f64::INFINITY, 2.0])), "init");
        assert_eq!(given(vec![0.0; 4]).check(100, 2, None).map(|plan| plan.n_init), Ok(1));
    }

    #[test]
    fn more_clusters_than_rows_are_refused() {
        let params = FitParams { clusters: 5, ..FitParams::default() };
        assert_eq!(
            params.check(4, 1, None),
            Err(Error::FewerRowsThanClusters { clusters: 5, rows: 4, weighted: false })
        );
    }

    #[test]
    fn restarts_depend_on_the_shape_alone() {
        let restarts = |rows, clusters| {
            FitParams { clusters, ..FitParams::default() }.check(rows, 2, None).map(|plan| plan.n_init)
        };
        assert_eq!(restarts(150, 3), Ok(16));
        assert_eq!(restarts(100_000, 8), Ok(5));
        assert_eq!(restarts(1_000_000, 8), Ok(1));
    }
}
