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
  scaled,
  toNumber,
  ZERO,
} from './exact.js';

export type Row = readonly number[];

/** Bits of a column's grid below its largest magnitude. */
const GRID_BITS = 90;

/** The exponents that a varying column's largest magnitude may have in the unit of definition 12. */
const [LEAST, MOST] = [-430, 440];

/** A table, and what its definitions depend on. */
export class Oracle {
  readonly #rows: readonly Row[];
  readonly #weights: readonly number[];
  readonly #ends: readonly (readonly [min: number, max: number])[];
  /** The exponent of the unit. */
  readonly #unit: number;

  constructor(rows: readonly Row[], weights: readonly number[]) {
    this.#rows = rows;
    this.#weights = weights;
    this.#ends = (rows[0] as Row).map((_, column) => {
      const values = rows.map((row) => row[column] as number);
      return [least(values), 0 - least(values.map((value) => -value))];
    });
    this.#unit = unitOf(this.#ends.filter(([min, max]) => min < max).map(magnitude));
  }

  /** Returns the label of definition 2, and the distance of definition 1 that belongs to it, in the square of the unit. */
  nearest(row: Row, centroids: readonly Row[]): [label: number, distance: Dyadic] {
    let [label, least] = [0, this.#distance(row, centroids[0] as Row)];
    for (let other = 1; other < centroids.length; other++) {
      const candidate = this.#distance(row, centroids[other] as Row);
      if (compare(candidate, least) < 0) [label, least] = [other, candidate];
    }
    return [label, least];
  }

  #distance(row: Row, centroid: Row): Dyadic {
    let sum = ZERO;
    for (const [column, value] of row.entries()) {
      const [x, c] = [this.#measured(value), this.#measured(centroid[column] as number)];
      const difference = rounded(add(x, negated(c)));
      sum = rounded(add(sum, product(difference, difference)));
    }
    return sum;
  }

  #measured(value: number): Dyadic {
    return rounded(scaled(exactly(value), -this.#unit));
  }

  /** Returns the inertia of definition 4. */
  inertia(centroids: readonly Row[]): number {
    let sum = ZERO;
    for (const [at, row] of this.#rows.entries()) {
      const weight = exactly(this.#weights[at] as number);
      sum = add(sum, product(this.nearest(row, centroids)[1], weight));
    }
    return toNumber(scaled(sum, 2 * this.#unit));
  }

  /** Returns the centroids of definition 3; a cluster without weight has none. */
  means(labels: readonly number[], clusters: number): (Row | undefined)[] {
    const steps = this.#ends.map((ends) => gridStep(magnitude(ends)));
    const sums = Array.from({ length: clusters }, () => steps.map(() => ZERO));
    const totals = new Array<Dyadic>(clusters).fill(ZERO);
    for (const [at, row] of this.#rows.entries()) {
      const label = labels[at] as number;
      const weight = exactly(this.#weights[at] as number);
      totals[label] = add(totals[label] as Dyadic, weight);
      const sum = sums[label] as Dyadic[];
      for (const [column, value] of row.entries()) {
        const onGrid = roundedTo(exactly(value), steps[column] as number);
        sum[column] = add(sum[column] as Dyadic, product(onGrid, weight));
      }
    }
    return sums.map((sum, cluster) => {
      const total = totals[cluster] as Dyadic;
      if (total.mantissa === 0n) return undefined;
      return sum.map((each, column) => {
        const [min, max] = this.#ends[column] as [number, number];
        return Math.min(Math.max(quotient(each, total), min), max);
      });
    });
  }
}

function least(values: readonly number[]): number {
  // A -0 is told as 0.
  return values.reduce((a, b) => Math.min(a, b)) + 0;
}

function magnitude([min, max]: readonly [number, number]): number {
  return Math.max(Math.abs(min), Math.abs(max));
}

/** Returns the exponent of the power of two above a number. */
function exponentOf(value: number): number {
  const { mantissa, exponent } = exactly(value);
  return value === 0 ? 0 : bitLength(mantissa) + exponent;
}

function unitOf(magnitudes: readonly number[]): number {
  if (magnitudes.length === 0) return 0;
  const exponents = magnitudes.map(exponentOf);
  const [low, high] = [Math.min(...exponents), Math.max(...exponents)];
  return low >= LEAST && high <= MOST ? 0 : Math.min(high, low - LEAST);
}

/** Returns the exponent of the step of a column's grid. */
function gridStep(largest: number): number {
  return exponentOf(largest) - GRID_BITS;
}
