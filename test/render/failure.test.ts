import { expect, test } from 'vitest';
import { KMeansError } from '../../src/api/errors.js';
import { complaint, failureText } from '../../src/render/failure.js';
import { paints } from '../../src/render/paint.js';

const flags: Record<string, string> = { maxIter: '--max-iter' };
const said = (error: KMeansError): string =>
  failureText(
    complaint(error, (option) => flags[option]),
    paints(false),
  );

test('an option is named by its flag', () => {
  const rule = {
    code: 'InvalidOption',
    option: 'maxIter',
    message: 'must be 1 or more, got 0',
  } as const;
  expect(new KMeansError(rule).message).toBe('maxIter must be 1 or more, got 0');
  expect(said(new KMeansError(rule))).toBe('error: --max-iter must be 1 or more, got 0\n');
});

test('an option without a flag keeps its own name', () => {
  const rule = {
    code: 'InvalidOption',
    option: 'initCentroids',
    message: 'must be finite',
  } as const;
  expect(said(new KMeansError(rule))).toBe('error: initCentroids must be finite\n');
});

test('a hint stands apart', () => {
  const error = new KMeansError({ code: 'InvalidData', message: 'no rows', hint: 'add some' });
  expect(said(error)).toBe('error: no rows\n\nhint: add some\n');
});
