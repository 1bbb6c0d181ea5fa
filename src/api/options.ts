/** What the options of several calls have in common on their way to the engine. */
import type { PredictOptions, TableOptions } from '#native';
import { KMeansError } from './errors.js';
import { type Kinds, text, toggle } from './kinds.js';

/** A seed of 64 bits: a whole number, or its digits. */
export type Seed = number | bigint | string;

/** Seeds cross as text, because a double holds 53 of the 64 bits. */
export function seedText(seed: Seed | undefined): string | undefined {
  return seed === undefined ? undefined : String(seed);
}

/** The label of a row that was left out because of a missing cell: no model has so many clusters. */
export const NO_LABEL = 0xffffffff;

/**
 * The same object without its undefined fields (to the engine an absent option is the default) and
 * with lists of its own, which the caller cannot change.
 */
export function given<Options extends object>(
  options: {
    [Name in keyof Options]: Options[Name] | undefined;
  },
): Options {
  const own = Object.entries(options).filter(([, value]) => value !== undefined);
  const copies = own.map(([name, value]) => [name, Array.isArray(value) ? [...value] : value]);
  return Object.fromEntries(copies) as Options;
}

/** How a table is read. */
export const tableKinds: Kinds<TableOptions> = {
  format: text,
  header: toggle,
  delimiter: text,
  decimal: text,
  comment: text,
};

/** The options of how a table is read, and the others; absent where they are undefined. */
export function apart<Options extends TableOptions>(
  options: Options,
): [table: TableOptions, rest: Omit<Options, keyof TableOptions>] {
  const isTable = ([name]: [string, unknown]): boolean => Object.hasOwn(tableKinds, name);
  const entries = Object.entries(given(options));
  const rest = Object.fromEntries(entries.filter((entry) => !isTable(entry)));
  return [Object.fromEntries(entries.filter(isTable)), rest as Omit<Options, keyof TableOptions>];
}

/** What is told of a row beside its label. */
type MeasureOptions = Pick<PredictOptions, 'distance' | 'second' | 'margin' | 'distances'>;

export const measureKinds: Kinds<MeasureOptions> = {
  distance: toggle,
  second: toggle,
  margin: toggle,
  distances: toggle,
};

/** Measures are columns beside the rows, so that they need somewhere for the rows to go. */
export function refuseMeasuresAlone(options: MeasureOptions): void {
  const names = Object.keys(measureKinds) as (keyof MeasureOptions)[];
  const option = names.find((name) => options[name]);
  if (option === undefined) return;
  throw new KMeansError({
    code: 'InvalidOption',
    option,
    message: 'adds to output, which is missing: a file of labels holds nothing else',
    hint: '-o labelled.csv writes the rows with their label and what else is asked for',
  });
}
