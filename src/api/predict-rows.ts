/** The work behind `predict` and `Model.predict`, on the engine's own model. */
import type { Table, Uint32, Vector } from 'apache-arrow';
import {
  type NativeModel,
  type PredictOptions as NativeOptions,
  PredictJob,
  type PredictReport,
  type TableOptions,
} from '#native';
import { labelVector, looksLikeArrow } from './arrow.js';
import { type Input, toSource } from './input.js';
import { type Control, run } from './job.js';
import * as kinds from './kinds.js';
import { apart, measureKinds, refuseMeasuresAlone, tableKinds } from './options.js';

/**
 * How to predict. `format` is that of the input; outputs take theirs from their name, else from
 * `to`, else rows the input's and labels CSV.
 */
export interface PredictOptions extends Omit<NativeOptions, 'keepLabels'>, TableOptions {}

export interface Prediction<Labels = Uint32Array> {
  /** The nearest cluster of each row, in input order; `NO_LABEL` for rows left out by `missing: 'drop'`. */
  labels: Labels;
  /** The Euclidean distance of each row to its centroid; with `distance: true`. */
  distance?: Float64Array;
  /** The second nearest cluster of each row, 2^32 - 1 where there is none; with `second: true`. */
  second?: Uint32Array;
  /** How much farther the second nearest centroid is, NaN where there is none; with `margin: true`. */
  margin?: Float64Array;
  /** Euclidean distances to every centroid, rows x clusters, row-major; with `distances: true`. */
  distances?: Float64Array;
  report: PredictReport;
}

/** Written to files: nothing but the report stays in memory. */
export type WriteOptions = PredictOptions & ({ output: string } | { labels: string });

export type Predicted = Prediction<Uint32Array | Vector<Uint32> | undefined>;

const predictKinds: kinds.Kinds<PredictOptions> = {
  ...tableKinds,
  threads: kinds.count,
  output: kinds.path,
  labels: kinds.path,
  missing: kinds.text,
  to: kinds.text,
  ...measureKinds,
};

/** @param model The model, or how it is loaded; then the rows are copied first. */
export async function predictRows(
  model: NativeModel | (() => Promise<NativeModel>),
  input: Input | Table,
  options?: PredictOptions,
  control?: Control,
): Promise<Predicted> {
  const [table, rest] = apart(kinds.checked(options, predictKinds, 'predict'));
  const written = rest.output !== undefined || rest.labels !== undefined;
  if (written && rest.output === undefined) refuseMeasuresAlone(rest);
  const native: NativeOptions = { ...rest, keepLabels: !written };
  const late = typeof model === 'function';
  const source = toSource(input, late);
  // Only what has to be waited for is: an await would give the caller time to change an array.
  const [loaded, ready] =
    late || source instanceof Promise
      ? await Promise.all([late ? model() : model, source])
      : [model, source];
  const predicted = await run(() => new PredictJob(loaded, ready, table, native), control);
  const { report } = predicted;
  if (written) return { labels: undefined, report };
  const labels = predicted.takeLabels();
  return {
    labels: looksLikeArrow(input) ? await labelVector(labels) : labels,
    ...(rest.distance ? { distance: predicted.takeDistance() } : {}),
    ...(rest.second ? { second: predicted.takeSecond() } : {}),
    ...(rest.margin ? { margin: predicted.takeMargin() } : {}),
    ...(rest.distances ? { distances: predicted.takeDistances() } : {}),
    report,
  };
}
