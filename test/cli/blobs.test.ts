import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { expectGolden } from './golden.js';
import { directory, run } from './run.js';

test('blobs go to stdout, and a word about them to stderr', async () => {
  const { stdout, stderr, code } = await run(['blobs', '-n', '1e2', '-d', '3', '-k', '4']);
  expect(code).toBe(0);
  expect(stdout.trimEnd().split('\n')).toHaveLength(101);
  expectGolden('blobs', stderr);
});

test('the same seed makes the same points', async () => {
  const [first, again, other] = await Promise.all(
    ['5', '5', '6'].map((seed) => run(['blobs', '-q', '--seed', seed])),
  );
  expect(again?.stdout).toBe(first?.stdout);
  expect(other?.stdout).not.toBe(first?.stdout);
});

test('a file gets the format of its name', async () => {
  const cwd = directory();
  await run(['blobs', '-q', '-n', '10', '-o', 'blobs.arrow'], { cwd });
  expect(readFileSync(join(cwd, 'blobs.arrow')).subarray(0, 6).toString()).toBe('ARROW1');
});
