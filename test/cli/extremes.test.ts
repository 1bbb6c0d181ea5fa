/** Values at the ends of 64-bit floats, and models that would take rows there. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { directory, run, shell } from './run.js';

interface Written {
  centroids: number[][];
  features: { min: number; max: number; mean: number }[];
}

/** What a fit of a table writes, and what it says. */
async function fitted(table: string, args: string): Promise<{ model: Written; stderr: string }> {
  const cwd = directory();
  writeFileSync(join(cwd, 't.csv'), table);
  const { stderr, code } = await run(['fit', 't.csv', '-m', 'm.json', ...args.split(' ')], { cwd });
  expect({ stderr, code }).toMatchObject({ code: 0 });
  return { model: JSON.parse(readFileSync(join(cwd, 'm.json'), 'utf8')), stderr };
}

const CONSTANT = 'a,b\n1e300,1e-100\n1e300,2e-100\n1e300,9e-100\n';
const SENTINEL = 'a,b\n1,0.1\n2,0.2\n1.7976931348623157e308,0.1\n3,0.9\n';

test.each(['', ' --scale standard', ' --scale minmax', ' --missing mean'])(
  'a constant hides no other column:%s',
  async (args) => {
    const { model, stderr } = await fitted(CONSTANT, `-k 2${args}`);
    expect(model.features[0]).toMatchObject({ min: 1e300, max: 1e300, mean: 1e300 });
    expect(model.features[1]).toMatchObject({ min: 1e-100, max: 9e-100 });
    expect(model.centroids.map((row) => row[0])).toEqual([1e300, 1e300]);
    expect((model.centroids[0]?.[1] ?? 0) / 1.5e-100).toBeCloseTo(1, 12);
    expect(stderr).toContain('column "a" has the same value in every row');
    expect(stderr).not.toContain('"b" has');
  },
);

test('a constant beside a sentinel keeps its value', async () => {
  const { model } = await fitted(SENTINEL.replace(/0\.\d/g, '0.1'), '-k 2');
  expect(model.centroids.map((row) => row[1])).toEqual([0.1, 0.1]);
});

test.each(['1.7976931348623157e308', '9.96921e36'])(
  'values that %s dwarfs are pointed out',
  async (sentinel) => {
    const { stderr } = await fitted(`a\n1\n2\n3\n${sentinel}\n`, '-k 2');
    expect(stderr).toContain('beside which others count as 0');
    expect(stderr).toContain('--exclude a');
  },
);

test.each(['1e30\n2e30\n5.97e24', '0\n1e20'])(
  'values that are merely large are not',
  async (values) => {
    const { stderr } = await fitted(`a\n${values}\n`, '-k 2');
    expect(stderr).not.toContain('count as 0');
  },
);

test('columns too far apart are refused with their ranges, and one scale brings them together', async () => {
  const cwd = directory();
  writeFileSync(join(cwd, 't.csv'), SENTINEL);
  const { stderr, code } = await run(['fit', 't.csv', '-k', '2', '-m', 'm.json'], { cwd });
  expect(code).toBe(1);
  expect(stderr).toContain(
    'columns "a" (1 to 1.7976931348623157e308) and "b" (0.1 to 0.9) differ so much in size that the squares of both do not fit into 64-bit floats',
  );
  expect(stderr).toContain('--scale standard');
  const { model } = await fitted(SENTINEL, '-k 3 --scale standard');
  expect(model.centroids.map((row) => row[1]).sort()).toEqual([
    expect.closeTo(0.1),
    expect.closeTo(0.15),
    expect.closeTo(0.9),
  ]);
});

test('check tells ranges as they stand in the file', async () => {
  const { stdout } = await run(['check', '-', '--json'], { stdin: CONSTANT });
  const [a, b] = JSON.parse(stdout).columns;
  expect(a).toMatchObject({ min: 1e300, max: 1e300, mean: 1e300 });
  expect(b).toMatchObject({ min: 1e-100, max: 9e-100 });
});

test('a row that a scale takes out of range is told with file, row and column', async () => {
  const cwd = directory();
  writeFileSync(join(cwd, 't.csv'), 'a,b\n1e-10,1\n2e-10,2\n3e-10,9\n');
  writeFileSync(join(cwd, 'far.csv'), 'a,b\n1e-10,1\n1e308,2\n');
  const script =
    'kmeans fit t.csv -k 2 -q --scale standard -m m.json && kmeans predict far.csv -m m.json';
  const { stderr, code } = await shell(script, { cwd });
  expect(code).toBe(1);
  expect(stderr).toContain(
    'far.csv: row 2, column "a": the model\'s scale takes the value out of the range of 64-bit floats',
  );
});

test('JSON lines are a table of centroids, and no model', async () => {
  const cwd = directory();
  writeFileSync(join(cwd, 't.csv'), 'a,b\n1,1\n2,2\n9,9\n');
  writeFileSync(join(cwd, 'start.jsonl'), '{"a":1,"b":1}\n{"a":9,"b":9}\n');
  const fit = ['fit', 't.csv', '--init', 'start.jsonl', '-q', '-m', 'm.json'];
  expect(await run(fit, { cwd })).toMatchObject({ stderr: '', code: 0 });
  const { centroids } = JSON.parse(readFileSync(join(cwd, 'm.json'), 'utf8'));
  expect(centroids).toEqual([
    [1.5, 1.5],
    [9, 9],
  ]);
});

test('a model or a table of centroids begins with a byte order mark or comes through a pipe', async () => {
  const cwd = directory();
  writeFileSync(join(cwd, 't.csv'), 'a,b\n1,1\n2,2\n9,9\n');
  const fit = 'kmeans fit t.csv -q';
  const made = `${fit} -k 2 -m m.json && printf '\\xef\\xbb\\xbf' | cat - m.json > bom.json
    printf '\\xef\\xbb\\xbfb,a\\n1,1\\n9,9\\n' > bom.csv`;
  expect(await shell(made, { cwd })).toMatchObject({ stderr: '', code: 0 });
  const models = ['bom.json', 'bom.csv', '<(cat m.json)', '<(cat bom.json)', '<(cat bom.csv)'].map(
    (init) => shell(`${fit} --init ${init} -m -`, { cwd }),
  );
  const predicted = ['< bom.json cat', 'cat bom.json'].map((cat) =>
    shell(`${cat} | kmeans predict t.csv -q -m -`, { cwd }),
  );
  for (const { stdout, stderr, code } of await Promise.all(models)) {
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(JSON.parse(stdout).centroids).toEqual([
      [1.5, 1.5],
      [9, 9],
    ]);
  }
  for (const one of await Promise.all(predicted))
    expect(one).toMatchObject({ stderr: '', code: 0 });
});

test('a name of a hundred thousand letters makes a short error', async () => {
  const cwd = directory();
  const name = 'x'.repeat(100_000);
  writeFileSync(join(cwd, 't.csv'), `${name},b\n1,1\n2,2\n9,9\n`);
  writeFileSync(join(cwd, 'other.csv'), 'a,b\n1,1\n2,2\n');
  expect(await run(['fit', 't.csv', '-k', '2', '-q', '-m', 'm.json'], { cwd })).toMatchObject({
    code: 0,
  });
  const text = readFileSync(join(cwd, 'm.json'), 'utf8');
  writeFileSync(join(cwd, 'twice.json'), text.replace('"name": "b"', `"name": "${name}"`));
  for (const args of [
    ['predict', 'other.csv', '-m', 'm.json'],
    ['predict', 't.csv', '-m', 'twice.json'],
    ['fit', 'other.csv', '-k', '2', '--init', 'm.json', '-m', 'o.json'],
    ['fit', 'other.csv', '-k', '2', '--exclude', name, '-m', 'o.json'],
  ]) {
    const { stderr, code } = await run(args, { cwd });
    expect(code).not.toBe(0);
    expect(stderr.length).toBeLessThan(1000);
  }
});
