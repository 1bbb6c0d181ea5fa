import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { blobs, fit } from '../../src/index.js';
import { directory } from '../cli/run.js';

test('blobs are an input of fit, which finds them again', async () => {
  const made = await blobs({ rows: 300, features: 4, clusters: 3, std: 0.01, seed: 3 });
  expect(made.shape).toEqual([300, 4]);
  expect(made.data).toHaveLength(1200);
  expect(made.names).toEqual(['x1', 'x2', 'x3', 'x4']);
  expect(made.centroids).toHaveLength(3);
  const { labels } = await fit(made, { clusters: 3 });
  const pairs = new Set(made.labels.map((label, at) => label * 10 + (labels[at] ?? 0)));
  expect(pairs.size).toBe(3);
});

test('the names are those of the file', async () => {
  const output = join(directory(), 'blobs.csv');
  const { names, shape } = await blobs({ rows: 10, features: 3, output });
  const [header, ...rows] = readFileSync(output, 'utf8').trimEnd().split('\n');
  expect(header).toBe(names.join());
  expect(rows).toHaveLength(shape[0]);
});

test('a wrong option is named', async () => {
  await expect(blobs({ clusters: 0 })).rejects.toMatchObject({
    code: 'InvalidOption',
    option: 'clusters',
  });
});
