/** What docs/exactness.md defines, computed from the definitions. */
import {
  add,
  bitLength,
  compare,
  type Dyadic,
  exactly,
  negated,
  product,
  quotient,
  rounded,
  roundedTo,
  toNumber,
  ZERO,
} from './exact.js';

export type Row = readonly number[];

/** Bits of a column's grid below its largest magnitude. */
const GRID_BITS = 90;

/** Returns the squared distance of definition 1. */
export function distance(row: Row, centroid: Row): Dyadic {
  let sum = ZERO;
  for (const [column, value] of row.entries()) {
    const difference = rounded(add(exactly(value), negated(exactly(centroid[column] as number))));
    sum = rounded(add(sum, product(difference, difference)));
  }
  return sum;
}

/** Returns the label of definition 2, and the distance that belongs to it. */
export function nearest(row: Row, centroids: readonly Row[]): [label: number, distance: Dyadic] {
  let [label, least] = [0, distance(row, centroids[0] as Row)];
  for (let other = 1; other < centroids.length; other++) {
    const candidate = distance(row, centroids[other] as Row);
    if (compare(candidate, least) < 0) [label, least] = [other, candidate];
  }
  return [label, least];
}

/** Returns the centroids of definition 3; a cluster without weight has none. */
export function means(
  rows: readonly Row[],
  weights: readonly number[],
  labels: ArrayLike<number>,
  clusters: number,
): (Row | undefined)[] {
  const columns = (rows[0] as Row).length;
  const steps = Array.from({ length: columns }, (_, column) => gridStep(rows, column));
  const sums = Array.from({ length: clusters }, () => new Array<Dyadic>(columns).fill(ZERO));
  const totals = new Array<Dyadic>(clusters).fill(ZERO);
  for (const [at, row] of rows.entries()) {
    const label = labels[at] as number;
    const weight = exactly(weights[at] as number);
    totals[label] = add(totals[label] as Dyadic, weight);
    const sum = sums[label] as Dyadic[];
    for (const [column, value] of row.entries()) {
      const onGrid = roundedTo(exactly(value), steps[column] as number);
      sum[column] = add(sum[column] as Dyadic, product(onGrid, weight));
    }
  }
  return sums.map((sum, cluster) => {
    const total = totals[cluster] as Dyadic;
    return total.mantissa === 0n ? undefined : sum.map((each) => quotient(each, total));
  });
}

/** Returns the inertia of definition 4. */
export function inertia(distances: readonly Dyadic[], weights: readonly number[]): number {
  let sum = ZERO;
  for (const [at, each] of distances.entries()) {
    sum = add(sum, product(each, exactly(weights[at] as number)));
  }
  return toNumber(sum);
}

/** Returns the exponent of a column's grid step. */
function gridStep(rows: readonly Row[], column: number): number {
  let largest = 0;
  for (const row of rows) largest = Math.max(largest, Math.abs(row[column] as number));
  if (largest === 0) return -GRID_BITS;
  const { mantissa, exponent } = exactly(largest);
  return bitLength(mantissa) + exponent - GRID_BITS;
}
