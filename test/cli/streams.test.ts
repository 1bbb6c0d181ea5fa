/** The standard streams as they are handed down. The engine reads and writes 0 and 1 itself, so node must not have made them non-blocking. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bin, directory, shell } from './run.js';

const CLOSED = 'error: cannot write to standard output: it is closed\n';

test
  .runIf(process.platform === 'linux')
  .each([
    'fit t.csv -k 2 -q',
    'fit t.csv -k 2 -q -m -',
    'fit t.csv -k 2 -q -o -',
    'fit t.csv -k 2 -q -m kept.json --json',
    'predict t.csv -m model.json -q',
    'blobs -n 10 -q',
    'check t.csv',
    '--version',
  ])('%s says that stdout is closed, and does not lose what goes there', async (args) => {
  const cwd = directory();
  writeFileSync(join(cwd, 't.csv'), 'a,b\n1,2\n3,4\n9,9\n');
  await shell('kmeans fit t.csv -k 2 -q -m model.json', { cwd });
  const { stderr, code } = await shell(`kmeans ${args} >&-`, { cwd });
  expect(stderr.startsWith(CLOSED), stderr).toBe(true);
  expect(code).toBe(1);
  expect(await shell(`kmeans ${args} >/dev/null`, { cwd })).toMatchObject({ stderr: '', code: 0 });
});

test('a closed stdout that nothing goes to is none of our business', async () => {
  const cwd = directory();
  writeFileSync(join(cwd, 't.csv'), 'a,b\n1,2\n3,4\n9,9\n');
  const { stderr, code } = await shell('kmeans fit t.csv -k 2 -q -m model.json >&-', { cwd });
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
});

const NON_BLOCKING = 0o4000;

const SPY = `import { readFileSync, writeFileSync } from 'node:fs';
process.on('exit', () => {
  const flags = [0, 1, 2].map((fd) => {
    const [, octal] = /flags:\\s*(\\d+)/.exec(readFileSync('/proc/self/fdinfo/' + fd, 'utf8'));
    return Number.parseInt(octal, 8);
  });
  writeFileSync('flags.json', JSON.stringify(flags));
});`;

test
  .runIf(process.platform === 'linux')
  .each(['--version', 'fit --help', 'blobs -n 10', 'fit -k 2 -l labels.csv'])(
  'after %s pipes still block',
  async (args) => {
    const cwd = directory();
    writeFileSync(join(cwd, 'spy.mjs'), SPY);
    await shell(
      `printf 'a,b\\n1,2\\n3,4\\n9,9\\n' | '${process.execPath}' --import=./spy.mjs '${bin}' ${args} 2>&1 | cat`,
      { cwd },
    );
    const flags: number[] = JSON.parse(readFileSync(join(cwd, 'flags.json'), 'utf8'));
    expect(flags.map((bits) => bits & NON_BLOCKING)).toEqual([0, 0, 0]);
  },
);
