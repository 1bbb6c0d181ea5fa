import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableFromArrays } from 'apache-arrow';
import { expect, test } from 'vitest';
import { fit, KMeansError } from '../../src/index.js';
import { directory, iris } from '../cli/run.js';

const rows = [
  [1, 1],
  [1, 2],
  [9, 9],
  [9, 8],
  [1, 3],
];

test('rows of numbers are clustered', async () => {
  const { model, labels, report } = await fit(rows, { clusters: 2 });
  expect(labels).toEqual(Uint32Array.of(0, 0, 1, 1, 0));
  expect(model.centroids).toEqual([
    [1, 2],
    [9, 8.5],
  ]);
  expect(model.sizes).toEqual([3, 2]);
  expect(report).toMatchObject({ rows: 5, requested: 2, inertia: 2.5, seed: '0' });
  expect(report.columns.map(({ name }) => name)).toEqual(['x1', 'x2']);
});

test('a file, its rows and float32 give the same model', async () => {
  const lines = readFileSync(iris, 'utf8').trimEnd().split('\n');
  const [header = '', ...body] = lines.map((line) => line.split(',').slice(0, 4));
  const numbers = body.map((fields) => fields.map(Number));
  const names = [...header];
  const whole = numbers.map((row) => row.map((value) => Math.round(value * 10)));
  const matrix = (data: Float32Array | Float64Array) => ({ data, shape: [150, 4] as const, names });
  const fromFile = await fit(iris, { clusters: 3 });
  const fromRows = await fit(matrix(Float64Array.from(numbers.flat())), { clusters: 3 });
  expect(fromRows.model.toJSON()).toEqual(fromFile.model.toJSON());
  expect(fromRows.labels).toEqual(fromFile.labels);
  const wide = await fit(matrix(Float64Array.from(whole.flat())), { clusters: 3 });
  const narrow = await fit(matrix(Float32Array.from(whole.flat())), { clusters: 3 });
  expect(narrow.model.toJSON()).toEqual(wide.model.toJSON());
});

test('an Arrow table comes back with an Arrow vector', async () => {
  const table = tableFromArrays({
    a: Float64Array.from(rows, ([a = 0]) => a),
    b: Float32Array.from(rows, ([, b = 0]) => b),
  });
  const { labels, report } = await fit(table, { clusters: 2 });
  expect([...labels]).toEqual([0, 0, 1, 1, 0]);
  expect(String(labels.type)).toBe('Uint32');
  expect(report.columns.map(({ name }) => name)).toEqual(['a', 'b']);
});

test('labels that nobody wants are not kept', async () => {
  const { labels } = await fit(rows, { clusters: 2, keepLabels: false });
  expect(labels).toBeUndefined();
});

test('given centroids keep their order', async () => {
  const init = [
    [9, 9],
    [1, 1],
  ];
  const { labels } = await fit(rows, { init });
  expect([...labels]).toEqual([1, 1, 0, 0, 1]);
});

test('a seed may be a number, a bigint or digits', async () => {
  const seeds = [7, 7n, '7'] as const;
  const reports = await Promise.all(seeds.map((seed) => fit(rows, { clusters: 2, seed })));
  expect(reports.map(({ report }) => report.seed)).toEqual(['7', '7', '7']);
  const { report } = await fit(rows, { clusters: 2, seed: 2n ** 64n - 1n });
  expect(report.seed).toBe('18446744073709551615');
});

test('weights count a row as often as they say', async () => {
  const data = Float64Array.of(0, 1, 10);
  const { model } = await fit({ data, shape: [3, 1], weights: [3, 1, 1] }, { clusters: 2 });
  expect(model.centroids).toEqual([[0.25], [10]]);
});

test.each([
  ['a ragged row', [[1, 2], [3]], 'row 2 has 1 column, but row 1 has 2'],
  [
    'a text',
    [
      [1, 2],
      [3, 'x'],
    ],
    'row 2, column 2 must be a number, got "x"',
  ],
  ['a hole', [[1, undefined]], 'row 1, column 2 must be a number, got undefined'],
  ['no row', [], 'the input holds no numbers'],
  ['a row that is none', [[1], 2], 'row 2 must be an array of numbers, got 2'],
  ['a wrong shape', matrix([2, 2]), 'data holds 3 numbers, but a shape of [2, 2] needs 4'],
  ['a shape of fractions', matrix([1.5, 2]), 'shape must be [rows, columns], got [1.5, 2]'],
  ['too few names', { ...matrix([1, 3]), names: ['a'] }, 'names holds 1 name for 3 columns'],
  ['too many weights', { ...matrix([3, 1]), weights: [1] }, 'weights holds 1 weight for 3 rows'],
  [
    'nothing',
    undefined,
    'the input must be a path, paths, rows of numbers, { data, shape } or an Arrow',
  ],
])('%s is refused by its place', async (_, input, message) => {
  const error = await failureOf(fit(input as number[][], { clusters: 1 }));
  expect(error).toBeInstanceOf(KMeansError);
  expect(error).toMatchObject({ code: 'InvalidData', message: expect.stringContaining(message) });
});

test('an option at fault is named', async () => {
  const error = await failureOf(fit(rows, { clusters: 2, maxIter: 0 }));
  expect(error).toMatchObject({ code: 'InvalidOption', option: 'maxIter' });
  expect(String(error)).toMatch(/^KMeansError: maxIter must be /);
});

test('ragged centroids are the fault of init', async () => {
  const error = await failureOf(fit(rows, { init: [[1, 2], [3]] }));
  expect(error).toMatchObject({ code: 'InvalidOption', option: 'init' });
});

test('arrays and options may change as soon as they were passed', async () => {
  const data = Float64Array.of(0, 1, 10, 11);
  const weights = [1, 1, 1, 1];
  const init = [[0], [10]];
  const options = { init, seed: 5 };
  const fitting = fit({ data, shape: [4, 1], weights }, options);
  data.fill(7);
  weights.fill(100);
  init[0]?.fill(99);
  options.seed = 6;
  const { model, report } = await fitting;
  expect(model.centroids).toEqual([[0.5], [10.5]]);
  expect(report.seed).toBe('5');
});

test('what onProgress throws is what a fit rejects with', async () => {
  const thrown = new Error('enough seen');
  const data = Float64Array.from({ length: 4e5 }, (_, at) => Math.sin(at * at));
  const fitting = fit(
    { data, shape: [1e5, 4] },
    { clusters: 200, tol: 0, nInit: 50 },
    {
      onProgress() {
        throw thrown;
      },
    },
  );
  expect(await failureOf(fitting)).toBe(thrown);
});

test('a file that is not there is a fault of the file', async () => {
  expect(await failureOf(fit('nowhere.csv', { clusters: 2 }))).toMatchObject({ code: 'File' });
});

test('an abandoned fit rejects with the reason and leaves no file', async () => {
  const model = join(directory(), 'model.json');
  const data = Float64Array.from({ length: 4e6 }, (_, at) => Math.sin(at * at));
  const reason = new Error('no longer wanted');
  const controller = new AbortController();
  const fitting = fit(
    { data, shape: [1e6, 4] },
    { clusters: 200, tol: 0, nInit: 50, model },
    { signal: controller.signal },
  );
  setTimeout(() => controller.abort(reason), 300);
  expect(await failureOf(fitting)).toBe(reason);
  expect(existsSync(model)).toBe(false);
});

function matrix(shape: readonly [number, number]): object {
  return { data: Float64Array.of(1, 2, 3), shape };
}

function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

test('columns, ids and known classes are told by a list as on the command line', async () => {
  const options = {
    clusters: 3,
    columns: ['3-', '!petal_width'],
    id: ['sepal*'],
    truth: 'species',
  };
  const { report } = await fit(iris, options);
  expect(report.columns.map(({ name }) => name)).toEqual(['petal_length']);
  expect(report.skipped.map(({ reason }) => reason)).toEqual([
    'an id',
    'an id',
    'excluded',
    'the truth',
  ]);
  expect(report.truth).toMatchObject({ column: 'species', compared: 150, missing: 0 });
  for (const option of ['columns', 'id'] as const) {
    await expect(fit(rows, { clusters: 2, [option]: ['x1'] })).rejects.toMatchObject({ option });
  }
  await expect(fit(rows, { clusters: 2, truth: 'x1' })).rejects.toMatchObject({ option: 'truth' });
});
