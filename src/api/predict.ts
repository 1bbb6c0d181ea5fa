import type { Table, Uint32, Vector } from 'apache-arrow';
import type { Input } from './input.js';
import type { Control } from './job.js';
import { Model } from './model.js';
import type { Predicted, Prediction, PredictOptions, WriteOptions } from './predict-rows.js';

/**
 * Labels rows by the nearest centroid of a model.
 *
 * Columns are matched by name, in any order; columns that the model does not know are ignored.
 * With `output` (the input with a `cluster` column) or `labels` (the labels alone) the rows are
 * written to files in constant memory, and the result holds only the report.
 *
 * @param model A model, or the path of one.
 * @param input A path, rows of numbers, `{ data, shape }` or an Arrow table.
 * @throws {KMeansError} `InvalidModel`, `InvalidData`, `InvalidOption`, `File` or `Interrupted`.
 */
export function predict(
  model: Model | string,
  input: Input | Table,
  options: WriteOptions,
  control?: Control,
): Promise<Prediction<undefined>>;
export function predict(
  model: Model | string,
  input: Input,
  options?: PredictOptions,
  control?: Control,
): Promise<Prediction>;
export function predict(
  model: Model | string,
  input: Table,
  options?: PredictOptions,
  control?: Control,
): Promise<Prediction<Vector<Uint32>>>;
export async function predict(
  model: Model | string,
  input: Input | Table,
  options?: PredictOptions,
  control?: Control,
): Promise<Predicted> {
  const loaded = typeof model === 'string' ? await Model.load(model) : model;
  return loaded.predict(input as Input, options, control);
}
