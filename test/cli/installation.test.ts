/** An installation that lacks a part says which, in a sentence. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { bin, directory, iris, run } from './run.js';

const root = dirname(dirname(bin));
const ADDON = `kmeans.${process.platform}-${process.arch}.node`;

function installed(parts: readonly string[]): string {
  const path = directory();
  for (const part of ['bin', 'package.json', ...parts]) {
    cpSync(join(root, part), join(path, part), { recursive: true });
  }
  return path;
}

async function failed(
  path: string,
  args: readonly string[] = ['fit', iris, '-k', '3'],
): Promise<string> {
  const { stdout, stderr, code } = await run(args, { program: join(path, 'bin/kmeans.js') });
  expect({ stdout, code }).toEqual({ stdout: '', code: 70 });
  return stderr;
}

test('without dist/ it is not built', async () => {
  expect(await failed(installed([]), ['--version'])).toBe(
    'error: kmeans is not built; run: npm run build\n',
  );
});

const MISSING =
  /^error: the compiled part of kmeans is missing or cannot be loaded\n\nhint: npm run build [^\n]*\n$/;

test('without its addon it says so, to help as well', async () => {
  const path = installed(['dist', 'native/node/index.js']);
  expect(await failed(path)).toMatch(MISSING);
  expect(await failed(path, ['fit', '--help'])).toMatch(MISSING);
});

test('without the loader of its addon it says so', async () => {
  expect(await failed(installed(['dist']))).toMatch(MISSING);
});

test('an addon that is broken is as good as none', async () => {
  const path = installed(['dist', 'native/node/index.js']);
  mkdirSync(join(path, 'native/node'), { recursive: true });
  for (const name of [
    ADDON,
    ADDON.replace('.node', '-gnu.node'),
    ADDON.replace('.node', '-msvc.node'),
  ]) {
    writeFileSync(join(path, 'native/node', name), 'broken');
  }
  expect(await failed(path)).toMatch(MISSING);
});
