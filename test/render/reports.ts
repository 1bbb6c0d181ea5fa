/** Reports to draw: plain data, as the engine makes them. */
import type { FitReport } from '../../src/api/report.js';

/** Three clusters of the iris data. */
export function irisReport(changes: Partial<FitReport> = {}): FitReport {
  return {
    rows: 150,
    columns: [
      { name: 'sepal_length', min: 4.3, max: 7.9, mean: 5.843333 },
      { name: 'sepal_width', min: 2, max: 4.4, mean: 3.057333 },
      { name: 'petal_length', min: 1, max: 6.9, mean: 3.758 },
      { name: 'petal_width', min: 0.1, max: 2.5, mean: 1.199333 },
    ],
    skipped: [{ name: 'species', reason: 'not a number (row 1: "setosa")' }],
    missing: 'error',
    dropped: 0,
    filled: 0,
    scale: 'none',
    categorical: [],
    requested: 3,
    clusters: [
      cluster(0, 62, 39.82097, [5.901613, 2.748387, 4.393548, 1.433871]),
      cluster(1, 50, 15.151, [5.006, 3.428, 1.462, 0.246]),
      cluster(2, 38, 23.87947, [6.85, 3.073684, 5.742105, 2.071053]),
    ],
    seed: '0',
    init: 'k-means++',
    algorithm: 'lloyd',
    nInit: 10,
    nInitAuto: true,
    restart: 4,
    iterations: 5,
    maxIter: 300,
    tol: 1e-4,
    converged: true,
    stopped: 'labels',
    inertia: 78.851441,
    total: 681.3706,
    explained: 0.884275,
    threads: 2,
    streamed: false,
    warnings: [],
    ...changes,
  };
}

/** `clusters` clusters in `columns` columns: cluster i stands out in column i. */
export function wideReport(clusters: number, columns: number): FitReport {
  const names = Array.from({ length: columns }, (_, at) => `measurement_number_${at + 1}`);
  return irisReport({
    rows: clusters * 1000,
    columns: names.map((name) => ({ name, min: 0, max: 100, mean: 50 })),
    skipped: [],
    requested: clusters,
    clusters: Array.from({ length: clusters }, (_, at) => {
      const centroid = names.map((_, column) => (column === at % columns ? 99 : 50 - column / 7));
      return { ...cluster(at, 1000, 1234.5, centroid), share: 1 / clusters };
    }),
  });
}

function cluster(
  label: number,
  size: number,
  within: number,
  centroid: number[],
): FitReport['clusters'][number] {
  return { cluster: label, size, share: size / 150, within, centroid };
}
