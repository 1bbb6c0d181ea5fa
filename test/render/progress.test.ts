import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Progress } from '../../src/api/report.js';
import { progressBar } from '../../src/render/bar.js';
import {
  type Part,
  progressFacts,
  progressLine,
  progressShare,
  TimeLeft,
} from '../../src/render/progress.js';

const still: Progress = {
  phase: 'reading',
  rows: 0,
  restart: 1,
  restarts: 1,
  iteration: 0,
  maxIter: 300,
  seeded: 0,
  clusters: 8,
  inertia: Number.NaN,
  changed: 0,
};

const words = (parts: readonly Part[]): string[] => parts.map(({ text }) => text);

test('each phase says what is known of it', () => {
  expect(words(progressFacts({ ...still, rows: 1_234_567 }, undefined))).toEqual([
    '1,234,567 rows',
  ]);
  expect(words(progressFacts({ ...still, rows: 1 }, undefined))).toEqual(['1 row']);
  const seeding = { ...still, phase: 'seeding', seeded: 3, restart: 2, restarts: 10 };
  expect(words(progressFacts(seeding, undefined))).toEqual(['start 2 of 10', '3 of 8 centroids']);
  expect(progressShare(seeding)).toBe(3 / 8);
  const going = { ...still, phase: 'iterating', iteration: 17, inertia: 78.94, changed: 1 };
  expect(words(progressFacts(going, 11.2))).toEqual([
    'iteration 17 of at most 300',
    '≤ 12 s left',
    'inertia 78.94',
    '1 row moved',
  ]);
  expect(progressShare(still)).toBeUndefined();
});

test('rows to write are a share of all, where their number is known', () => {
  const writing = { ...still, phase: 'writing', rows: 25_000 };
  expect(words(progressFacts(writing, undefined, 100_000))).toEqual(['25,000 of 100,000 rows']);
  expect(progressShare(writing, 100_000)).toBe(0.25);
  expect(words(progressFacts(writing, undefined))).toEqual(['25,000 rows']);
  expect(progressShare(writing)).toBeUndefined();
});

const going = {
  ...still,
  phase: 'iterating',
  iteration: 17,
  restart: 3,
  restarts: 16,
  inertia: 1_234_567.8,
  changed: 1000,
};

test.each([
  [
    120,
    'iterating [==] start 3 of 16, iteration 17 of at most 300, ≤ 12 s left, inertia 1234568, 1,000 rows moved',
  ],
  [79, 'iterating [==] iteration 17 of at most 300, ≤ 12 s left, inertia 1234568'],
  [39, 'iterating iteration 17 of at most 300'],
  [30, 'iterating [==] inertia 1234568'],
  [10, 'iterating'],
  [5, ''],
])('in %i columns the line leaves out what matters least', (width, line) => {
  expect(progressLine('iterating', '[==]', progressFacts(going, 12), width)).toBe(line);
});

test('whatever the width, parts of the line are whole', () => {
  const part = fc.record({ text: fc.stringMatching(/^[a-z]{1,20}$/), rank: fc.nat(9) });
  fc.assert(
    fc.property(fc.array(part), fc.nat(120), (facts, width) => {
      const line = progressLine('seeding', '[=]', facts, width);
      expect(line.length).toBeLessThanOrEqual(width);
      const shown = line.split(/,? /).filter(Boolean);
      const all = ['seeding', '[=]', ...words(facts)];
      // In their order, with some left out.
      let at = 0;
      for (const word of shown) {
        at = all.indexOf(word, at) + 1;
        expect(at).toBeGreaterThan(0);
      }
    }),
  );
});

test('the time left is the rest of the iterations at the mean time of those seen', () => {
  const left = new TimeLeft();
  const at = (iteration: number, restart = 1): Progress => ({
    ...still,
    phase: 'iterating',
    iteration,
    restart,
    restarts: 2,
    maxIter: 10,
  });
  expect(left.update(still, 0)).toBeUndefined();
  expect(left.update(at(0), 1000)).toBeUndefined();
  expect(left.update(at(1), 2000)).toBeUndefined();
  expect(left.update(at(4), 5000)).toBe(6 + 10);
  expect(left.update(at(2, 2), 7000)).toBe(8);
});

test('a bar shows after 300 ms, on one line, and leaves nothing behind', () => {
  let written = '';
  let now = 0;
  const write = (text: string): void => {
    written += text;
  };
  const bar = progressBar({ columns: 80, write }, undefined, () => now);
  bar.show({ ...still, rows: 5 });
  expect(written).toBe('');
  now = 400;
  bar.show({ ...still, phase: 'iterating', iteration: 5, inertia: 12.5, changed: 1000 });
  expect(written).toContain('iterating [');
  bar.erase();
  const before = written.length;
  bar.show({ ...still, rows: 5 });
  expect(written.slice(before)).toContain('reading 5 rows'); // a new line, below what was said
  bar.erase();
  const esc = String.fromCharCode(27);
  expect(written.endsWith(`${esc}[2K`)).toBe(true);
  expect(written).not.toMatch(/\?7l|\?25l|\n/); // neither line wrap nor cursor was switched off
  const [line = ''] = written.slice(written.indexOf('iterating')).split(esc);
  expect(line.length).toBeLessThan(80);
});
