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
import { given } from './options.js';

/** How to predict. `format` is that of the input; outputs take theirs from their name, or the input's. */
export interface PredictOptions extends Omit<NativeOptions, 'keepLabels'>, TableOptions {}

export interface Prediction<Labels = Uint32Array> {
  /** The nearest cluster of each row, in input order. */
  labels: Labels;
  /** Euclidean distances to every centroid, rows x clusters, row-major; with `distances: true`. */
  distances?: Float64Array;
  report: PredictReport;
}

/** Written to files: nothing but the report stays in memory. */
export type WriteOptions = PredictOptions & ({ output: string } | { labels: string });

export type Predicted = Prediction<Uint32Array | Vector<Uint32> | undefined>;

export async function predictRows(
  model: NativeModel,
  input: Input | Table,
  options: PredictOptions = {},
  control?: Control,
): Promise<Predicted> {
  const source = await toSource(input);
  const { format, header, delimiter, ...rest } = options;
  const table = given<TableOptions>({ format, header, delimiter });
  const written = rest.output !== undefined || rest.labels !== undefined;
  const native = given<NativeOptions>({ ...rest, keepLabels: !written });
  const predicted = await run(new PredictJob(model, source, table, native), control);
  const { report } = predicted;
  if (written) return { labels: undefined, report };
  const labels = predicted.takeLabels();
  return {
    labels: looksLikeArrow(input) ? await labelVector(labels) : labels,
    ...(rest.distances ? { distances: predicted.takeDistances() } : {}),
    report,
  };
}
