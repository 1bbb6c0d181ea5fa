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
  expect(lines.join('\n')).toContain('height_of_th…  width_of_the…  age_of_the_p…');
});

test('four columns fit a terminal of eighty with their titles shortened', () => {
  const text = fitReport(irisReport(), 'iris.csv', { ...page, width: 80 });
  expect(text.slice(text.indexOf('  cluster'))).toMatchInlineSnapshot(`
    "  cluster  size   share  within SS  sepal_le…  sepal_wi…  petal_le…  petal_wi…
            0    62  41.3 %     39.821     5.9016     2.7484     4.3935     1.4339
            1    50  33.3 %     15.151     5.0060     3.4280     1.4620     0.2460
            2    38  25.3 %     23.879     6.8500     3.0737     5.7421     2.0711
    "
  `);
});

test('titles that begin alike keep their ends', () => {
  const text = fitReport(wideReport(2, 4), 'wide.csv', { ...page, width: 80 });
  expect(text).toMatch(/within SS +meas…er_1 +meas…er_2 +meas…er_3 +meas…er_4$/m);
});

test.each([1, 2, 3, 4, 5, 6])(
  '%i columns have their centroids in a terminal of eighty',
  (columns) => {
    const lines = fitReport(wideReport(3, columns), 'wide.csv', { ...page, width: 80 }).split('\n');
    expect(lines.join('\n')).not.toContain('where it differs most');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  },
);

test('a number beyond the range of a float is not shown as one', () => {
  const lost = { explained: Number.NaN, total: Number.POSITIVE_INFINITY };
  const infinite = fitReport(
    irisReport({ ...lost, inertia: Number.POSITIVE_INFINITY }),
    'big.csv',
    page,
  );
  expect(infinite).toContain('  inertia   beyond the range of a 64-bit float\n');
  const one = fitReport(irisReport({ ...lost, inertia: 2.5 }), 'big.csv', page);
  expect(one).toContain('  inertia   2.5 of a total beyond the range of a 64-bit float\n');
  const [first, ...others] = irisReport().clusters;
  if (!first) throw new Error('no cluster');
  const clusters = [{ ...first, within: Number.POSITIVE_INFINITY }, ...others];
  const within = fitReport(irisReport({ ...lost, clusters }), 'big.csv', page);
  for (const text of [infinite, one, within]) expect(text).not.toMatch(/NaN|Infinity/);
  expect(within).toContain('  too large  ');
});

test('differences whose squares are 0 explain nothing', () => {
  const nothing = { inertia: 0, total: 0, explained: 1 };
  const columns = [{ name: 'a', min: 0, max: 1e-200, mean: 1e-201 }];
  expect(fitReport(irisReport({ ...nothing, columns }), 'tiny.csv', page)).toContain(
    '  inertia   too small for a 64-bit float\n',
  );
});

test('names from a file cannot write on the screen', () => {
  const { columns, ...rest } = irisReport({ weight: 'w\u0007' });
  const named = columns.map((column) => ({ ...column, name: `\u001b[2J${column.name}\u202e` }));
  const warnings = ['the column "\u001b[2J" is constant'];
  for (const width of [60, 100]) {
    const text = fitReport({ ...rest, columns: named, warnings }, 'x.csv', { ...page, width });
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(text).toContain('\\u{1b}[2Jsepal_length\\u{202e}');
  }
});

test('one of anything is in the singular', () => {
  const [first] = irisReport().clusters;
  if (!first) throw new Error('no cluster');
  const [column] = irisReport().columns;
  if (!column) throw new Error('no column');
  const alone = { rows: 1, columns: [column], requested: 1, clusters: [first], iterations: 1 };
  const text = fitReport(irisReport(alone), 'one.csv', page);
  expect(text).toContain('1 cluster of 1 row × 1 column in one.csv');
  expect(text).toContain('after 1 iteration: ');
});

test('of many clusters the twenty largest are shown', () => {
  const text = fitReport(wideReport(30, 2), 'wide.csv', page);
  expect(text.match(/^ +\d+ +1,000 /gm)).toHaveLength(20);
  expect(text).toContain('… and 10 more clusters, 33.3 % together');
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

test('known classes are compared, and their table is there where it is small', () => {
  const truth = {
    column: 'kind',
    classes: 2,
    compared: 148,
    missing: 2,
    adjustedRand: 0.56811,
    normalizedMutualInformation: 0.6,
    purity: 2 / 3,
  };
  const rows = [
    { class: 'a', counts: [60, 1, 0] },
    { class: '\u001b', counts: [0, 49, 1000] },
  ];
  const small = fitReport(irisReport({ truth: { ...truth, table: rows } }), 'iris.csv', page);
  expect(small).toContain(
    [
      '  truth     kind, 2 classes: adjusted Rand index 0.5681',
      '            normalized mutual information 0.6000, purity 66.7 %',
      '            2 rows without a class left out\n',
    ].join('\n'),
  );
  expect(small).toContain(
    [
      '  kind    in cluster 0   1      2',
      '  a                 60   1      0',
      '  \\u{1b}             0  49  1,000\n',
    ].join('\n'),
  );
  const large = fitReport(irisReport({ truth }), 'iris.csv', page);
  expect(large).toContain('adjusted Rand index 0.5681');
  expect(large).not.toContain('in cluster');
});
