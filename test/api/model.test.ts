import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableFromArrays } from 'apache-arrow';
import { expect, test } from 'vitest';
import { fit, Model, predict } from '../../src/index.js';
import { directory, iris } from '../cli/run.js';

const points = {
  data: Float64Array.of(1, 1, 1, 3, 9, 9),
  shape: [3, 2],
  names: ['a', 'b'],
} as const;

test('a model survives its file', async () => {
  const path = join(directory(), 'model.json');
  const { model } = await fit(iris, { clusters: 3 });
  await model.save(path);
  const loaded = await Model.load(path);
  expect(loaded.toJSON()).toEqual(model.toJSON());
  expect(Model.parse(readFileSync(path, 'utf8')).centroids).toEqual(model.centroids);
  expect(Model.parse(JSON.stringify(model)).toJSON()).toEqual(model.toJSON());
});

test('a model tells how it came about', async () => {
  const { model } = await fit(iris, { clusters: 3 });
  expect(model.features.map(({ name }) => name)).toEqual([
    'sepal_length',
    'sepal_width',
    'petal_length',
    'petal_width',
  ]);
  expect(model.inertia).toBeCloseTo(78.85144142614601, 8);
  expect(model.sizes).toEqual([62, 50, 38]);
  expect(model).toMatchObject({ converged: true, seed: '0' });
  expect(model.iterations).toBeGreaterThan(0);
  expect(['labels', 'tolerance']).toContain(model.stopped);
});

test.each(['', '{}', '[1,2', '{"format":"kmeans-model"}'])('%j is not a model', (text) => {
  expect(() => Model.parse(text)).toThrow(expect.objectContaining({ code: 'InvalidModel' }));
});

test('rows, tables and files are labelled', async () => {
  const { model } = await fit(points, { clusters: 2 });
  expect((await model.predict([[8, 8]])).labels).toEqual(Uint32Array.of(1));
  const table = tableFromArrays({
    b: Float64Array.of(1, 8),
    id: ['x', 'y'],
    a: Float64Array.of(1, 9),
  });
  const { labels, report } = await model.predict(table);
  expect([...labels]).toEqual([0, 1]);
  expect(report).toMatchObject({ rows: 2, sizes: [1, 1], columns: ['a', 'b'], ignored: ['id'] });
});

test('distances are Euclidean, one a cluster', async () => {
  const { model } = await fit(points, { clusters: 2 });
  const { distances } = await predict(model, [[1, 2]], { distances: true });
  expect(distances).toEqual(Float64Array.of(0, Math.hypot(8, 7)));
});

test('what is written to a file is not kept', async () => {
  const directoryPath = directory();
  const path = join(directoryPath, 'model.json');
  const labels = join(directoryPath, 'labels.csv');
  await fit(iris, { clusters: 3, model: path, keepLabels: false });
  const prediction = await predict(path, iris, { labels });
  expect(prediction.labels).toBeUndefined();
  expect(prediction.report.sizes).toEqual([62, 50, 38]);
  expect(readFileSync(labels, 'utf8').split('\n')).toHaveLength(152);
});

test('a row of another width is refused', async () => {
  const { model } = await fit(points, { clusters: 2 });
  await expect(model.predict([[1, 2, 3]])).rejects.toMatchObject({
    code: expect.stringMatching(/InvalidData|InvalidModel/),
  });
});

test('nothing that a model hands out can change it', async () => {
  const { model } = await fit(points, { clusters: 2 });
  const before = JSON.stringify(model);
  const [centroid] = model.centroids as number[][];
  const [feature] = model.features as { name: string }[];
  expect(() => centroid?.push(1)).toThrow(TypeError);
  expect(() => (model.sizes as number[]).sort()).toThrow(TypeError);
  expect(() => Object.assign(feature ?? {}, { name: 'other' })).toThrow(TypeError);
  expect(() => Object.assign(model.toJSON(), { seed: '1' })).toThrow(TypeError);
  expect(JSON.stringify(model)).toBe(before);
  expect(() => structuredClone(model.centroids as number[][])[0]?.push(1)).not.toThrow();
});

test('the content of a model will do for a model', async () => {
  const { model } = await fit(points, { clusters: 2 });
  const sent = JSON.parse(JSON.stringify(model));
  for (const content of [model.toJSON(), sent]) {
    expect((await predict(content, [[8, 8]])).labels).toEqual(Uint32Array.of(1));
  }
  await expect(predict({ ...sent, centroids: [] }, [[8, 8]])).rejects.toMatchObject({
    code: 'InvalidModel',
  });
});

test('an array may change as soon as it was passed', async () => {
  const path = join(directory(), 'model.json');
  const { model } = await fit(points, { clusters: 2, model: path });
  for (const given of [model, path]) {
    const data = Float64Array.of(8, 8);
    const weights = [1];
    const flat = predict(given, { data, shape: [1, 2], weights });
    const rows = [[8, 8]];
    const nested = predict(given, rows);
    data.fill(1);
    rows[0]?.fill(1);
    expect([...(await flat).labels, ...(await nested).labels]).toEqual([1, 1]);
  }
});

test('an inertia beyond the range of a float is infinite', async () => {
  const { model } = await fit([[1e200], [-1e200], [1e199]], { clusters: 2 });
  expect(model.toJSON().inertia).toBeNull();
  expect(model.inertia).toBe(Number.POSITIVE_INFINITY);
  expect(Model.parse(JSON.stringify(model)).inertia).toBe(Number.POSITIVE_INFINITY);
});
