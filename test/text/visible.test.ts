/** The rule for text of others, against the table that the engine is held against too. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pathWord, shellWord } from '../../src/text/shell.js';
import { visible, visiblePage } from '../../src/text/visible.js';
import { fixtures } from '../cli/run.js';

interface Case {
  readonly text: string;
  readonly visible: string;
  readonly shell: string;
}

const cases: readonly Case[] = JSON.parse(readFileSync(join(fixtures, 'visible.json'), 'utf8'));

test.each(cases)('$visible', ({ text, visible: expected, shell }) => {
  expect(visible(text)).toBe(expected);
  expect(visible(expected)).toBe(expected); // twice is once
  expect(shellWord(text)).toBe(shell);
});

test.runIf(process.platform !== 'win32')('a shell reads each word as its text', () => {
  for (const { text, shell } of cases) {
    expect(execFileSync('bash', ['-c', `printf %s ${shell}`], { encoding: 'utf8' })).toBe(text);
  }
});

test('what is no character is spelt out too', () => {
  expect(visible('a\ud800b')).toBe('a\\u{d800}b');
});

test('a path is never an option', () => {
  expect(['-x.csv', '-', '- x'].map(pathWord)).toEqual(['./-x.csv', '-', "'./- x'"]);
});

test('a page keeps its lines and our colours', () => {
  const red = '\u001b[31m\u001b[1merror:\u001b[22m\u001b[39m';
  expect(visiblePage(`${red} a\nb\u001b[2J\u001b[45m\u009b31m\r\u202e`)).toBe(
    `${red} a\nb\\u{1b}[2J\\u{1b}[45m\\u{9b}31m\\r\\u{202e}`,
  );
});
