import { expect, test } from 'vitest';
import { fitReport, type Page } from '../../src/render/fit-report.js';
import { paints } from '../../src/render/paint.js';
import { irisReport, wideReport } from './reports.js';

const page: Page = { paint: paints(false), width: 100 };

test('the report has what an analyst looks for', () => {
  expect(fitReport(irisReport(), 'iris.csv', page)).toMatchInlineSnapshot(`
    "3 clusters of 150 rows × 4 columns in iris.csv

      columns   sepal_length, sepal_width, petal_length, petal_width
      skipped   species: not a number (row 1: "setosa")
      method    init k-means++, algorithm lloyd, seed 0
      restarts  10 (auto); number 4 had the least inertia
      stopped   after 5 iterations: converged, no row changed its cluster
      inertia   78.8514 of 681.371 in total: 88.4 % of the variance explained

      cluster  size   share  within SS  sepal_length  sepal_width  petal_length  petal_width
            0    62  41.3 %     39.821        5.9016       2.7484        4.3935       1.4339
            1    50  33.3 %     15.151        5.0060       3.4280        1.4620       0.2460
            2    38  25.3 %     23.879        6.8500       3.0737        5.7421       2.0711
    "
  `);
});

test('colour adds nothing to the words', () => {
  const coloured = fitReport(irisReport(), 'iris.csv', { ...page, paint: paints(true) });
  expect(coloured).toContain('\u001b[');
  const codes = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g');
  expect(coloured.replaceAll(codes, '')).toBe(fitReport(irisReport(), 'iris.csv', page));
});

test('many columns: each cluster shows those in which it differs most', () => {
  expect(fitReport(wideReport(2, 9), 'wide.csv', page)).toMatchInlineSnapshot(`
    "2 clusters of 2,000 rows × 9 columns in wide.csv

      columns   measurement_number_1, measurement_number_2, measurement_number_3, measurement_number_4,
                measurement_number_5, measurement_number_6, measurement_number_7, measurement_number_8,
                measurement_number_9
      method    init k-means++, algorithm lloyd, seed 0
      restarts  10 (auto); number 4 had the least inertia
      stopped   after 5 iterations: converged, no row changed its cluster
      inertia   78.8514 of 681.371 in total: 88.4 % of the variance explained

      cluster   size   share  within SS  where it differs most from the mean of all rows
            0  1,000  50.0 %     1234.5  measurement_number_1 99 (far above 50)
            1  1,000  50.0 %     1234.5  measurement_number_2 99 (far above 50)
    "
  `);
});

test('few columns with long names keep the table within the page', () => {
  const names = ['height_of_the_plant', 'width_of_the_plant', 'age_of_the_plant_in_days'];
  const { columns, ...rest } = wideReport(2, 3);
  const named = columns.map((column, at) => ({ ...column, name: names[at] ?? '' }));
  const report = { ...rest, columns: named };
  const lines = fitReport(report, 'wide.csv', { ...page, width: 80 }).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(lines.join('\n')).toContain('height_of_t…  width_of_th…  age_of_the_…');
});

test('of many clusters the twenty largest are shown', () => {
  const text = fitReport(wideReport(30, 2), 'wide.csv', page);
  expect(text.match(/^ +\d+ +1,000 /gm)).toHaveLength(20);
  expect(text).toContain('… and 10 smaller clusters, 33.3 % together');
});

test.each([
  ['labels', 'after 5 iterations: converged, no row changed its cluster'],
  [
    'tolerance',
    'after 5 iterations: converged, the centroids moved less than the tolerance 0.0001',
  ],
  ['max-iter', 'after 5 iterations: not converged, the limit was 300'],
  ['interrupted', 'after 5 iterations: interrupted, not converged; this is the best model so far'],
])('a run that stopped by %s says so in words', (stopped, words) => {
  expect(fitReport(irisReport({ stopped }), 'iris.csv', page)).toContain(words);
});

test('weights, samples, warnings and missing clusters are named', () => {
  const [first, ...others] = irisReport().clusters;
  if (!first) throw new Error('no cluster');
  const report = irisReport({
    weight: 'count',
    seedingRows: 100_000,
    requested: 5,
    clusters: [{ ...first, weight: 124.5 }, ...others],
    warnings: ['only 3 rows are distinct'],
  });
  const text = fitReport(report, 'iris.csv', page);
  expect(text).toContain('3 clusters (5 asked for) of 150 rows × 4 columns in iris.csv');
  expect(text).toContain('weights   count');
  expect(text).toContain('seeded from a sample of 100,000 of 150 rows');
  expect(text).toMatch(/^ +cluster +size +weight +share/m);
  expect(text).toContain('\nwarning: only 3 rows are distinct\n');
});
