import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { directory, fixtures, run } from './run.js';

const penguins = join(fixtures, 'penguins.csv');

function table(name: string, text: string): string {
  const cwd = directory();
  writeFileSync(join(cwd, name), text);
  return cwd;
}

function model(cwd: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(cwd, 'm.json'), 'utf8'));
}

test('missing cells are counted before they are refused', async () => {
  const { stderr, code } = await run(['fit', penguins, '-k', '3']);
  expect(code).toBe(1);
  expect(stderr).toContain('row 4 (line 5), column "bill_length_mm": "NA" is a missing value');
  expect(stderr).toContain('; 8 cells in 2 rows are missing');
  expect(stderr).toContain('--missing drop');
});

test('rows with a missing cell are left out and keep an empty label', async () => {
  const cwd = table('x.csv', 'a,b\n1,1\n,2\n9,9\n1,NA\n1,2\n');
  const args = [
    'fit',
    'x.csv',
    '-k',
    '2',
    '--missing',
    'drop',
    '-m',
    'm.json',
    '-o',
    'o.csv',
    '-l',
    'l.csv',
  ];
  const { stderr, code } = await run(args, { cwd });
  expect(code, stderr).toBe(0);
  expect(stderr).toContain('2 clusters of 3 rows × 2 columns');
  expect(stderr).toContain('2 rows left out for a missing cell');
  expect(readFileSync(join(cwd, 'o.csv'), 'utf8')).toBe(
    'a,b,cluster\n1,1,0\n,2,\n9,9,1\n1,NA,\n1,2,0\n',
  );
  expect(readFileSync(join(cwd, 'l.csv'), 'utf8')).toBe('cluster\n0\n""\n1\n""\n0\n');
  expect(model(cwd)).toMatchObject({ rows: 3, requires: ['missing'] });
  const again = await run(['predict', 'x.csv', '-m', 'm.json', '-q'], { cwd });
  expect(again.stdout).toBe(readFileSync(join(cwd, 'o.csv'), 'utf8'));
});

test('filled cells are those of the fit when a model predicts', async () => {
  const cwd = table('x.csv', 'a,b\n0,10\n2,10\n,30\n10,30\n');
  await run(['fit', 'x.csv', '-k', '2', '--missing', 'mean', '-q', '-m', 'm.json'], { cwd });
  expect(model(cwd).preprocessing).toEqual([{ name: 'missing', method: 'mean', fills: [4, 20] }]);
  writeFileSync(join(cwd, 'new.csv'), 'b,a\n,\n');
  const { stdout } = await run(['predict', 'new.csv', '-m', 'm.json', '-q', '--distances'], {
    cwd,
  });
  // (4, 20) lies halfway between the centroids in b and nearer to (1, 10) in a.
  expect(stdout).toMatch(/^b,a,cluster,distance_0,distance_1\n,,[01],/);
  const other = await run(['predict', 'new.csv', '-m', 'm.json', '--missing', 'error'], { cwd });
  expect([other.code, other.stderr.includes('row 1')]).toEqual([1, true]);
  const wrong = await run(['predict', 'new.csv', '-m', 'm.json', '--missing', 'median'], { cwd });
  expect([wrong.code, wrong.stderr.includes('--missing must be error, drop')]).toEqual([2, true]);
});

test('a scaled fit shows centroids in the units of the data and predicts its own labels', async () => {
  for (const scale of ['standard', 'minmax', 'robust', 'l2']) {
    const cwd = directory();
    const args = ['fit', penguins, '-k', '3', '--missing', 'drop', '--scale', scale];
    const { stderr, code } = await run(
      [...args, '-m', 'm.json', '-o', 'o.csv', '--exclude', 'year'],
      { cwd },
    );
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(`scale     ${scale}: `);
    const { centroids, features } = model(cwd) as {
      centroids: number[][];
      features: { min: number; max: number }[];
    };
    if (scale !== 'l2') {
      for (const row of centroids) {
        row.forEach((x, at) => {
          expect(x).toBeGreaterThan(features[at]?.min ?? Infinity);
          expect(x).toBeLessThan(features[at]?.max ?? -Infinity);
        });
      }
    }
    const again = await run(['predict', penguins, '-m', 'm.json', '-q'], { cwd });
    expect(again.stdout).toBe(readFileSync(join(cwd, 'o.csv'), 'utf8'));
  }
});

test('scaled by hand and scaled here are the same clusters', async () => {
  const cwd = table('x.csv', 'a,b\n0,1\n1,3\n2,1\n101,2\n103,3\n');
  await run(['fit', 'x.csv', '-k', '2', '--scale', 'minmax', '-q', '-m', 'm.json'], { cwd });
  const { preparedCentroids, preprocessing } = model(cwd);
  expect(preprocessing).toEqual([
    { name: 'scale', method: 'minmax', shifts: [0, 1], scales: [103, 2] },
  ]);
  const rows = [0, 1, 2, 101, 103].map(
    (a, at) => `${a / 103},${([1, 3, 1, 2, 3][at] ?? 0) / 2 - 0.5}`,
  );
  writeFileSync(join(cwd, 'y.csv'), `a,b\n${rows.join('\n')}\n`);
  await run(['fit', 'y.csv', '-k', '2', '-q', '-m', 'm.json'], { cwd });
  expect(model(cwd).centroids).toEqual(preparedCentroids);
});

test('texts become columns, and a text that is new is none of them', async () => {
  const cwd = table('x.csv', 'size,kind\n1,b\n1,a\n9,b\n9,\n');
  const fit = ['fit', 'x.csv', '-k', '2', '--categorical', 'kind', '--missing', 'zero'];
  const { stderr, code } = await run([...fit, '-m', 'm.json', '-o', 'o.csv'], { cwd });
  expect(code, stderr).toBe(0);
  expect(stderr).toContain('size, kind=a, kind=b');
  expect(stderr).toContain('kind: a column for each text, two different ones are 1.41421 apart');
  expect(model(cwd)).toMatchObject({
    features: [
      { name: 'size' },
      { name: 'kind=a', column: 'kind', category: 'a' },
      { name: 'kind=b' },
    ],
    preprocessing: [{ name: 'missing' }, { name: 'categorical', weight: 1 }],
  });
  writeFileSync(join(cwd, 'new.csv'), 'kind,size,other\nc,8,1\nb,2,1\n');
  const predicted = await run(['predict', 'new.csv', '-m', 'm.json'], { cwd });
  expect(predicted.stdout).toBe('kind,size,other,cluster\nc,8,1,1\nb,2,1,0\n');
  expect(predicted.stderr).toContain("1 row has a text that is none of the model's categories");
});

test('an option that makes no sense is told by its name', async () => {
  for (const [args, words] of [
    [['--missing', 'guess'], '--missing must be one of error, drop, mean, median, zero'],
    [['--scale', 'zscore'], '--scale must be one of none, standard, minmax, robust, l2'],
    [['--categorical', 'specis'], 'did you mean "species"?'],
    [['--categorical-weight', '0'], '--categorical-weight must be a finite number above 0'],
  ] as const) {
    const { stderr, code } = await run(['fit', penguins, '-k', '3', ...args]);
    expect([code, stderr.includes(words)], stderr).toEqual([2, true]);
  }
});
