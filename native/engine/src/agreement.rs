//! How well clusters agree with classes that are known, from exact counts of rows.

use std::collections::BTreeMap;

/// The agreement of known classes and clusters. Every row counts once, whatever its weight.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreement {
    /// Rows that have a class.
    pub compared: u64,
    /// Rows whose class is missing; they are left out.
    pub missing: u64,
    /// The Rand index, adjusted for chance: 1 for equal partitions, 0 on average for random ones.
    pub adjusted_rand: f64,
    /// Mutual information in parts of the mean entropy: 0 to 1.
    pub normalized_mutual_information: f64,
    /// The share of rows that belong to the most frequent class of their cluster.
    pub purity: f64,
    /// Rows of each class and cluster where there are any, as `(class, cluster)`.
    pub counts: BTreeMap<(u32, u32), u64>,
}

impl Agreement {
    /// Compares `classes` with `clusters`, row by row. `missing` stands for no class, and for no cluster: such rows are
    /// neither compared nor counted.
    pub fn new(classes: &[u32], clusters: &[u32], missing: u32) -> Self {
        let labelled = || classes.iter().zip(clusters).filter(|(_, cluster)| **cluster != missing);
        let left_out = labelled().filter(|(class, _)| **class == missing).count() as u64;
        let counts = count(labelled().filter(|(class, _)| **class != missing));
        let (mut rows, mut columns) = (BTreeMap::new(), BTreeMap::new());
        let mut largest: BTreeMap<u32, u64> = BTreeMap::new();
        for (&(class, cluster), &count) in &counts {
            *rows.entry(class).or_insert(0_u64) += count;
            *columns.entry(cluster).or_insert(0_u64) += count;
            let most = largest.entry(cluster).or_default();
            *most = count.max(*most);
        }
        let compared: u64 = rows.values().sum();
        let sums = Sums { rows: &rows, columns: &columns, compared };
        Self {
            compared,
            missing: left_out,
            adjusted_rand: adjusted_rand(&counts, &sums),
            normalized_mutual_information: normalized_mutual_information(&counts, &sums),
            purity: if compared == 0 { 1.0 } else { largest.values().sum::<u64>() as f64 / compared as f64 },
            counts,
        }
    }
}

type Counts = BTreeMap<(u32, u32), u64>;

fn count<'a>(pairs: impl Iterator<Item = (&'a u32, &'a u32)> + Clone) -> Counts {
    // A table of 8 MiB at most; with more classes and clusters than that most cells are empty.
    const LARGEST: u64 = 1 << 20;
    let of = |number: u32| u64::from(number) + 1;
    let (height, width) = pairs
        .clone()
        .fold((0, 0), |(height, width), (&class, &cluster)| (of(class).max(height), of(cluster).max(width)));
    let mut counts = Counts::new();
    if height.saturating_mul(width) > LARGEST {
        pairs.for_each(|(&class, &cluster)| *counts.entry((class, cluster)).or_insert(0) += 1);
        return counts;
    }
    let mut table = vec![0_u64; (height * width) as usize];
    pairs.for_each(|(&class, &cluster)| table[class as usize * width as usize + cluster as usize] += 1);
    let cells = table.into_iter().enumerate().filter(|(_, count)| *count > 0);
    cells.map(|(at, count)| (((at as u64 / width) as u32, (at as u64 % width) as u32), count)).collect()
}

/// The margins of the table.
struct Sums<'a> {
    rows: &'a BTreeMap<u32, u64>,
    columns: &'a BTreeMap<u32, u64>,
    compared: u64,
}

/// Hubert and Arabie (1985), in the pairs of rows of Steinley (2004), as scikit-learn computes it:
/// `2 (tp tn - fn fp) / ((tp + fn)(fn + tn) + (tp + fp)(fp + tn))`, where `tp` pairs are together in both partitions,
/// `tn` in neither, `fn` in the classes alone and `fp` in the clusters alone. 1 where no pair tells them apart.
///
/// There are fewer than 2^63 pairs of up to 2^32 rows, so that all products are exact in 127 bits; for more rows
/// doubles take over.
fn adjusted_rand(counts: &Counts, sums: &Sums<'_>) -> f64 {
    let pairs = |count: &u64| i128::from(*count) * (i128::from(*count) - 1) / 2;
    let together: i128 = counts.values().map(pairs).sum();
    let alone_in_classes = sums.rows.values().map(pairs).sum::<i128>() - together;
    let alone_in_clusters = sums.columns.values().map(pairs).sum::<i128>() - together;
    if alone_in_classes == 0 && alone_in_clusters == 0 {
        return 1.0;
    }
    let apart = pairs(&sums.compared) - together - alone_in_classes - alone_in_clusters;
    let (tp, tn, f_n, fp) = (together, apart, alone_in_classes, alone_in_clusters);
    if sums.compared <= 1 << 32 {
        let above = 2 * (tp * tn - f_n * fp);
        let below = (tp + f_n) * (f_n + tn) + (tp + fp) * (fp + tn);
        return above as f64 / below as f64;
    }
    let [tp, tn, f_n, fp] = [tp, tn, f_n, fp].map(|pairs| pairs as f64);
    2.0 * (tp * tn - f_n * fp) / ((tp + f_n) * (f_n + tn) + (tp + fp) * (fp + tn))
}

/// Vinh, Epps and Bailey (2010) with the arithmetic mean, the default of scikit-learn:
/// `MI = sum n_ij/n ln(n n_ij / (a_i b_j))`, `H(a) = -sum a_i/n ln(a_i/n)`, `NMI = MI / ((H(a) + H(b)) / 2)`. 1 where
/// both partitions are a single group, 0 where the information is no more than rounding.
fn normalized_mutual_information(counts: &Counts, sums: &Sums<'_>) -> f64 {
    if sums.rows.len() <= 1 && sums.columns.len() <= 1 {
        return 1.0;
    }
    let n = sums.compared as f64;
    let share = |count: &u64| *count as f64 / n;
    let information: f64 = counts
        .iter()
        .map(|((class, cluster), count)| {
            let expected = share(&sums.rows[class]) * share(&sums.columns[cluster]);
            share(count) * libm::log(share(count) / expected)
        })
        .sum();
    if information <= f64::EPSILON {
        return 0.0;
    }
    let entropy = |margin: &BTreeMap<u32, u64>| -> f64 {
        -margin.values().map(|count| share(count) * libm::log(share(count))).sum::<f64>()
    };
    (information / f64::midpoint(entropy(sums.rows), entropy(sums.columns))).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: u32 = u32::MAX;

    fn measures(classes: &[u32], clusters: &[u32]) -> [f64; 3] {
        let found = Agreement::new(classes, clusters, NONE);
        [found.adjusted_rand, found.normalized_mutual_information, found.purity]
    }

    fn near(found: [f64; 3], expected: [f64; 3]) {
        let close = found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-14);
        assert!(close, "{found:?} is not {expected:?}");
    }

    /// Classes and clusters, row by row, from a table of counts.
    fn rows(table: &[&[usize]]) -> (Vec<u32>, Vec<u32>) {
        let cells = table.iter().enumerate().flat_map(|(class, row)| {
            row.iter().enumerate().map(move |(cluster, &count)| (class as u32, cluster as u32, count))
        });
        cells.flat_map(|(class, cluster, count)| std::iter::repeat_n((class, cluster), count)).unzip()
    }

    #[test]
    fn equal_partitions_agree_whatever_their_numbers() {
        near(measures(&[0, 0, 1, 1, 2], &[7, 7, 3, 3, 5]), [1.0, 1.0, 1.0]);
        near(measures(&[4, 4, 4], &[0, 0, 0]), [1.0, 1.0, 1.0]);
        near(measures(&[0, 1, 2], &[2, 1, 0]), [1.0, 1.0, 1.0]);
        near(measures(&[3], &[0]), [1.0, 1.0, 1.0]);
    }

    /// From the documentation of scikit-learn: `adjusted_rand_score([0, 0, 1, 2], [0, 0, 1, 1])` is 0.57…, and
    /// `adjusted_rand_score([0, 0, 1, 1], [0, 1, 0, 1])` is -0.5; by hand tp 1, fn 0, fp 1, tn 4: 2·4 / (1·4 + 2·5) = 4/7.
    /// MI is ln 2 against entropies of 1.5 ln 2 and ln 2: 0.8.
    #[test]
    fn small_partitions_give_the_numbers_of_the_book() {
        near(measures(&[0, 0, 1, 2], &[0, 0, 1, 1]), [4.0 / 7.0, 0.8, 0.75]);
        near(measures(&[0, 0, 1, 1], &[0, 1, 0, 1]), [-0.5, 0.0, 0.5]);
        near(measures(&[0, 0, 0, 0], &[0, 1, 2, 3]), [0.0, 0.0, 1.0]);
    }

    /// scikit-learn on iris and its three clusters (50 / 48 + 2 / 14 + 36 rows).
    #[test]
    fn iris_gives_the_numbers_of_scikit_learn() {
        let (classes, clusters) = rows(&[&[0, 50, 0], &[48, 0, 2], &[14, 0, 36]]);
        let expected = [0.730_238_272_283_469_7, 0.758_175_680_005_778_4, 134.0 / 150.0];
        near(measures(&classes, &clusters), expected);
    }

    #[test]
    fn rows_without_a_class_are_left_out_and_counted() {
        let found = Agreement::new(&[0, NONE, 1, NONE], &[0, 0, 1, 1], NONE);
        assert_eq!((found.compared, found.missing, found.adjusted_rand), (2, 2, 1.0));
        assert_eq!(found.counts, BTreeMap::from([((0, 0), 1), ((1, 1), 1)]));
        assert_eq!(Agreement::new(&[NONE], &[0], NONE).purity, 1.0);
        let dropped = Agreement::new(&[0, NONE, 1], &[NONE, NONE, 1], NONE);
        assert_eq!((dropped.compared, dropped.missing), (1, 0));
    }

    #[test]
    fn classes_of_any_number_are_counted() {
        let found = Agreement::new(&[u32::MAX - 1, 0, 0], &[0, 9, 9], NONE);
        assert_eq!(found.counts, BTreeMap::from([((0, 9), 2), ((u32::MAX - 1, 0), 1)]));
    }

    #[test]
    fn the_largest_tables_do_not_overflow() {
        let (rows, columns) = (BTreeMap::from([(0, 1 << 31), (1, 1 << 31)]), BTreeMap::from([(0, 1 << 32)]));
        let counts = BTreeMap::from([((0, 0), 1 << 31), ((1, 0), 1 << 31)]);
        let sums = Sums { rows: &rows, columns: &columns, compared: 1 << 32 };
        assert_eq!(adjusted_rand(&counts, &sums), 0.0);
    }
}
