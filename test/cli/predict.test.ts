import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { expectGolden } from './golden.js';
import { directory, fixtures, iris, run } from './run.js';

async function fitted(): Promise<string> {
  const cwd = directory();
  await run(['fit', iris, '-k', '3', '-q', '-m', 'model.json', '-o', 'fit.csv'], { cwd });
  return cwd;
}

test('predicting the rows of the fit gives its labels', async () => {
  const cwd = await fitted();
  const { stdout, code } = await run(['predict', iris, '-m', 'model.json', '-q'], { cwd });
  expect(code).toBe(0);
  expect(stdout).toBe(readFileSync(join(cwd, 'fit.csv'), 'utf8'));
});

test('a prediction reports on stderr', async () => {
  const cwd = await fitted();
  const args = [
    'predict',
    'iris.csv',
    '-m',
    join(cwd, 'model.json'),
    '-l',
    join(cwd, 'labels.csv'),
  ];
  const { stdout, stderr } = await run(args, { cwd: fixtures });
  expect(stdout).toBe('');
  expectGolden('predict', stderr.replaceAll(cwd, '.'));
});

test('columns are matched by name, and other fields keep their bytes', async () => {
  const cwd = await fitted();
  const rows =
    'id,petal_width,petal_length,note,sepal_width,sepal_length\n007,0.20,1.4,"a,b",3.5,5.10\n';
  writeFileSync(join(cwd, 'new.csv'), rows);
  const { stdout } = await run(['predict', 'new.csv', '-m', 'model.json', '-q'], { cwd });
  expect(stdout).toBe(`${rows.split('\n')[0]},cluster\n007,0.20,1.4,"a,b",3.5,5.10,1\n`);
});

test('the report as JSON needs another place for the data', async () => {
  const cwd = await fitted();
  const args = ['predict', iris, '-m', 'model.json', '-o', 'out.csv', '--json'];
  const { stdout } = await run(args, { cwd });
  expect(JSON.parse(stdout)).toMatchObject({ rows: 150, sizes: [62, 50, 38] });
});

test('distances are columns of the output', async () => {
  const cwd = await fitted();
  const args = ['predict', iris, '-m', 'model.json', '-q', '--distances'];
  const { stdout } = await run(args, { cwd });
  const [header = '', row = ''] = stdout.split('\n');
  expect(header.split(',').length).toBe(5 + 1 + 3);
  expect(row.split(',').length).toBe(5 + 1 + 3);
});
