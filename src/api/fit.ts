import type { Table, Uint32, Vector } from 'apache-arrow';
import {
  FitJob,
  type FitReport,
  type FitOptions as NativeOptions,
  type TableOptions,
} from '#native';
import { labelVector, looksLikeArrow } from './arrow.js';
import { KMeansError } from './errors.js';
import { flatten, type Input, type Rows, toSource } from './input.js';
import { type Control, run } from './job.js';
import * as kinds from './kinds.js';
import { Model } from './model.js';
import {
  apart,
  given,
  measureKinds,
  refuseMeasuresAlone,
  type Seed,
  seedText,
  tableKinds,
} from './options.js';

/** How to fit. Every option that is absent has the default that `kmeans fit --help` shows. */
export interface FitOptions
  extends Omit<NativeOptions, 'seed' | 'init' | 'initCentroids' | 'nInit' | 'keepLabels'>,
    TableOptions {
  /** The same seed gives the same bytes, on any number of threads. */
  seed?: Seed;
  /**
   * Where the first centroids come from: `'k-means++'`, `'random'`, a file of centroids (CSV, Arrow
   * or a model), or the centroids themselves, one row each, which then keep their order.
   */
  init?: 'k-means++' | 'random' | (string & {}) | Rows;
  /** Restarts, of which the one with the least inertia wins; `'auto'` decides by the table's shape. */
  nInit?: number | 'auto';
  /** `false` saves 4 bytes a row: the result then has no labels. */
  keepLabels?: boolean;
}

export interface FitResult<Labels = Uint32Array> {
  model: Model;
  /** The cluster of each row, in input order; `NO_LABEL` for rows that `missing: 'drop'` left out. */
  labels: Labels;
  /** What was used, how the run ended and what came out, as plain data. */
  report: FitReport;
}

const fitKinds: kinds.Kinds<FitOptions> = {
  ...tableKinds,
  clusters: kinds.count,
  seed: kinds.seed,
  maxIter: kinds.count,
  tol: kinds.real,
  init: {
    rule: "'k-means++', 'random', a file of centroids, or the centroids as rows of numbers",
    is: (value) => typeof value === 'string' || Array.isArray(value),
  },
  nInit: kinds.countOrAuto,
  algorithm: kinds.text,
  threads: kinds.count,
  memory: kinds.text,
  isa: kinds.text,
  columns: kinds.names,
  exclude: kinds.names,
  id: kinds.names,
  truth: kinds.text,
  weight: kinds.text,
  missing: kinds.text,
  categorical: kinds.names,
  categoricalWeight: kinds.real,
  scale: kinds.text,
  model: kinds.path,
  output: kinds.path,
  labels: kinds.path,
  to: kinds.text,
  ...measureKinds,
  keepLabels: kinds.toggle,
};

/**
 * Groups the rows of a table into `options.clusters` clusters.
 *
 * The result is a function of the values, the options and the seed: neither threads nor the
 * instruction set nor the kind of storage change a bit of it. The work runs off the event loop.
 *
 * Options, rows of numbers and `{ data, shape }` are copied before `fit` returns its promise, so
 * that changing them afterwards has no effect. Files and Arrow tables are read while it is pending.
 *
 * @param input A path, several, rows of numbers, `{ data, shape }` or an Arrow table.
 * @param options `clusters` is needed unless `init` holds the starting centroids.
 * @param control How to watch and stop the run.
 * @throws {KMeansError} `InvalidOption`, `InvalidData`, `InvalidModel` (of `init`), `File` or
 *   `Interrupted`.
 *
 * @example
 * const { model, labels } = await fit([[1, 1], [1, 2], [9, 9]], { clusters: 2 });
 */
export function fit(
  input: Input,
  options: FitOptions & { keepLabels: false },
  control?: Control,
): Promise<FitResult<undefined>>;
export function fit(input: Input, options: FitOptions, control?: Control): Promise<FitResult>;
export function fit(
  input: Table,
  options: FitOptions,
  control?: Control,
): Promise<FitResult<Vector<Uint32>>>;
export async function fit(
  input: Input | Table,
  options: FitOptions,
  control?: Control,
): Promise<FitResult<Uint32Array | Vector<Uint32> | undefined>> {
  const [table, rest] = apart(kinds.checked(options, fitKinds, 'fit'));
  if (rest.output === undefined) refuseMeasuresAlone(rest);
  const native = toNative(rest);
  const wanted = rest.keepLabels !== false;
  const source = toSource(input);
  // Only what has to be waited for is: an await would give the caller time to change an array.
  const ready = source instanceof Promise ? await source : source;
  const fitted = await run(() => new FitJob(ready, table, native), control);
  const model = new Model(fitted.model);
  const { report } = fitted;
  if (!wanted) return { model, labels: undefined, report };
  const labels = fitted.takeLabels();
  return { model, labels: looksLikeArrow(input) ? await labelVector(labels) : labels, report };
}

function toNative(options: Omit<FitOptions, keyof TableOptions>): NativeOptions {
  const { seed, init, nInit, keepLabels, ...same } = options;
  const start = typeof init === 'object' ? fromCentroids(init, same.clusters) : { init };
  return given<NativeOptions>({
    ...same,
    ...start,
    seed: seedText(seed),
    nInit: nInit === 'auto' ? undefined : nInit,
    keepLabels: keepLabels !== false,
  });
}

function fromCentroids(rows: Rows, clusters: number | undefined): NativeOptions {
  const fail = (message: string): KMeansError =>
    new KMeansError({ code: 'InvalidOption', option: 'init', message: `is no table: ${message}` });
  return { initCentroids: flatten(rows, fail), clusters: clusters ?? rows.length };
}
