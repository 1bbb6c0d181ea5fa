/**
 * Flags check syntax ("not a number"); what a value may be is the engine's to say. A command
 * line's flags are a table over its options, so that a forgotten one does not compile.
 */
import { type Command, Option } from 'commander';
import { UsageError } from './usage.js';

export interface Flag<Value = unknown> {
  /** As help shows it: `-k, --clusters <n>`. */
  readonly spelling: string;
  readonly about: string;
  readonly group?: string;
  /** Its opposite, `--no-header`. */
  readonly negation?: string;
  /** For tests; help does not show it. */
  readonly hidden?: boolean;
  /** `previous` is there when a flag is repeated. */
  parse?(text: string, previous?: Value): Value;
}

export type Flags<Options> = {
  readonly [Name in keyof Required<Options>]: Flag<Exclude<Options[Name], undefined>>;
};

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A whole number; 1e6 is one. */
export function count(spelling: string, about: string): Flag<number> {
  return { spelling, about, parse: (text) => numeric(text, spelling, 'a whole number') };
}

export function real(spelling: string, about: string): Flag<number> {
  return { spelling, about, parse: (text) => numeric(text, spelling, 'a number') };
}

/** A whole number, or one word in its place. */
export function countOr<Word extends string>(
  word: Word,
  spelling: string,
  about: string,
): Flag<number | Word> {
  const rule = `a whole number or ${word}`;
  return {
    spelling,
    about,
    parse: (text) => (text === word ? word : numeric(text, spelling, rule)),
  };
}

/** Anything but nothing: a path, a name, a seed. */
export function text(spelling: string, about: string): Flag<string> {
  return {
    spelling,
    about,
    parse(value) {
      if (value === '') throw new UsageError(`${longName(spelling)} must not be empty`);
      return value;
    },
  };
}

export function toggle(spelling: string, about: string, negation?: string): Flag<boolean> {
  return negation === undefined ? { spelling, about } : { spelling, about, negation };
}

/** Names between commas, as a line of CSV; a repeated flag adds to the list. */
export function names(spelling: string, about: string): Flag<string[]> {
  return {
    spelling,
    about,
    parse: (value, previous = []) => [...previous, ...splitNames(value, longName(spelling))],
  };
}

/** One character; a tab may be typed as \t or tab, which a shell passes on more easily. */
export function character(spelling: string, about: string): Flag<string> {
  const parse = (value: string): string => (value === '\\t' || value === 'tab' ? '\t' : value);
  return { spelling, about, parse };
}

/** The same flags under a heading of the help. */
export function grouped<Table extends Record<string, Flag>>(group: string, flags: Table): Table {
  const entries = Object.entries(flags).map(([name, flag]) => [name, { ...flag, group }]);
  return Object.fromEntries(entries) as Table;
}

/** `-k, --clusters <n>` -> `--clusters`. */
export function longName(spelling: string): string {
  return /--[a-z-]+/.exec(spelling)?.[0] ?? spelling;
}

export function addFlags(command: Command, flags: Readonly<Record<string, Flag>>): void {
  for (const { spelling, about, group, negation, hidden, parse } of Object.values(flags)) {
    // No default value here: an absent option stays absent until the engine fills it in.
    const option = new Option(spelling, about);
    if (group !== undefined) option.helpGroup(group);
    if (hidden) option.hideHelp();
    if (parse) option.argParser(parse);
    command.addOption(option);
    if (negation !== undefined) command.addOption(new Option(negation).hideHelp());
  }
}

function numeric(value: string, spelling: string, rule: string): number {
  if (NUMBER.test(value)) return Number(value);
  throw new UsageError(`${longName(spelling)} must be ${rule}, got ${JSON.stringify(value)}`);
}

function splitNames(value: string, flag: string): string[] {
  const fields = /\s*(?:"((?:[^"]|"")*)"\s*|([^,]*))(,|$)/y;
  const found: string[] = [];
  for (let end = ','; end === ','; ) {
    const field = fields.exec(value);
    if (!field) throw new UsageError(`${flag} has a quote that does not end: ${value}`);
    const [, quoted, bare = ''] = field;
    if (quoted === undefined && (bare.trim() === '' || bare.startsWith('"'))) {
      throw new UsageError(
        bare === ''
          ? `${flag} has an empty name in ${JSON.stringify(value)}`
          : badQuote(flag, value),
      );
    }
    found.push(quoted === undefined ? bare.trimEnd() : quoted.replaceAll('""', '"'));
    end = field[3] ?? '';
  }
  return found;
}

function badQuote(flag: string, value: string): string {
  return `${flag} has a quote out of place: ${value}`;
}
