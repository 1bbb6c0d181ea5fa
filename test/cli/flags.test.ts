import { Command } from 'commander';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blobsPage } from '../../src/cli/commands/blobs.js';
import { fitPage } from '../../src/cli/commands/fit.js';
import { predictPage } from '../../src/cli/commands/predict.js';
import { addFlags, character, count, countOr, names, real, text } from '../../src/cli/flags.js';
import { colourWanted } from '../../src/cli/terminal.js';

test.each([fitPage, predictPage, blobsPage])(
  'flags of $name give the options they are filed under',
  ({ flags }) => {
    const command = new Command();
    addFlags(command, flags);
    const given = new Set(command.options.map((option) => option.attributeName()));
    expect([...given]).toEqual(Object.keys(flags));
  },
);

test('numbers are decimal numbers, and the engine judges the rest', () => {
  const number = count('-k, --clusters <n>', '');
  const values = ['3', '1e6', '-1', '+2', '1.5', '.5', '2.', '1E-3'];
  expect(values.map((value) => number.parse?.(value))).toEqual([3, 1e6, -1, 2, 1.5, 0.5, 2, 1e-3]);
});

test.each(['', ' ', 'abc', '3abc', '0x10', '1_000', 'nan', 'Infinity', '--', '1e', '1,5'])(
  '%j is not a number',
  (value) => {
    const got = JSON.stringify(value);
    expect(() => count('-k, --clusters <n>', '').parse?.(value)).toThrow(
      `--clusters must be a whole number, got ${got}`,
    );
    expect(() => real('--tol <x>', '').parse?.(value)).toThrow(
      `--tol must be a number, got ${got}`,
    );
  },
);

test('a word may stand for a number', () => {
  const restarts = countOr('auto', '--n-init <n>', '');
  expect([restarts.parse?.('auto'), restarts.parse?.('4')]).toEqual(['auto', 4]);
  expect(() => restarts.parse?.('many')).toThrow(
    '--n-init must be a whole number or auto, got "many"',
  );
});

test('an empty text is refused', () => {
  expect(() => text('-m, --model <file>', '').parse?.('')).toThrow('--model must not be empty');
});

test('a delimiter may be spelt', () => {
  const delimiter = character('--delimiter <c>', '');
  const values = ['\\t', 'tab', ';', '\t'].map((value) => delimiter.parse?.(value));
  expect(values).toEqual(['\t', '\t', ';', '\t']);
});

test('names are separated by commas, and quoted as in CSV', () => {
  const columns = names('--columns <list>', '');
  expect(columns.parse?.('a,b c , d')).toEqual(['a', 'b c', 'd']);
  expect(columns.parse?.('"a,b","say ""hi""",c')).toEqual(['a,b', 'say "hi"', 'c']);
  expect(columns.parse?.('c', ['a', 'b'])).toEqual(['a', 'b', 'c']);
  expect(columns.parse?.('""')).toEqual(['']);
  expect(() => columns.parse?.('a,,b')).toThrow('--columns has an empty name in "a,,b"');
  expect(() => columns.parse?.('')).toThrow('--columns has an empty name in ""');
  expect(() => columns.parse?.('"a')).toThrow('--columns has a quote out of place: "a');
});

test('any list of names can be written', () => {
  const columns = names('--columns <list>', '');
  const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), (list) => {
      expect(columns.parse?.(list.map(quoted).join(','))).toEqual(list);
    }),
  );
});

test.each([
  [{}, true, true],
  [{}, false, false],
  [{ NO_COLOR: '1' }, true, false],
  [{ NO_COLOR: '' }, true, true],
  [{ TERM: 'dumb' }, true, false],
  [{ FORCE_COLOR: '1' }, false, true],
  [{ FORCE_COLOR: '1', NO_COLOR: '1' }, false, true],
  [{ FORCE_COLOR: '0' }, true, false],
])('with %j and a terminal: %s, colour is %s', (env, terminal, colour) => {
  expect(colourWanted(env, terminal)).toBe(colour);
});
