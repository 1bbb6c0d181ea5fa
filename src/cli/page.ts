/** A subcommand as data, and how it becomes one of commander's. */
import { type Command, Option } from 'commander';
import type { Exit } from './exit.js';
import { addFlags, type Flag, longName } from './flags.js';
import { isTerminal, STDIN } from './terminal.js';
import { UsageError } from './usage.js';

export interface Page<Options> {
  readonly name: string;
  readonly about: string;
  readonly examples: readonly string[];
  /** What the arguments are, where there are any. */
  readonly input?: string;
  readonly flags: Readonly<Record<string, Flag>>;
  /** What only the engine knows; asked when help is drawn. */
  facts(): Promise<Facts>;
  run(options: Options, inputs: readonly string[]): Promise<Exit>;
}

/** At least one path; `-` is stdin. */
export type Inputs = readonly [string, ...string[]];

/** By option: the default it has, and the words it may be. */
export interface Facts {
  readonly defaults: Readonly<Record<string, string | number>>;
  readonly choices: Readonly<Record<string, readonly string[]>>;
}

/** Pages of different options in one list: a page only ever gets the options of its own flags. */
// biome-ignore lint/suspicious/noExplicitAny: Page is contravariant in its options
export type AnyPage = Page<any>;

/** The entry in the list of commands. */
export function addPage(program: Command, page: AnyPage): Command {
  const command = program
    .command(page.name)
    .summary(page.about)
    .description(`${page.about}\n\n${page.examples.map((line) => `  ${line}`).join('\n')}`);
  if (page.input !== undefined) command.argument('[input...]', page.input);
  return command;
}

/** The flags, and what the command does. */
export function addRun(command: Command, page: AnyPage, done: (exit: Exit) => void): void {
  addFlags(command, page.flags);
  command.addHelpOption(new Option('-h, --help', 'show this').helpGroup('Output:'));
  command.action(async (...given: unknown[]) => {
    const inputs = page.input === undefined ? [] : (given[0] as readonly string[]);
    done(await page.run(command.opts(), inputs));
  });
}

/** Writes the engine's defaults and names into the help of a command that is about to be drawn. */
export function addFacts(command: Command, { defaults, choices }: Facts): void {
  for (const option of command.options) {
    const name = option.attributeName();
    const value = defaults[name];
    if (value !== undefined) option.default(value, String(value));
    const words = choices[name];
    if (words) option.description = `${words.join(', ')}: ${option.description}`;
  }
}

/** The flag of an option, for errors that name the option. */
export function flagOf(page: AnyPage | undefined, option: string): string | undefined {
  const spelling = page?.flags[option]?.spelling;
  return spelling === undefined ? undefined : longName(spelling);
}

/** The inputs that were meant; a terminal that nobody types into is a mistake, not an input. */
export function inputsOrStdin(inputs: readonly string[], page: AnyPage): Inputs {
  const [first, ...more] = inputs;
  if (first !== undefined) {
    if (more.length > 0 && inputs.includes('-')) {
      throw new UsageError('standard input cannot be one of several inputs');
    }
    return [first, ...more];
  }
  if (isTerminal(STDIN)) {
    throw new UsageError(
      'no input: give a file, or pipe a table in',
      `for example: ${page.examples[0]}; kmeans ${page.name} --help shows more`,
    );
  }
  return ['-'];
}

/** What the inputs are called in a report. */
export function inputName([first, ...more]: Inputs): string {
  if (more.length > 0) return `${first} and ${more.length} more`;
  return first === '-' ? 'standard input' : first;
}
