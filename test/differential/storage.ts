/** One table, stored in every way that a fit can read. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { type FitOptions, type Input, predict } from '../../src/index.js';
import type { Table } from './tables.js';

export const STORAGES = [
  'matrix',
  'rows',
  'csv',
  'csv.gz',
  'csv.zst',
  'tsv',
  'several csv',
  'jsonl',
  'jsonl.gz',
  'arrow',
  'arrows',
  'parquet',
  'npy',
] as const;

export type Storage = (typeof STORAGES)[number];

/** The column of weights, where a file holds the table. */
const WEIGHT = 'weight';

/** Returns what to hand to `fit`, and the options that belong to it. */
export async function stored(
  table: Table,
  storage: Storage,
  folder: string,
): Promise<[Input, Partial<FitOptions>]> {
  const path = join(folder, `table.${storage.replace(' ', '.')}`);
  const options = table.weights ? { weight: WEIGHT } : {};
  switch (storage) {
    case 'matrix':
      return [matrix(table), {}];
    case 'rows':
      return [table.weights ? matrix(table) : table.rows, {}];
    case 'csv':
    case 'tsv':
    case 'jsonl':
      writeFileSync(path, text(table, storage));
      return [path, options];
    case 'csv.gz':
    case 'jsonl.gz':
      writeFileSync(path, gzipSync(text(table, storage === 'csv.gz' ? 'csv' : 'jsonl')));
      return [path, options];
    case 'several csv': {
      const half = Math.floor(table.rows.length / 2);
      const parts = [slice(table, 0, half), slice(table, half)].filter(
        ({ rows }) => rows.length > 0,
      );
      const paths = parts.map((part, at) => {
        writeFileSync(`${path}.${at}.csv`, text(part, 'csv'));
        return `${path}.${at}.csv`;
      });
      return [paths, options];
    }
    case 'arrow':
    case 'arrows':
      writeFileSync(path, arrow(table, storage === 'arrow' ? 'file' : 'stream'));
      return [path, options];
    case 'csv.zst':
    case 'parquet':
      await convert(table, path, folder);
      return [path, { ...options, exclude: ['cluster'] }];
    case 'npy':
      // Of one column of weights and the others: .npy has no names.
      if (table.weights) return [matrix(table), {}];
      writeFileSync(path, npy(table));
      return [path, {}];
  }
}

export function matrix({
  names,
  rows,
  weights,
}: Table): Exclude<Input, string | readonly unknown[]> {
  const data = isNarrow(rows) ? Float32Array.from(rows.flat()) : Float64Array.from(rows.flat());
  const shape = [rows.length, names.length] as const;
  return { data, shape, names, ...(weights ? { weights } : {}) };
}

function isNarrow(rows: Table['rows']): boolean {
  return rows.every((row) => row.every((value) => Object.is(Math.fround(value), value)));
}

function slice({ names, rows, weights }: Table, from: number, to?: number): Table {
  return { names, rows: rows.slice(from, to), weights: weights?.slice(from, to) };
}

/** Names and rows with the weights as their last column, if there are any. */
function whole({ names, rows, weights }: Table): [names: string[], rows: (readonly number[])[]] {
  if (!weights) return [[...names], [...rows]];
  return [[...names, WEIGHT], rows.map((row, at) => [...row, weights[at] as number])];
}

function text(table: Table, format: 'csv' | 'tsv' | 'jsonl'): string {
  const [names, rows] = whole(table);
  // `String(-0)` is "0".
  const number = (value: number): string => (Object.is(value, -0) ? '-0.0' : String(value));
  if (format === 'jsonl') {
    const members = (row: readonly number[]): string =>
      row.map((value, at) => `"${names[at]}":${number(value)}`).join();
    return rows.map((row) => `{${members(row)}}\n`).join('');
  }
  const delimiter = format === 'csv' ? ',' : '\t';
  return [names, ...rows.map((row) => row.map(number))]
    .map((fields) => `${fields.join(delimiter)}\n`)
    .join('');
}

function arrow(table: Table, kind: 'file' | 'stream'): Uint8Array {
  const [names, rows] = whole(table);
  const narrow = isNarrow(table.rows);
  const columns = names.map((name, at) => {
    const values = rows.map((row) => row[at] as number);
    return [
      name,
      narrow && name !== WEIGHT ? Float32Array.from(values) : Float64Array.from(values),
    ];
  });
  return tableToIPC(tableFromArrays(Object.fromEntries(columns)), kind);
}

/** Passes a table through `predict`, whose other columns keep their values in every format. */
async function convert(table: Table, path: string, folder: string): Promise<void> {
  const csv = join(folder, 'converted.csv');
  writeFileSync(csv, text(table, 'csv'));
  // All columns are the model's, since of others only the text is passed on.
  const [columns] = whole(table);
  const one = {
    format: 'kmeans-model',
    formatVersion: 1,
    features: columns.map((name) => ({ name })),
    centroids: [columns.map(() => 0)],
    sizes: [1],
    inertia: 0,
    iterations: 1,
    converged: true,
    stopped: 'labels',
    seed: '0',
  };
  await predict(one, csv, { output: path });
}

/** https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, version 1.0. */
function npy({ rows, names }: Table): Uint8Array {
  const narrow = isNarrow(rows);
  const shape = `(${rows.length}, ${names.length})`;
  const header = `{'descr': '<f${narrow ? 4 : 8}', 'fortran_order': False, 'shape': ${shape}, }`;
  const padded = `${header.padEnd(Math.ceil((10 + header.length + 1) / 64) * 64 - 11)}\n`;
  const values = narrow ? Float32Array.from(rows.flat()) : Float64Array.from(rows.flat());
  const magic = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  const length = Buffer.alloc(2);
  length.writeUInt16LE(padded.length);
  return Buffer.concat([magic, length, Buffer.from(padded, 'latin1'), Buffer.from(values.buffer)]);
}
