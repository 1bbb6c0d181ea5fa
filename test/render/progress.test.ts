import { expect, test } from 'vitest';
import type { Progress } from '../../src/api/report.js';
import { progressBar } from '../../src/render/bar.js';
import { progressFacts, progressShare, TimeLeft } from '../../src/render/progress.js';

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

test('each phase says what is known of it', () => {
  expect(progressFacts({ ...still, rows: 1_234_567 }, undefined)).toEqual(['1,234,567 rows']);
  const seeding = { ...still, phase: 'seeding', seeded: 3, restart: 2, restarts: 10 };
  expect(progressFacts(seeding, undefined)).toEqual(['start 2 of 10', '3 of 8 centroids']);
  expect(progressShare(seeding)).toBe(3 / 8);
  const going = { ...still, phase: 'iterating', iteration: 17, inertia: 78.94, changed: 1 };
  expect(progressFacts(going, 11.2)).toEqual([
    'iteration 17 of at most 300',
    '≤ 12 s left',
    'inertia 78.94',
    '1 row moved',
  ]);
  expect(progressShare(still)).toBeUndefined();
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
  const bar = progressBar({ columns: 40, write }, () => now);
  bar.show({ ...still, rows: 5 });
  expect(written).toBe('');
  now = 400;
  bar.show({ ...still, phase: 'iterating', iteration: 5, inertia: 12.5, changed: 1000 });
  expect(written).toContain('iterating [');
  bar.erase();
  const esc = String.fromCharCode(27);
  expect(written.endsWith(`${esc}[2K`)).toBe(true);
  expect(written).not.toMatch(/\?7l|\?25l|\n/); // neither line wrap nor cursor was switched off
  const [line = ''] = written.slice(written.indexOf('iterating')).split(esc);
  expect(line.length).toBeLessThan(40);
});
