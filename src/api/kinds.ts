/**
 * Options from plain JavaScript. Only the names and the types of values are checked here, so that
 * the addon never has to refuse one in its own words; what a value may be is the engine's to say.
 */
import { KMeansError } from './errors.js';
import { shown } from './shown.js';
import { similar } from './similar.js';

/** A type of value, and what it is called after "must be". */
export interface Kind {
  readonly rule: string;
  is(value: unknown): boolean;
}

/** A kind for each option: a forgotten one does not compile. */
export type Kinds<Options> = { readonly [Name in keyof Required<Options>]: Kind };

const isNumber = (value: unknown): boolean => typeof value === 'number';
const isText = (value: unknown): boolean => typeof value === 'string';

export const count: Kind = { rule: 'a whole number', is: isNumber };
export const real: Kind = { rule: 'a number', is: isNumber };
export const text: Kind = { rule: 'a string', is: isText };
export const path: Kind = { rule: 'a path as a string', is: isText };
export const toggle: Kind = { rule: 'true or false', is: (value) => typeof value === 'boolean' };
export const names: Kind = {
  rule: 'an array of column names',
  is: (value) => Array.isArray(value) && value.every(isText),
};
export const countOrAuto: Kind = {
  rule: "a whole number or 'auto'",
  is: (value) => value === 'auto' || isNumber(value),
};
export const seed: Kind = {
  rule: 'a whole number, a bigint or digits',
  is: (value) => ['number', 'bigint', 'string'].includes(typeof value),
};

/**
 * The options, if every one of them is known and of its kind; `undefined` is none at all.
 * @param of Whose options they are, for the message: `fit`.
 * @throws {KMeansError} `InvalidOption`.
 */
export function checked<Options extends object>(
  options: Options | undefined,
  kinds: Kinds<Options>,
  of: string,
): Partial<Options> {
  if (options === undefined) return {};
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const message = `must be an object, got ${shown(options)}`;
    throw invalidOption(of === 'control' ? of : 'options', message);
  }
  for (const [name, value] of Object.entries(options)) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name as keyof Options] : undefined;
    if (kind === undefined) throw unknown(name, Object.keys(kinds), of);
    if (value !== undefined) checkValue(name, value, kind);
  }
  return options;
}

/** One value that must be there. */
export function checkValue(name: string, value: unknown, kind: Kind): void {
  if (!kind.is(value))
    throw invalidOption(name, `must be ${kind.rule}, got ${shown(value)}`, value);
}

function unknown(name: string, known: readonly string[], of: string): KMeansError {
  const meant = similar(name, known);
  return new KMeansError({
    code: 'InvalidOption',
    option: name,
    message: `is not an option of ${of}`,
    hint: meant === undefined ? `there are ${known.join(', ')}` : `did you mean ${meant}?`,
  });
}

function invalidOption(option: string, message: string, value?: unknown): KMeansError {
  const parts = { code: 'InvalidOption', option, message } as const;
  return new KMeansError(isUrl(value) ? { ...parts, hint: URL_HINT } : parts);
}

export const URL_HINT = 'fileURLToPath of node:url makes a path of a file: URL';

export function isUrl(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object URL]';
}
