/** The command line among others: pipes and full disks. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { directory, fixtures, iris, shell } from './run.js';

test('blobs, fit and predict work in a pipe', async () => {
  const cwd = directory();
  const made = await shell(
    `kmeans blobs -n 300 -k 3 --seed 7 -q > blobs.csv
     kmeans fit -k 3 -q < blobs.csv > model.json
     kmeans predict -q -m model.json < blobs.csv | tail -n +2 | wc -l`,
    { cwd },
  );
  expect(made).toEqual({ stdout: expect.stringMatching(/^\s*300\n$/), stderr: '', code: 0 });
  expect(JSON.parse(readFileSync(join(cwd, 'model.json'), 'utf8'))).toMatchObject({
    format: 'kmeans-model',
    sizes: [expect.any(Number), expect.any(Number), expect.any(Number)],
  });
});

test('the model of a fit can be the stdin of a predict', async () => {
  const { stdout, code } = await shell(
    `kmeans fit -q '${iris}' -k 3 | kmeans predict -q -m - '${iris}' | head -1`,
  );
  expect(stdout).toBe('sepal_length,sepal_width,petal_length,petal_width,species,cluster\n');
  expect(code).toBe(0);
});

test('labels alone count up', async () => {
  const { stdout } = await shell(
    `kmeans fit -q '${iris}' -k 3 -l - | tail -n +2 | sort | uniq -c | sed 's/^ *//'`,
  );
  expect(stdout).toBe('62 0\n50 1\n38 2\n');
});

test('the report can be read by a program', async () => {
  const program = 'JSON.parse(require("fs").readFileSync(0)).clusters.map(c => c.size).join()';
  const { stdout, stderr } = await shell(`kmeans fit '${iris}' -k 3 --json | node -p '${program}'`);
  expect(stdout).toBe('62,50,38\n');
  expect(stderr).toBe('\nhint: the model was not saved, -m model.json would keep it\n');
});

test('any number of threads gives the same bytes', async () => {
  const cwd = directory();
  const { code } = await shell(
    `kmeans fit -q '${iris}' -k 4 --threads 1 > one.json
     kmeans fit -q '${iris}' -k 4 --threads 2 > two.json
     cmp one.json two.json`,
    { cwd },
  );
  expect(code).toBe(0);
});

test('a reader that goes away ends a command quietly', async () => {
  const { stdout, stderr, code } = await shell(`kmeans blobs -n 200000 | head -1`);
  expect(stdout.split('\n')).toHaveLength(2);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  const help = await shell('kmeans fit --help | true');
  expect({ stderr: help.stderr, code: help.code }).toEqual({ stderr: '', code: 0 });
});

test('nobody listening to stderr is no failure', async () => {
  const { code } = await shell(`{ kmeans fit '${iris}' -k 3 -l labels.csv 2>&3; } 3> >(true)`, {
    cwd: directory(),
  });
  expect(code).toBe(0);
});

test
  .runIf(existsSync('/dev/full'))
  .each([
    'fit -q iris.csv -k 3 -m -',
    'fit -q iris.csv -k 3 --json -m model.json',
    'predict -q iris.csv -m good.json',
    'blobs -q',
    '--help',
  ])('a full disk under %s is an error', async (args) => {
  const cwd = directory();
  writeFileSync(join(cwd, 'iris.csv'), readFileSync(iris));
  await shell('kmeans fit -q iris.csv -k 3 > good.json', { cwd });
  const { stderr, code } = await shell(`kmeans ${args} > /dev/full`, { cwd });
  expect(stderr).toMatch(/^error: cannot write to standard output: no space left on device\n$/);
  expect(code).toBe(1);
});

test.runIf(existsSync('/dev/full'))(
  'a fit that cannot write all says what it did write',
  async () => {
    const cwd = directory();
    const fit = `kmeans fit -q '${iris}' -k 3 -m model.json -l labels.csv -o /dev/full`;
    const { stderr, code } = await shell(fit, { cwd });
    expect(stderr).toBe(
      'error: cannot write to /dev/full: no space left on device\n\n' +
        'hint: the model was written to model.json; the labels were written to labels.csv\n',
    );
    expect(code).toBe(1);
    expect(existsSync(join(cwd, 'model.json'))).toBe(true);
    const again = await shell(`kmeans fit -q nowhere.csv -k 3 -m model.json`, { cwd });
    expect(again.stderr).not.toContain('written'); // the file is that of the run before
  },
);

test('a working directory that is gone is told in a sentence', async () => {
  const cwd = directory();
  const { stderr, code } = await shell(
    `mkdir gone && cd gone && rmdir ../gone && kmeans fit '${iris}' -k 3 -m model.json`,
    { cwd },
  );
  expect(stderr).toMatch(/^error: the working directory no longer exists\n$/);
  expect(code).toBe(1);
});

test('the pipelines that the tool was made for', async () => {
  const cwd = directory();
  const made = await shell(
    `kmeans blobs -n 100000 -d 3 -k 5 --seed 1 | kmeans fit -k 5 -m m.json || exit
     kmeans blobs -n 100000 -d 3 -k 5 --seed 1 | kmeans predict -m m.json | cut -d, -f4 | sort | uniq -c | sed 's/^ *//'`,
    { cwd },
  );
  expect(made.code).toBe(0);
  expect(made.stdout).toBe('20007 0\n20001 1\n20000 2\n19999 3\n19993 4\n1 cluster\n');
  const columns = 'sepal_length,sepal_width,petal_length,petal_width';
  const iris = await shell(
    `kmeans fit '${join(fixtures, 'iris.csv')}' -k 3 --columns ${columns} > model.json || exit
     kmeans predict -m model.json < '${join(fixtures, 'iris.csv')}' | head -1`,
    { cwd },
  );
  expect(iris).toMatchObject({ stdout: `${columns},species,cluster\n`, code: 0 });
});

test.each([
  [2, 152.347952, [97, 53]],
  [3, 78.851441, [62, 50, 38]],
  [4, 57.228473, [50, 40, 32, 28]],
  [5, 46.446182, [50, 39, 25, 24, 12]],
])('iris in %i clusters has the best inertia known', async (clusters, inertia, sizes) => {
  const { stdout } = await shell(`kmeans fit -q '${iris}' -k ${clusters}`);
  const model = JSON.parse(stdout);
  expect(Number(model.inertia.toFixed(6))).toBe(inertia);
  expect(model.sizes).toEqual(sizes);
});
