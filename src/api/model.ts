import type { Table, Uint32, Vector } from 'apache-arrow';
import { loadModel, type NativeModel, parseModel } from '#native';
import { KMeansError, unwrap } from './errors.js';
import type { Input } from './input.js';
import type { Control } from './job.js';
import { checkValue, isUrl, path as pathKind, text as textKind, URL_HINT } from './kinds.js';
import {
  type Predicted,
  type Prediction,
  type PredictOptions,
  predictRows,
  type WriteOptions,
} from './predict-rows.js';
import { shown } from './shown.js';

/** A column that the model was fitted on. */
export interface Feature {
  readonly name: string;
  readonly [field: string]: unknown;
}

/** What model.json holds; docs/model-format.md has every field. */
export interface ModelDocument {
  readonly format: string;
  readonly formatVersion: number;
  readonly features: readonly Feature[];
  readonly centroids: readonly (readonly number[])[];
  readonly sizes: readonly number[];
  /** `null` beyond the range of a 64-bit float. */
  readonly inertia: number | null;
  readonly iterations: number;
  readonly converged: boolean;
  readonly stopped: string;
  readonly seed: string;
  readonly [field: string]: unknown;
}

/**
 * A fitted model: made by `fit`, or read by `Model.load` and `Model.parse`. It never changes, and
 * what it hands out is frozen; `structuredClone` makes a copy that is not.
 *
 * Labels are the row numbers of `centroids`.
 */
export class Model {
  readonly #native: NativeModel;
  #document: ModelDocument | undefined;

  /** @internal Callers get models from `fit`, `Model.load` and `Model.parse`. */
  constructor(native: NativeModel) {
    this.#native = native;
  }

  /**
   * Reads and checks a model file.
   * @param path A path; `'-'` is stdin.
   * @throws {KMeansError} `InvalidOption`, `File` or `InvalidModel`.
   */
  static async load(path: string): Promise<Model> {
    return new Model(await nativeModel(path));
  }

  /**
   * Checks the text of a model file.
   * @throws {KMeansError} `InvalidOption` or `InvalidModel`.
   */
  static parse(text: string): Model {
    checkValue('text', text, textKind);
    return new Model(unwrap(parseModel(text)));
  }

  /**
   * Writes the model file, whole or not at all.
   * @throws {KMeansError} `InvalidOption` or `File`.
   */
  async save(path: string): Promise<void> {
    checkValue('path', path, pathKind);
    const failure = await this.#native.save(path);
    if (failure) throw new KMeansError(failure);
  }

  /** The content of the model file, so `JSON.stringify(model)` is a model file too. */
  toJSON(): ModelDocument {
    // Parsed on first use: predicting needs none of it, and k x d numbers can be many.
    this.#document ??= frozen(JSON.parse(unwrap(this.#native.toJson()))) as ModelDocument;
    return this.#document;
  }

  /** One row a cluster, one number a feature, in the units of the data. */
  get centroids(): readonly (readonly number[])[] {
    return this.toJSON().centroids;
  }

  /** Rows a cluster, in the data of the fit. */
  get sizes(): readonly number[] {
    return this.toJSON().sizes;
  }

  /** The columns, in the order of a centroid's numbers. */
  get features(): readonly Feature[] {
    return this.toJSON().features;
  }

  /** The sum over all rows of the squared distance to their centroid. */
  get inertia(): number {
    return this.toJSON().inertia ?? Number.POSITIVE_INFINITY;
  }

  /** Iterations of the restart that won. */
  get iterations(): number {
    return this.toJSON().iterations;
  }

  /** Whether the run ended by itself, not by `maxIter` or an interrupt. */
  get converged(): boolean {
    return this.toJSON().converged;
  }

  /** Why the run ended: `labels`, `tolerance`, `max-iter` or `interrupted`. */
  get stopped(): string {
    return this.toJSON().stopped;
  }

  /** A decimal number of up to 64 bits, as text. */
  get seed(): string {
    return this.toJSON().seed;
  }

  /** Labels rows by the nearest centroid; see {@link predict}. */
  predict(
    input: Input | Table,
    options: WriteOptions,
    control?: Control,
  ): Promise<Prediction<undefined>>;
  predict(input: Input, options?: PredictOptions, control?: Control): Promise<Prediction>;
  predict(
    input: Table,
    options?: PredictOptions,
    control?: Control,
  ): Promise<Prediction<Vector<Uint32>>>;
  predict(input: Input | Table, options?: PredictOptions, control?: Control): Promise<Predicted> {
    return predictRows(this.#native, input, options, control);
  }
}

/** Reads and checks a model file. */
export async function nativeModel(path: string): Promise<NativeModel> {
  checkValue('path', path, pathKind);
  return unwrap(await loadModel(path));
}

/** The model that a caller passed, or whose content it passed: a model may have been sent as JSON. */
export function asModel(model: unknown): Model {
  if (model instanceof Model) return model;
  const text = contentOf(model);
  if (text !== undefined) return Model.parse(text);
  throw new KMeansError({
    code: 'InvalidOption',
    option: 'model',
    message: `must be a Model, the path of one, or what toJSON() of one gives, got ${shown(model)}`,
    ...(isUrl(model) ? { hint: URL_HINT } : {}),
  });
}

function contentOf(model: unknown): string | undefined {
  if (typeof model !== 'object' || model === null || isUrl(model)) return undefined;
  try {
    const text = JSON.stringify(model);
    return 'format' in model || text.startsWith('{"format":') ? text : undefined;
  } catch {
    return undefined; // a cycle, or a bigint
  }
}

/** All the way down: JSON has no cycles, and the engine no models nested deeper than a stack. */
function frozen(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const each of Object.values(value)) frozen(each);
  return Object.freeze(value);
}
