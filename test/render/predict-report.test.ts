import { expect, test } from 'vitest';
import { paints } from '../../src/render/paint.js';
import { predictReport } from '../../src/render/predict-report.js';

const page = { paint: paints(false), width: 100 };

test('the report counts the rows of each cluster', () => {
  const report = {
    rows: 4,
    dropped: 0,
    filled: 0,
    sizes: [3, 1],
    columns: ['a'],
    ignored: ['id', 'name'],
    warnings: ['row 3 is far from every centroid'],
  };
  expect(predictReport(report, 'new.csv', page)).toMatchInlineSnapshot(`
    "4 rows labelled in new.csv

      ignored   id, name

      cluster  size   share
            0     3  75.0 %
            1     1  25.0 %

    warning: row 3 is far from every centroid
    "
  `);
});

test('no rows make no table', () => {
  const report = {
    rows: 0,
    dropped: 0,
    filled: 0,
    sizes: [0, 0],
    columns: ['a'],
    ignored: [],
    warnings: [],
  };
  expect(predictReport(report, 'stdin', page)).toBe('0 rows labelled in stdin\n');
});

test('a model of many clusters does not flood the screen', () => {
  const sizes = Array.from({ length: 500 }, (_, at) => at);
  const report = {
    rows: 124_750,
    dropped: 0,
    filled: 0,
    sizes,
    columns: ['a'],
    ignored: [],
    warnings: [],
  };
  const lines = predictReport(report, 'new.csv', page).trimEnd().split('\n');
  expect(lines).toHaveLength(2 + 1 + 20 + 1);
  expect(lines.at(-1)).toBe('  … and 480 more clusters');
});

test('names from a file cannot write on the screen', () => {
  const report = {
    rows: 0,
    dropped: 0,
    filled: 0,
    sizes: [0],
    columns: ['a'],
    ignored: ['\u001b[31mred\n'],
    warnings: [],
  };
  const text = predictReport(report, 'a\u001b]0;title\u0007.csv', page);
  expect(text).toContain('ignored   \\u{1b}[31mred\\n\n');
  expect(text).toContain('in a\\u{1b}]0;title\\u{7}.csv\n');
});
