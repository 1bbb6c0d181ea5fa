/** Which columns are clustered on, said in every usual way, and what the report says of them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FitReport } from '../../src/api/report.js';
import { expectGolden } from './golden.js';
import { directory, fixtures, iris, run } from './run.js';

const CUSTOMERS = 'customers.csv';

/** 40 rows whose ids run, whose keys do not, and whose country is one. */
function customers(): string {
  const cwd = directory();
  const rows = Array.from({ length: 40 }, (_, at) => {
    const key = 1000 + at * at;
    return `${40 - at},${key},${20 + ((at * 7) % 30)},${20_000 + ((at * 7919) % 60_000)},49`;
  });
  const header = 'row,customer_id,age,income,country';
  writeFileSync(join(cwd, CUSTOMERS), `${[header, ...rows].join('\n')}\n`);
  return cwd;
}

async function report(args: readonly string[], cwd = fixtures): Promise<FitReport> {
  const { stdout, stderr, code } = await run(['fit', ...args, '--json', '-q'], { cwd });
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  return JSON.parse(stdout);
}

test.each([
  [
    ['--columns', '3-4'],
    ['petal_length', 'petal_width'],
  ],
  [
    ['--columns', '4,1'],
    ['petal_width', 'sepal_length'],
  ],
  [
    ['--columns', '-2'],
    ['sepal_length', 'sepal_width'],
  ],
  [['--columns', '4-'], ['petal_width']],
  [
    ['--columns', 'sepal_width:petal_width'],
    ['sepal_width', 'petal_length', 'petal_width'],
  ],
  [
    ['--columns', '*_width,sepal*'],
    ['sepal_width', 'petal_width', 'sepal_length'],
  ],
  [['--columns', 'petal*,!*_width'], ['petal_length']],
  [
    ['--columns', '!sepal*'],
    ['petal_length', 'petal_width'],
  ],
  [
    ['--exclude', 'sepal*'],
    ['petal_length', 'petal_width'],
  ],
  [['--exclude', '2-'], ['sepal_length']],
  [
    ['--id', '1'],
    ['sepal_width', 'petal_length', 'petal_width'],
  ],
])('%j uses %j', async (args, expected) => {
  const { columns } = await report([iris, '-k', '3', ...args]);
  expect(columns.map(({ name }) => name)).toEqual(expected);
});

test('a pattern skips text and says why', async () => {
  const { skipped } = await report([iris, '-k', '3', '--columns', 'petal*,s*s']);
  expect(skipped).toEqual([
    { name: 'sepal_length', reason: 'not in --columns' },
    { name: 'sepal_width', reason: 'not in --columns' },
    { name: 'species', reason: 'not a number (row 1: "setosa")' },
  ]);
});

test('clusters are compared with known classes', async () => {
  const { truth, skipped, warnings } = await report([iris, '-k', '3', '--truth', 'species']);
  expect(skipped).toEqual([{ name: 'species', reason: 'the truth' }]);
  expect(warnings).toEqual([]);
  // scikit-learn 1.9: adjusted_rand_score and normalized_mutual_info_score of the same labels.
  expect(truth).toEqual({
    column: 'species',
    classes: 3,
    compared: 150,
    missing: 0,
    adjustedRand: expect.closeTo(0.7302382722834697, 14),
    normalizedMutualInformation: expect.closeTo(0.7581756800057784, 14),
    purity: 134 / 150,
    table: [
      { class: 'setosa', counts: [0, 50, 0] },
      { class: 'versicolor', counts: [48, 0, 2] },
      { class: 'virginica', counts: [14, 0, 36] },
    ],
  });
  const { stderr } = await run(['fit', 'iris.csv', '-k', '3', '--truth', 'species'], {
    cwd: fixtures,
  });
  expectGolden('fit-truth', stderr);
});

test('the truth changes nothing of the model', async () => {
  const plain = await run(['fit', iris, '-k', '3', '-q']);
  const compared = await run(['fit', iris, '-k', '3', '-q', '--truth', 'species']);
  expect(compared).toEqual(plain);
});

test('rows without a class are counted and classes may be numbers', async () => {
  const cwd = directory();
  writeFileSync(join(cwd, 'x.csv'), 'a,kind\n1,7\n1.5,7\n9,\n9.5,8\n');
  const { truth } = await report(['x.csv', '-k', '2', '--truth', 'kind'], cwd);
  expect(truth).toMatchObject({ compared: 3, missing: 1, adjustedRand: 1, purity: 1 });
  expect(truth?.table?.map((row) => row.class)).toEqual(['7', '8']);
});

test('ids, constants and spreads are hinted at', async () => {
  const cwd = customers();
  const { stderr, code } = await run(['fit', CUSTOMERS, '-k', '2'], { cwd });
  expect(code).toBe(0);
  expectGolden('fit-hints', stderr);
});

test('columns that the caller lists, or names as ids, are not called ids', async () => {
  const cwd = customers();
  const listed = await report([CUSTOMERS, '-k', '2', '--columns', 'row,2,age'], cwd);
  expect(listed.warnings.join()).not.toContain('looks like');
  const ids = await report([CUSTOMERS, '-k', '2', '--id', 'row,*_id'], cwd);
  expect(ids.warnings.join()).not.toContain('looks like');
  expect(ids.skipped).toEqual([
    { name: 'row', reason: 'an id' },
    { name: 'customer_id', reason: 'an id' },
  ]);
  const described = await report([CUSTOMERS, '-k', '2', '--columns', '-3'], cwd);
  expect(described.warnings.join()).toContain('"row" looks like a running number');
});

test('ids stay in the output', async () => {
  const cwd = customers();
  await run(['fit', CUSTOMERS, '-k', '2', '--id', 'row', '-q', '-o', 'out.csv'], { cwd });
  const [header] = readFileSync(join(cwd, 'out.csv'), 'utf8').split('\n');
  expect(header).toBe('row,customer_id,age,income,country,cluster');
});

test('nothing is hinted at in iris, and the spreads of penguins are', async () => {
  expect((await report([iris, '-k', '3'])).warnings).toEqual([]);
  const cwd = directory();
  const penguins = readFileSync(join(fixtures, 'penguins.csv'), 'utf8').split('\n');
  const whole = penguins.filter((line) => !line.includes('NA'));
  writeFileSync(join(cwd, 'penguins.csv'), whole.join('\n'));
  const { warnings } = await report(['penguins.csv', '-k', '3'], cwd);
  expect(warnings).toEqual([
    expect.stringMatching(
      /^columns differ in spread by a factor of .*: "body_mass_g" counts .* times as much as "year"; --scale standard weighs them alike$/,
    ),
  ]);
});
