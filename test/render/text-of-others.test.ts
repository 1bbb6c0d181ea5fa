/** No report and no sentence hands on a control character of a name, a cell or a path, whoever prints it. */
import { expect, test } from 'vitest';
import { KMeansError } from '../../src/api/errors.js';
import type { CheckReport, PredictReport } from '../../src/api/report.js';
import { checkReport } from '../../src/render/check-report.js';
import { failureText, hintText, warningText } from '../../src/render/failure.js';
import { fitReport } from '../../src/render/fit-report.js';
import { shorten, shortenWithin } from '../../src/render/layout.js';
import { paints } from '../../src/render/paint.js';
import { predictReport } from '../../src/render/predict-report.js';
import { writtenText } from '../../src/render/written.js';
import { irisReport, wideReport } from './reports.js';

const HOSTILE = `x\n\r\t\u001b[2J\u007f\u009b31m\u202e\u2028\u2066\ufeff\ud800'y`;
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
const page = { paint: paints(false), width: 80 };

const hostile = <Item extends { name: string }>(items: readonly Item[]): Item[] =>
  items.map((item, at) => ({ ...item, name: `${at}${HOSTILE}` }));

const fitted = {
  ...irisReport({
    skipped: [{ name: HOSTILE, reason: HOSTILE }],
    weight: HOSTILE,
    categorical: [HOSTILE],
    warnings: [HOSTILE],
    truth: {
      column: HOSTILE,
      classes: 1,
      compared: 150,
      missing: 0,
      adjustedRand: 1,
      normalizedMutualInformation: 1,
      purity: 1,
      table: [{ class: HOSTILE, counts: [62, 50, 38] }],
    },
  }),
};

const checked: CheckReport = {
  format: 'csv',
  rows: 2,
  columns: [
    { name: HOSTILE, kind: 'number', used: true, missing: 0, min: 1, max: 2 },
    { name: HOSTILE, kind: 'text', used: false, missing: 0, distinct: 1, texts: [HOSTILE] },
  ],
  skipped: [{ name: `other${HOSTILE}`, reason: HOSTILE }],
  lacking: 0,
  findings: [{ kind: 'id', message: HOSTILE }],
  flags: [],
  warnings: [HOSTILE],
};

const predicted: PredictReport = {
  rows: 2,
  dropped: 0,
  filled: 0,
  sizes: [1, 1],
  columns: [HOSTILE],
  ignored: [HOSTILE],
  warnings: [HOSTILE],
};

const texts: Readonly<Record<string, () => string>> = {
  fit: () => fitReport({ ...fitted, columns: hostile(fitted.columns) }, HOSTILE, page),
  'fit of many columns': () => {
    const wide = wideReport(3, 9);
    return fitReport({ ...wide, columns: hostile(wide.columns) }, HOSTILE, page);
  },
  check: () => checkReport(checked, [HOSTILE, `-${HOSTILE}`], page),
  predict: () => predictReport(predicted, HOSTILE, page),
  written: () => writtenText([{ what: 'the model', path: HOSTILE }], page.paint),
  error: () => failureText({ message: HOSTILE, hint: HOSTILE }, page.paint),
  hint: () => hintText(HOSTILE, page.paint),
  warning: () => warningText(HOSTILE, page.paint),
  'error of the library': () => {
    const error = new KMeansError({ code: 'InvalidData', message: HOSTILE, hint: HOSTILE });
    return error.message + error.hint;
  },
};

test.each(Object.entries(texts))('%s', (_, text) => {
  expect(text().replaceAll('\n', '').match(HIDDEN)).toBeNull();
});

test('a name that is cut keeps its characters whole', () => {
  for (let width = 3; width < 12; width++) {
    for (const cut of [shorten, shortenWithin]) {
      const short = cut('🙂'.repeat(9), width);
      expect(short).toMatch(/^🙂*…🙂*$/u);
      expect(short.length).toBeLessThanOrEqual(width);
    }
  }
});
