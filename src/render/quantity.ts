/** Numbers as people read them. Never locale-dependent: the same bytes on every machine. */

/** 1234567 -> "1,234,567". */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** "1 row", "2 rows". */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** 0.884 -> "88.4 %". */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** 9600000000 -> "9.6 GB". */
export function bytes(value: number): string {
  const units: [unit: string, size: number][] = [
    ['TB', 1e12],
    ['GB', 1e9],
    ['MB', 1e6],
  ];
  const [unit, size] = units.find(([, size]) => value >= size) ?? ['kB', 1e3];
  return `${trimZeros((value / size).toPrecision(3))} ${unit}`;
}

/** What is there instead of a number that a double cannot hold. */
export const TOO_LARGE = 'beyond the range of a 64-bit float';
export const TOO_SMALL = 'too small for a 64-bit float';

/** One number alone: at least six significant digits, no trailing zeros. */
export function measure(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return TOO_LARGE;
  if (Number.isInteger(value) && size < 1e9) return String(value);
  if (size >= 1e9 || size < 1e-4) return shortExponent(value.toExponential(5));
  if (size >= 1e5) return value.toFixed(0);
  return trimZeros(value.toPrecision(6));
}

/**
 * Numbers under one another: as many decimals as give the largest `digits` significant ones, so
 * that the points align. Integers stay integers; far from 1 all of them get an exponent.
 */
export function aligned(values: readonly number[], digits = 5): string[] {
  const finite = values.filter(Number.isFinite);
  const largest = Math.max(0, ...finite.map(Math.abs));
  const shown = (text: (value: number) => string): string[] =>
    values.map((value) => (Number.isFinite(value) ? text(value) : 'too large'));
  if (largest >= 1e9 || (largest > 0 && largest < 1e-3)) {
    return shown((value) => (value === 0 ? '0' : value.toExponential(digits - 1)));
  }
  if (finite.every(Number.isInteger)) return shown(String);
  const whole = largest < 1 ? 1 : Math.floor(Math.log10(largest)) + 1;
  const decimals = Math.max(0, digits - whole);
  return shown((value) => value.toFixed(decimals).replace(/^-(0(?:\.0*)?)$/, '$1'));
}

/** 3.2 -> "3 s", 200 -> "3 min 20 s", 7500 -> "2 h 5 min". */
export function duration(seconds: number): string {
  const whole = Math.max(1, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${count(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function shortExponent(text: string): string {
  const [digits = '', exponent = ''] = text.split('e');
  return `${trimZeros(digits)}e${exponent}`;
}
