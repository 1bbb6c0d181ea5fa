/**
 * What a caller calls a table becomes the engine's `Source`. Only the shape is checked here
 * (the engine sees flat numbers and could not name a ragged row); values are the engine's affair.
 */
import type { Source } from '#native';
import { looksLikeArrow, tableBytes } from './arrow.js';
import { KMeansError } from './errors.js';
import { isUrl, URL_HINT } from './kinds.js';
import { counted, shown } from './shown.js';

/** Rows of numbers, all of one length. */
export type Rows = readonly ArrayLike<number>[];

/**
 * Numbers that already lie in one typed array, row after row. The engine copies them, once and
 * before the call returns, so that the array may change afterwards.
 */
export interface Matrix {
  /** `rows * columns` numbers, row-major. `float32` values are the same data as their `float64`. */
  data: Float32Array | Float64Array;
  shape: readonly [rows: number, columns: number];
  /** A name for each column; default `x1`, `x2`, … `predict` matches columns by name. */
  names?: readonly string[];
  /** A weight for each row: a row of weight 2 counts as the row twice. */
  weights?: Float64Array | readonly number[];
}

/**
 * A path (`'-'` is stdin), paths that are read as one table, a matrix, or rows of numbers. A path may
 * be a pattern, `data/*.parquet`. CSV, TSV, Arrow, Parquet, .npy and JSON lines are read.
 */
export type Input = string | readonly string[] | Matrix | Rows;

/**
 * A promise only where there is something to wait for.
 * @param keep Whether the array must outlive the call, because no job is there yet to copy it.
 */
export function toSource(input: unknown, keep = false): Source | Promise<Source> {
  if (input === '-') return { stdin: true };
  if (typeof input === 'string') return { paths: [input] };
  if (isPaths(input)) return fromPaths(input);
  if (Array.isArray(input)) return fromRows(input);
  if (looksLikeArrow(input)) return tableBytes(input).then((ipc) => ({ ipc }));
  if (isMatrix(input)) return fromMatrix(input, keep);
  throw invalid(
    `the input must be a path, paths, rows of numbers, { data, shape } or an Arrow table, got ${shown(input)}`,
    isUrl(input) ? URL_HINT : undefined,
  );
}

/** Row-major numbers of rows that are checked to be of one length and all numbers. */
export function flatten(rows: Rows, fail: (message: string) => KMeansError): Float64Array {
  const columns = isRow(rows[0]) ? rows[0].length : 0;
  const values = new Float64Array(rows.length * columns);
  let at = 0;
  for (const [index, row] of rows.entries()) {
    if (!isRow(row)) throw fail(`row ${index + 1} must be an array of numbers, got ${shown(row)}`);
    if (row.length !== columns) {
      throw fail(`row ${index + 1} has ${counted(row.length, 'column')}, but row 1 has ${columns}`);
    }
    for (let column = 0; column < columns; column++) {
      const value: unknown = row[column];
      if (typeof value !== 'number') {
        throw fail(`row ${index + 1}, column ${column + 1} must be a number, got ${shown(value)}`);
      }
      values[at++] = value;
    }
  }
  return values;
}

function isPaths(input: unknown): input is readonly string[] {
  return Array.isArray(input) && typeof input[0] === 'string';
}

function fromPaths(paths: readonly string[]): Source {
  if (paths.length === 1 && paths[0] === '-') return { stdin: true };
  for (const path of paths) {
    if (typeof path !== 'string' || path === '-') {
      throw invalid(`each of several paths must be that of a file, got ${shown(path)}`);
    }
  }
  return { paths: [...paths] };
}

function fromRows(rows: Rows): Source {
  if (typeof rows[0] === 'number') {
    throw invalid(
      'the input is an array of numbers, and must be an array of rows',
      'for one column [[1], [2]]; for more { data: Float64Array.from(numbers), shape: [rows, columns] }',
    );
  }
  const values = flatten(rows, invalid);
  if (values.length === 0) throw invalid('the input holds no numbers');
  return { values, columns: values.length / rows.length };
}

/** Anything with the fields of one: what is wrong with it is told field by field. */
function isMatrix(input: unknown): input is Record<keyof Matrix, unknown> {
  return typeof input === 'object' && input !== null && ('data' in input || 'shape' in input);
}

function fromMatrix(matrix: Record<keyof Matrix, unknown>, keep: boolean): Source {
  const { data, names, weights } = matrix;
  const [rows, columns] = shapeOf(matrix.shape);
  if (!isFloats(data)) {
    throw invalid(`data must be a Float64Array or Float32Array, got ${shown(data)}`);
  }
  if (data.length !== rows * columns) {
    throw invalid(
      `data holds ${counted(data.length, 'number')}, but a shape of [${rows}, ${columns}] needs ${rows * columns}`,
    );
  }
  if (data.length === 0) throw invalid('the input holds no numbers');
  const source: Source = { values: keep ? data.slice() : data, columns };
  if (names !== undefined) source.names = namesOf(names, columns);
  if (weights !== undefined) source.weights = weightsOf(weights, rows);
  return source;
}

function shapeOf(shape: unknown): [rows: number, columns: number] {
  const [rows, columns, ...more]: unknown[] = Array.isArray(shape) ? shape : [];
  if (isCount(rows) && isCount(columns) && more.length === 0) return [rows, columns];
  throw invalid(`shape must be [rows, columns], got ${shown(shape)}`);
}

function namesOf(names: unknown, columns: number): string[] {
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string')) {
    throw invalid(`names must be an array of column names, got ${shown(names)}`);
  }
  if (names.length !== columns) {
    throw invalid(`names holds ${counted(names.length, 'name')} for ${counted(columns, 'column')}`);
  }
  return [...names];
}

function weightsOf(weights: unknown, rows: number): Float64Array {
  if (!isRow(weights)) throw invalid(`weights must be an array of numbers, got ${shown(weights)}`);
  if (weights.length !== rows) {
    throw invalid(`weights holds ${counted(weights.length, 'weight')} for ${counted(rows, 'row')}`);
  }
  return Float64Array.from(weights, (weight: unknown, row) => {
    if (typeof weight === 'number') return weight;
    throw invalid(`weight ${row + 1} must be a number, got ${shown(weight)}`);
  });
}

/** By its tag, since a caller's array may be of another realm, as tests' often are. */
function isFloats(data: unknown): data is Float32Array | Float64Array {
  if (!ArrayBuffer.isView(data)) return false;
  const { [Symbol.toStringTag]: tag } = data as Float64Array;
  return String(tag) === 'Float64Array' || String(tag) === 'Float32Array';
}

function isRow(row: unknown): row is ArrayLike<number> {
  return Array.isArray(row) || (ArrayBuffer.isView(row) && 'length' in row);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function invalid(message: string, hint?: string): KMeansError {
  return new KMeansError({ code: 'InvalidData', message, ...(hint === undefined ? {} : { hint }) });
}
