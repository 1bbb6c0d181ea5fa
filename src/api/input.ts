/**
 * What a caller calls a table becomes the engine's `Source`. Only the shape is checked here
 * (the engine sees flat numbers and could not name a ragged row); values are the engine's affair.
 */
import type { Source } from '#native';
import { looksLikeArrow, tableBytes } from './arrow.js';
import { KMeansError } from './errors.js';

/** Rows of numbers, all of one length. */
export type Rows = readonly ArrayLike<number>[];

/** Numbers that already lie in one typed array, row after row. Nothing is copied in JavaScript. */
export interface Matrix {
  /** `rows * columns` numbers, row-major. `float32` values are the same data as their `float64`. */
  data: Float32Array | Float64Array;
  shape: readonly [rows: number, columns: number];
  /** A name for each column; default `x1`, `x2`, … `predict` matches columns by name. */
  names?: readonly string[];
  /** A weight for each row: a row of weight 2 counts as the row twice. */
  weights?: Float64Array | readonly number[];
}

/** A path (`'-'` is stdin), a matrix, or rows of numbers. CSV, TSV and Arrow files are read. */
export type Input = string | Matrix | Rows;

export async function toSource(input: unknown): Promise<Source> {
  if (input === '-') return { stdin: true };
  if (typeof input === 'string') return { path: input };
  if (Array.isArray(input)) return fromRows(input);
  if (looksLikeArrow(input)) return { ipc: await tableBytes(input) };
  if (isMatrix(input)) return fromMatrix(input);
  throw invalid('the input must be a path, rows of numbers, { data, shape } or an Arrow table');
}

/** Row-major numbers of rows that are checked to be of one length and all numbers. */
export function flatten(rows: Rows, fail: (message: string) => KMeansError): Float64Array {
  const columns = isRow(rows[0]) ? rows[0].length : 0;
  const values = new Float64Array(rows.length * columns);
  let at = 0;
  for (const [index, row] of rows.entries()) {
    if (!isRow(row)) throw fail(`row ${index + 1} must be an array of numbers, got ${shown(row)}`);
    if (row.length !== columns) {
      throw fail(`row ${index + 1} has ${row.length} columns, but row 1 has ${columns}`);
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

function fromRows(rows: Rows): Source {
  const values = flatten(rows, invalid);
  if (values.length === 0) throw invalid('the input holds no numbers');
  return { values, columns: values.length / rows.length };
}

function fromMatrix({ data, shape, names, weights }: Matrix): Source {
  const [rows, columns] = shape;
  if (!isCount(rows) || !isCount(columns)) {
    throw invalid(`shape must be [rows, columns], got ${shown(shape)}`);
  }
  if (data.length !== rows * columns) {
    throw invalid(
      `data holds ${data.length} numbers, but a shape of [${rows}, ${columns}] needs ${rows * columns}`,
    );
  }
  if (names && names.length !== columns) {
    throw invalid(`names holds ${names.length} names for ${columns} columns`);
  }
  if (weights && weights.length !== rows) {
    throw invalid(`weights holds ${weights.length} weights for ${rows} rows`);
  }
  if (data.length === 0) throw invalid('the input holds no numbers');
  const source: Source = { values: data, columns };
  if (names) source.names = [...names];
  if (weights) source.weights = Float64Array.from(weights);
  return source;
}

function isMatrix(input: unknown): input is Matrix {
  if (typeof input !== 'object' || input === null) return false;
  const { data, shape } = input as Partial<Matrix>;
  if (!Array.isArray(shape)) return false;
  return data instanceof Float64Array || data instanceof Float32Array;
}

function isRow(row: unknown): row is ArrayLike<number> {
  return Array.isArray(row) || (ArrayBuffer.isView(row) && 'length' in row);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function invalid(message: string): KMeansError {
  return new KMeansError({ code: 'InvalidData', message });
}

function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null) return JSON.stringify(value).slice(0, 40);
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
