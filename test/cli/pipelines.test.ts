/** The command line among others: pipes, full disks, Ctrl-C. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { directory, iris, outcome, shell, start } from './run.js';

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

test('the first Ctrl-C keeps the best model so far', async () => {
  const cwd = directory();
  await shell('kmeans blobs -q -n 200000 -d 16 -k 50 --std 20 -o blobs.csv', { cwd });
  const fit = start(
    ['fit', 'blobs.csv', '-k', '200', '--tol', '0', '--n-init', '50', '-m', 'model.json'],
    { cwd },
  );
  const ended = outcome(fit);
  await wait(2500);
  fit.kill('SIGINT');
  const { stderr, code } = await ended;
  expect(code).toBe(130);
  if (existsSync(join(cwd, 'model.json'))) {
    const model = JSON.parse(readFileSync(join(cwd, 'model.json'), 'utf8'));
    expect(model).toMatchObject({ stopped: 'interrupted', converged: false });
    expect(stderr).toContain('interrupted, not converged');
  }
});

test('an interrupted predict leaves no file behind', async () => {
  const cwd = directory();
  await shell(`kmeans fit -q '${iris}' -k 3 > model.json`, { cwd });
  const predict = start(['predict', '-m', 'model.json', '-o', 'out.csv'], { cwd });
  const ended = outcome(predict);
  predict.stdin?.write(readFileSync(iris));
  await wait(1000);
  predict.kill('SIGINT');
  expect((await ended).code).toBe(130);
  expect(readdirSync(cwd)).toEqual(['model.json']);
});
