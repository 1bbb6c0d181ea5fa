import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { expectGolden } from './golden.js';
import { directory, fixtures, iris, run } from './run.js';

test('a fit reports on stderr and saves the model', async () => {
  const cwd = directory();
  const args = ['fit', 'iris.csv', '-k', '3', '-m', join(cwd, 'model.json')];
  const { stdout, stderr, code } = await run(args, { cwd: fixtures });
  expect({ stdout, code }).toEqual({ stdout: '', code: 0 });
  expectGolden('fit', stderr.replace(cwd, '.'));
  const model = JSON.parse(readFileSync(join(cwd, 'model.json'), 'utf8'));
  expect(model).toMatchObject({ sizes: [62, 50, 38], converged: true, seed: '0' });
});

test('a table of many columns shows where clusters differ', async () => {
  const { stderr } = await run(['fit', 'wine.csv', '-k', '3'], { cwd: fixtures });
  expectGolden('fit-wine', stderr);
});

test('without -m the model goes to a stdout that is no terminal', async () => {
  const { stdout, stderr } = await run(['fit', iris, '-k', '3', '-q']);
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject({ format: 'kmeans-model', sizes: [62, 50, 38] });
});

test('labels and output are files in input order', async () => {
  const cwd = directory();
  await run(['fit', iris, '-k', '3', '-q', '-o', 'out.csv', '-l', 'labels.csv'], { cwd });
  const input = readFileSync(iris, 'utf8').trimEnd().split('\n');
  const output = readFileSync(join(cwd, 'out.csv'), 'utf8').trimEnd().split('\n');
  const labels = readFileSync(join(cwd, 'labels.csv'), 'utf8').trimEnd().split('\n');
  expect(output).toEqual(input.map((line, at) => `${line},${labels[at]}`));
});

test('the report as JSON has a version and no model beside it', async () => {
  const { stdout, code } = await run(['fit', iris, '-k', '3', '--json']);
  expect(code).toBe(0);
  expect(stdout.trimEnd()).not.toContain('\n');
  expect(JSON.parse(stdout)).toMatchObject({
    schemaVersion: 1,
    rows: 150,
    requested: 3,
    inertia: expect.closeTo(78.85144142614601, 8),
    stopped: expect.stringMatching(/^(labels|tolerance)$/),
  });
});

test('columns are chosen by name', async () => {
  const args = ['fit', iris, '-k', '3', '--json', '--columns', 'petal_length,"petal_width"'];
  const { stdout } = await run(args);
  const names = JSON.parse(stdout).columns.map(({ name }: { name: string }) => name);
  expect(names).toEqual(['petal_length', 'petal_width']);
});

test('stdin is the input when none is named', async () => {
  const piped = await run(['fit', '-k', '3', '-q'], { stdin: readFileSync(iris) });
  const named = await run(['fit', iris, '-k', '3', '-q']);
  expect(piped).toEqual(named);
});

test('colour can be forced, and is never there unasked', async () => {
  const esc = String.fromCharCode(27);
  const plain = await run(['fit', iris, '-k', '3']);
  expect(plain.stderr).not.toContain(esc);
  const coloured = await run(['fit', iris, '-k', '3'], { env: { FORCE_COLOR: '1' } });
  expect(coloured.stderr).toContain(esc);
});

test('nothing is written when the fit fails', async () => {
  const cwd = directory();
  const { code } = await run(['fit', iris, '-k', '1000', '-m', 'model.json'], { cwd });
  expect(code).toBe(1);
  expect(existsSync(join(cwd, 'model.json'))).toBe(false);
});
