import type { Table, Uint32, Vector } from 'apache-arrow';
import type { Input } from './input.js';
import type { Control } from './job.js';
import { asModel, type Model, type ModelDocument, nativeModel } from './model.js';
import {
  type Predicted,
  type Prediction,
  type PredictOptions,
  predictRows,
  type WriteOptions,
} from './predict-rows.js';

/**
 * Labels rows by the nearest centroid of a model.
 *
 * Columns are matched by name, in any order; columns that the model does not know are ignored.
 * With `output` (the input with a `cluster` column) or `labels` (the labels alone) the rows are
 * written to files in constant memory, and the result holds only the report.
 *
 * Options, rows of numbers and `{ data, shape }` are copied before `predict` returns its promise, so
 * that changing them afterwards has no effect. Files and Arrow tables are read while it is pending.
 *
 * @param model A model, the path of one, or the content of its file as `model.toJSON()` gives it.
 * @param input A path, several, rows of numbers, `{ data, shape }` or an Arrow table.
 * @throws {KMeansError} `InvalidModel`, `InvalidData`, `InvalidOption`, `File` or `Interrupted`.
 */
export function predict(
  model: Model | ModelDocument | string,
  input: Input | Table,
  options: WriteOptions,
  control?: Control,
): Promise<Prediction<undefined>>;
export function predict(
  model: Model | ModelDocument | string,
  input: Input,
  options?: PredictOptions,
  control?: Control,
): Promise<Prediction>;
export function predict(
  model: Model | ModelDocument | string,
  input: Table,
  options?: PredictOptions,
  control?: Control,
): Promise<Prediction<Vector<Uint32>>>;
export async function predict(
  model: Model | ModelDocument | string,
  input: Input | Table,
  options?: PredictOptions,
  control?: Control,
): Promise<Predicted> {
  if (typeof model !== 'string') return asModel(model).predict(input as Input, options, control);
  return predictRows(() => nativeModel(model), input, options, control);
}
