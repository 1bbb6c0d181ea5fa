/**
 * Numbers without rounding, and the rounding of docs/exactness.md: an oracle that shares no line, no
 * language and no floating-point operation with the engine.
 */

/** `mantissa * 2^exponent`. */
export interface Dyadic {
  readonly mantissa: bigint;
  readonly exponent: number;
}

export const ZERO: Dyadic = { mantissa: 0n, exponent: 0 };

/** Bits of an f64's significand. */
const PRECISION = 53;
/** The exponent of the last bit of a subnormal f64. */
const LEAST_EXPONENT = -1074;

const float = new Float64Array(1);
const bits = new BigUint64Array(float.buffer);

/** Returns a finite f64 as it is. */
export function exactly(value: number): Dyadic {
  float[0] = value;
  const pattern = bits[0] as bigint;
  const biased = Number((pattern >> 52n) & 0x7ffn);
  const fraction = pattern & ((1n << 52n) - 1n);
  const magnitude = biased === 0 ? fraction : fraction | (1n << 52n);
  const mantissa = pattern >> 63n === 1n ? -magnitude : magnitude;
  return { mantissa, exponent: Math.max(biased, 1) - 1075 };
}

export function add(a: Dyadic, b: Dyadic): Dyadic {
  if (a.mantissa === 0n) return b;
  if (b.mantissa === 0n) return a;
  const exponent = Math.min(a.exponent, b.exponent);
  return { mantissa: shifted(a, exponent) + shifted(b, exponent), exponent };
}

export function negated(a: Dyadic): Dyadic {
  return { mantissa: -a.mantissa, exponent: a.exponent };
}

export function product(a: Dyadic, b: Dyadic): Dyadic {
  return { mantissa: a.mantissa * b.mantissa, exponent: a.exponent + b.exponent };
}

/** Compares as `a - b` does. */
export function compare(a: Dyadic, b: Dyadic): number {
  const { mantissa } = add(a, negated(b));
  return mantissa === 0n ? 0 : mantissa > 0n ? 1 : -1;
}

/** Rounds to the nearest f64, ties to even; what is too large stays, since definition 12 keeps it from coming up. */
export function rounded(value: Dyadic): Dyadic {
  const excess = Math.max(0, bitLength(value.mantissa) - PRECISION);
  const exponent = Math.max(value.exponent + excess, LEAST_EXPONENT);
  return exponent > value.exponent ? roundedTo(value, exponent) : value;
}

/** Returns `value * 2^exponent`. */
export function scaled(value: Dyadic, exponent: number): Dyadic {
  return { mantissa: value.mantissa, exponent: value.exponent + exponent };
}

/** Returns the nearest f64 of `value / weight`, ties to even; an infinity where there is none. */
export function quotient(value: Dyadic, weight: Dyadic): number {
  if (value.mantissa === 0n) return 0;
  const negative = value.mantissa < 0n;
  const numerator = negative ? -value.mantissa : value.mantissa;
  // Two bits more than f64 has, and a third that stands for all that follow.
  const more = Math.max(0, PRECISION + 2 - bitLength(numerator) + bitLength(weight.mantissa));
  const shiftedNumerator = numerator << BigInt(more);
  const whole = shiftedNumerator / weight.mantissa;
  const sticky = shiftedNumerator % weight.mantissa === 0n ? 0n : 1n;
  const exponent = value.exponent - weight.exponent - more - 1;
  const magnitude = toNumber({ mantissa: (whole << 1n) | sticky, exponent });
  return negative ? -magnitude : magnitude;
}

/** Returns the nearest f64, ties to even; an infinity where there is none. */
export function toNumber(value: Dyadic): number {
  const near = rounded(value);
  // Below 2^54 in magnitude, and above the last bit of a subnormal: both products are exact, or overflow.
  const half = Math.trunc(near.exponent / 2);
  return Number(near.mantissa) * 2 ** half * 2 ** (near.exponent - half);
}

/** Rounds to a multiple of `2^exponent`, ties to even. */
export function roundedTo(value: Dyadic, exponent: number): Dyadic {
  const dropped = exponent - value.exponent;
  if (dropped <= 0) return { mantissa: shifted(value, exponent), exponent };
  const negative = value.mantissa < 0n;
  const magnitude = negative ? -value.mantissa : value.mantissa;
  const shift = BigInt(dropped);
  const whole = magnitude >> shift;
  const rest = magnitude - (whole << shift);
  const half = 1n << (shift - 1n);
  const up = rest > half || (rest === half && (whole & 1n) === 1n) ? 1n : 0n;
  return { mantissa: negative ? -(whole + up) : whole + up, exponent };
}

export function bitLength(value: bigint): number {
  const digits = (value < 0n ? -value : value).toString(16);
  return digits === '0'
    ? 0
    : 4 * digits.length - Math.clz32(Number.parseInt(digits[0] as string, 16)) + 28;
}

function shifted(value: Dyadic, exponent: number): bigint {
  return value.mantissa << BigInt(value.exponent - exponent);
}
