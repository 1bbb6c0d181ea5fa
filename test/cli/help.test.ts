/** Help, version, and what they must not load: their time is measured in bench/, not here. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { expectGolden } from './golden.js';
import { bin, run } from './run.js';

/** Says so on stderr when a native addon is loaded. */
const WATCH = `const load = process.dlopen;
process.dlopen = function (...args) {
  process._rawDebug('addon loaded');
  return load.apply(process, args);
};`;
const watched = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(WATCH)}` };

test.each([
  ['help', ['--help']],
  ['help-fit', ['fit', '--help']],
  ['help-predict', ['predict', '-h']],
  ['help-blobs', ['help', 'blobs']],
])('%s', async (name, args) => {
  const { stdout, stderr, code } = await run(args);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  expectGolden(name, stdout);
});

test('the version is that of the package', async () => {
  const about = JSON.parse(readFileSync(join(dirname(bin), '../package.json'), 'utf8'));
  for (const flag of ['--version', '-V']) {
    expect(await run([flag])).toEqual({ stdout: `${about.version}\n`, stderr: '', code: 0 });
  }
});

test('only the help that shows defaults loads the addon', async () => {
  for (const args of [['--version'], ['--help'], []]) {
    const { stderr } = await run(args, { env: watched });
    expect(stderr).not.toContain('addon loaded');
  }
  const { stderr } = await run(['fit', '--help'], { env: watched });
  expect(stderr).toContain('addon loaded');
});

test('nothing heavy is imported at the start', () => {
  const dist = join(dirname(bin), '../dist');
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    if (!file.startsWith('./')) return;
    const code = readFileSync(join(dist, file), 'utf8');
    for (const [, specifier = ''] of code.matchAll(
      /(?:^|;)(?:import|export)[^'"`;()]*["']([^"']+)["']/g,
    )) {
      visit(specifier);
    }
  };
  visit('./main.js');
  const external = [...seen].filter((name) => !name.startsWith('./'));
  expect(external.every((name) => name.startsWith('node:'))).toBe(true);
  const chunks = [...seen].filter((name) => name.startsWith('./'));
  expect(chunks.filter((name) => /paint|bar|report|model|fit/.test(name))).toEqual([]);
});
