import fc from 'fast-check';
import { expect, test } from 'vitest';
import { aligned, count, duration, measure, percent, plural } from '../../src/render/quantity.js';

test('counts have thousands separators', () => {
  expect([0, 999, 1000, 1_234_567].map(count)).toEqual(['0', '999', '1,000', '1,234,567']);
  expect([plural(1, 'row'), plural(2000, 'row')]).toEqual(['1 row', '2,000 rows']);
});

test('shares have one decimal', () => {
  expect([0, 0.5, 0.8842, 1].map(percent)).toEqual(['0.0 %', '50.0 %', '88.4 %', '100.0 %']);
});

test('a measure has six significant digits and no trailing zeros', () => {
  const values = [0, 3, -2.5, 78.85144142614601, 0.000123456789, 1_283_840.7, 123456.789];
  expect(values.map(measure)).toEqual([
    '0',
    '3',
    '-2.5',
    '78.8514',
    '0.000123457',
    '1283841',
    '123457',
  ]);
  expect([1.5e300, 2e-7, 1e9].map(measure)).toEqual(['1.5e+300', '2e-7', '1e+9']);
});

test('aligned numbers have the same decimals', () => {
  expect(aligned([5.006, 5.9016129, 10])).toEqual(['5.006', '5.902', '10.000']);
  expect(aligned([1, 20, 300])).toEqual(['1', '20', '300']);
  expect(aligned([-0.00001, 0.5])).toEqual(['0.0000', '0.5000']);
  expect(aligned([123_456.7, 0.1])).toEqual(['123457', '0']);
  expect(aligned([1e12, 0])).toEqual(['1.0000e+12', '0']);
  expect(aligned([])).toEqual([]);
});

test('aligned numbers may have fewer digits', () => {
  expect(aligned([5.9016129, 10], 3)).toEqual(['5.9', '10.0']);
  expect(aligned([123_456.7], 3)).toEqual(['123457']);
  expect(aligned([1e12, 0], 3)).toEqual(['1.00e+12', '0']);
});

test('what a float cannot hold is said in words', () => {
  expect(measure(Number.POSITIVE_INFINITY)).toBe('beyond the range of a 64-bit float');
  expect(aligned([Number.NaN, 1.5, Number.POSITIVE_INFINITY])).toEqual([
    'too large',
    '1.5000',
    'too large',
  ]);
});

test('a count can be read back', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      expect(count(value)).toMatch(/^\d{1,3}(,\d{3})*$/);
      expect(Number(count(value).replaceAll(',', ''))).toBe(value);
    }),
  );
});

test('a duration is at least a second and never has three units', () => {
  const seconds = [0, 0.2, 12, 61.2, 3600, 7500, 360_000];
  expect(seconds.map(duration)).toEqual([
    '1 s',
    '1 s',
    '12 s',
    '1 min 2 s',
    '1 h 0 min',
    '2 h 5 min',
    '100 h 0 min',
  ]);
});
