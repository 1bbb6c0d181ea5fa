import type { CheckOptions } from '../../api/check.js';
import { shellWord } from '../../text/shell.js';
import { attend } from '../attend.js';
import { type Exit, exits } from '../exit.js';
import { count, type Flag, type Flags, grouped, longName, names, text, toggle } from '../flags.js';
import { fillsScreen } from '../outputs.js';
import { type Facts, inputsOrStdin, type Page } from '../page.js';
import { tableFlags } from '../table-flags.js';
import { colourWanted, isTerminal, reportWidth, STDOUT, writeOut, writePage } from '../terminal.js';

interface CheckLine extends CheckOptions {
  json?: boolean;
  quiet?: boolean;
}

/** What tells of a table how it is to be read: a fit of it needs the same. */
const asFit = {
  ...grouped('Columns:', {
    columns: names('--columns <list>', 'look only at these columns, as fit --columns'),
    exclude: names('--exclude <list>', 'look at all columns but these'),
    id: names('--id <list>', 'columns that tell rows apart'),
    weight: text('--weight <column>', 'the column with the weight of each row'),
  }),
  ...tableFlags,
};

const flags: Flags<CheckLine> = {
  ...asFit,
  ...grouped('Resources:', {
    memory: text('--memory <size>', 'hold no more of the table: 512MB, 2GiB, 50% of the machine'),
    threads: count('--threads <n>', 'only changes the speed (default: all cores)'),
  }),
  ...grouped('Output:', {
    json: toggle('--json', 'print the report as JSON'),
    quiet: toggle('-q, --quiet', 'print nothing on stderr but errors'),
  }),
};

export const checkPage: Page<CheckLine> = {
  name: 'check',
  about: 'Read a table and say what fit would make of it',
  input: 'tables, read as one, as fit reads them; stdin when absent or -',
  examples: ['kmeans check customers.csv', 'kmeans check customers.csv --json | jq .findings'],
  flags,
  facts: checkFacts,
  run: checkRun,
};

async function checkFacts(): Promise<Facts> {
  const { fitDefaults, formats } = await import('../../api/defaults.js');
  const { memory } = fitDefaults();
  return { defaults: { memory }, choices: { format: formats() } };
}

async function checkRun(line: CheckLine, given: readonly string[]): Promise<Exit> {
  const { json, quiet, ...options } = line;
  const inputs = inputsOrStdin(given, checkPage);
  const { check } = await import('../../api/check.js');
  const manner = { quiet, fillsScreen: fillsScreen([['the report', '-']]), ending: 'stopping' };
  const found = await attend(manner, (control) => check(inputs, options, control));
  const report = { ...found, flags: [...told(options), ...found.flags] };
  if (json) {
    const indent = isTerminal(STDOUT) ? 2 : undefined;
    writeOut(`${JSON.stringify({ schemaVersion: 1, ...report }, null, indent)}\n`);
    return exits.done;
  }
  const [{ paints }, { checkReport }] = await Promise.all([
    import('../../render/paint.js'),
    import('../../render/check-report.js'),
  ]);
  const paint = paints(colourWanted(process.env, isTerminal(STDOUT)));
  writePage(checkReport(report, inputs, { paint, width: reportWidth(STDOUT) }));
  return exits.done;
}

/** The words, for a shell, with which a fit is told the same about the table. */
function told(options: CheckOptions): string[] {
  return Object.entries<Flag>(asFit).flatMap(([name, { spelling, negation }]) => {
    const value = options[name as keyof CheckOptions];
    if (value === undefined) return [];
    if (typeof value === 'boolean') return [value ? longName(spelling) : String(negation)];
    const one = Array.isArray(value) ? value.map(listed).join(',') : String(value);
    return [longName(spelling), shellWord(one === '\t' ? 'tab' : one)];
  });
}

/** A name in a list. */
function listed(name: string): string {
  return /[",]|^\s|\s$/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}
