/** What is refused before any work, because of where the results would go. */
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { binaryFormat, checkDestinations, refuseBinary } from '../../src/cli/outputs.js';
import { isTerminal } from '../../src/cli/terminal.js';
import { directory, run } from './run.js';

vi.mock('../../src/cli/terminal.js');

beforeEach(() => {
  vi.mocked(isTerminal).mockReturnValue(true);
});

test('what would be overwritten is named', () => {
  const origins = [
    ['the input', 'in.csv'],
    ['the model', './model.json'],
  ] as const;
  expect(() => checkDestinations([['--output', 'model.json']], origins)).toThrow(
    '--output would overwrite the model model.json',
  );
  expect(() => checkDestinations([['--labels', 'in.csv']], origins)).toThrow(
    '--labels would overwrite the input in.csv',
  );
  expect(() => checkDestinations([['--output', '-']], [['the input', '-']])).not.toThrow();
});

test('links do not hide what would be overwritten', async () => {
  const cwd = directory();
  writeFileSync(join(cwd, 'in.csv'), 'a,b\n1,2\n3,4\n9,9\n');
  symlinkSync('in.csv', join(cwd, 'link.csv'));
  symlinkSync('.', join(cwd, 'folder'));
  for (const line of [
    'fit in.csv -k 2 -m link.csv',
    'fit in.csv -k 2 -m - -o folder/in.csv',
    'fit link.csv -k 2 -m - -l in.csv',
    'fit in.csv -k 2 -m x.json -l folder/x.json',
  ]) {
    const { stderr, code } = await run(line.split(' '), { cwd });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/would overwrite|cannot both write/)]);
  }
  expect(readFileSync(join(cwd, 'in.csv'), 'utf8')).toBe('a,b\n1,2\n3,4\n9,9\n');
});

test('what is no text is recognized by its name or by its told format', () => {
  const named = (path: string): string | undefined => binaryFormat(path, undefined);
  expect(['a.arrow', 'a.FEATHER', 'a.ipc', 'a.arrows'].map(named)).toEqual(Array(4).fill('Arrow'));
  expect(named('a.parquet')).toBe('Parquet');
  expect(['a.csv', 'a.jsonl', '-'].map(named)).toEqual(Array(3).fill(undefined));
  expect([binaryFormat('-', 'Arrow'), binaryFormat('a.arrow', 'csv')]).toEqual([
    'Arrow',
    undefined,
  ]);
});

test('binary data do not go to a terminal', () => {
  expect(() => refuseBinary('-', 'Parquet')).toThrow(
    'Parquet is binary, and standard output is a terminal',
  );
  for (const [output, binary] of [
    ['-', undefined],
    ['x.arrow', 'Arrow'],
    [undefined, 'Arrow'],
  ] as const) {
    expect(() => refuseBinary(output, binary)).not.toThrow();
  }
  vi.mocked(isTerminal).mockReturnValue(false);
  expect(() => refuseBinary('-', 'Arrow')).not.toThrow();
});

test.each([
  [
    'predict in.csv -m m.json -l labels.csv --distances',
    'error: --distances adds to output, which is missing: a file of labels holds nothing else',
  ],
  [
    'fit in.csv -k 2 --margin',
    'error: --margin adds to output, which is missing: a file of labels holds nothing else',
  ],
  [
    'predict in.csv -m m.json --json',
    'error: --json needs -o or -l, because the rows go to standard output',
  ],
  ['predict in.csv -m m.json -o m.json', 'error: --output would overwrite the model m.json'],
  [
    'fit in.csv --init start.csv -o start.csv',
    'error: --output would overwrite the starting centr',
  ],
  ['help nope', "error: unknown command 'nope'\n\nhint: kmeans --help shows what there is"],
  ['help predic', "error: unknown command 'predic'\n\nhint: did you mean predict?"],
])('%s is refused', async (args, sentence) => {
  const { stdout, stderr, code } = await run(args.split(' '));
  expect({ stdout, code }).toEqual({ stdout: '', code: 2 });
  expect(stderr.startsWith(sentence)).toBe(true);
});
