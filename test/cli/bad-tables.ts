/** Files that a command must refuse, each with a sentence. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { ModelDocument } from '../../src/index.js';
import { fixtures } from './run.js';

/** A model that is whole. */
export const model: ModelDocument = {
  format: 'kmeans-model',
  formatVersion: 1,
  features: [{ name: 'a' }, { name: 'b' }],
  centroids: [
    [1, 2],
    [3, 4],
  ],
  sizes: [1, 2],
  inertia: 2,
  iterations: 3,
  converged: true,
  stopped: 'labels',
  seed: '0',
};

const tables: Readonly<Record<string, string | Uint8Array>> = {
  'good.csv': 'a,b\n1,2\n3,4\n5,6\n',
  'empty.csv': '',
  'header.csv': 'a,b\n',
  'ragged.csv': 'a,b\n1,2\n3,4,5\n',
  'binary.csv': Uint8Array.from({ length: 512 }, (_, at) => (at * 37) % 256),
  'packed.csv.gz': gzipSync('a,b\n1,2\n3,4\n').subarray(0, -6),
  'packed.bz2': 'BZh91AY&SY',
  'arrays.npz': 'PK\x03\x04',
  'broken.jsonl': '{"a":1,"b":2}\n{"a":3,"b":}\n',
  'table.parquet': Buffer.from(`PAR1${'\0'.repeat(64)}PAR1`),
  'utf16.csv': Buffer.from('\ufeffa,b\n1,2\n3,4\n', 'utf16le'),
  'utf32.csv': Uint8Array.from(
    Array.from('\ufeffa,b\n1,2\n', (letter) => letter.codePointAt(0) ?? 0).flatMap((code) => [
      code & 255,
      code >> 8,
      0,
      0,
    ]),
  ),
  'nan.csv': 'a,b\n1,2\n3,NaN\n',
  'infinite.csv': 'a,b\n1,2\n3,inf\n',
  'text.csv': 'a,b\n1,2\n3,n.a.\n5,6\n',
  'words.csv': 'a,b\nx,y\nz,w\n',
  'hole.csv': 'a,b\n1,2\n3,\n5,6\n',
  'quote.csv': 'a,b\n1,2\n"3,4\n5,6\n',
  'weights.csv': 'a,w\n1,2\n3,-4\n5,6\n',
  'one.csv': 'a,x\n1,2\n',
  'start.csv': 'a\n1\n',
  'not.json': 'a,b\n1,2\n',
  'other.json': '{"format":"something else"}',
  'newer.json': JSON.stringify({ ...model, formatVersion: 99 }),
  'nan.json': JSON.stringify(model).replace('[1,2]', '[1,NaN]'),
  'ragged.json': JSON.stringify({ ...model, centroids: [[1, 2], [3]] }),
  'deep.json': '['.repeat(200_000),
};

export function writeBadTables(directory: string): void {
  for (const [name, bytes] of Object.entries(tables)) writeFileSync(join(directory, name), bytes);
  const arrow = readFileSync(join(fixtures, 'digits.arrow'));
  writeFileSync(join(directory, 'cut.arrow'), arrow.subarray(0, arrow.length / 2));
  copyFileSync(join(fixtures, 'iris.csv'), join(directory, 'iris.csv'));
  mkdirSync(join(directory, 'folder'));
}
