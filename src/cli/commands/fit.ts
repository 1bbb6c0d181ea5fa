import type { FitOptions, FitResult } from '../../api/fit.js';
import type { FitReport } from '../../api/report.js';
import type { Written } from '../../render/written.js';
import { attend } from '../attend.js';
import { type Exit, exits } from '../exit.js';
import { count, countOr, type Flags, grouped, names, real, text, toggle } from '../flags.js';
import { checkDestinations, type Destination, fillsScreen, usesStdout } from '../outputs.js';
import { type Facts, inputOrStdin, type Page } from '../page.js';
import { tableFlags } from '../table-flags.js';
import { colourWanted, isTerminal, reportWidth, STDOUT, writeErr, writeOut } from '../terminal.js';

interface FitLine extends Omit<FitOptions, 'init' | 'keepLabels'> {
  init?: string;
  json?: boolean;
  quiet?: boolean;
}

const flags: Flags<FitLine> = {
  ...grouped('Clusters:', {
    clusters: count('-k, --clusters <n>', 'how many clusters to find'),
    seed: text('--seed <n>', 'the same seed gives the same result'),
    init: text('--init <how>', 'k-means++, random, or a file of starting centroids'),
    nInit: countOr('auto', '--n-init <n>', 'restarts, of which the best wins, or auto'),
    maxIter: count('--max-iter <n>', 'stop a restart after this many iterations'),
    tol: real('--tol <x>', 'stop when centroids move less than x times the variance'),
    algorithm: text('--algorithm <name>', 'only changes the speed, never the result'),
    threads: count(
      '--threads <n>',
      'only changes the speed, never the result (default: all cores)',
    ),
  }),
  ...grouped('Columns:', {
    columns: names('--columns <list>', 'use only these columns: a,b,"c,d"'),
    exclude: names('--exclude <list>', 'use all columns but these'),
    weight: text('--weight <column>', 'a column with the weight of each row'),
  }),
  ...tableFlags,
  ...grouped('Output:', {
    model: text('-m, --model <file>', 'write the model here (default: stdout, unless a terminal)'),
    output: text('-o, --output <file>', 'write the input with a column cluster here'),
    labels: text('-l, --labels <file>', 'write the labels alone here, one a row'),
    json: toggle('--json', 'print the report as JSON on stdout'),
    quiet: toggle('-q, --quiet', 'print nothing on stderr but errors'),
  }),
};

export const fitPage: Page<FitLine> = {
  name: 'fit',
  about: 'Find clusters in a table and save them as a model',
  input: 'a CSV, TSV or Arrow file; stdin when absent or -',
  examples: [
    'kmeans fit customers.csv -k 5 -m model.json',
    'kmeans fit customers.csv -k 5 --exclude id,age -o labelled.csv',
    'zcat big.csv.gz | kmeans fit -k 100 > model.json',
  ],
  flags,
  facts: fitFacts,
  run: fitRun,
};

async function fitFacts(): Promise<Facts> {
  const { algorithms, fitDefaults, formats } = await import('../../api/defaults.js');
  const defaults = { ...fitDefaults(), nInit: 'auto' };
  return { defaults, choices: { algorithm: algorithms(), format: formats() } };
}

async function fitRun(line: FitLine, input: string | undefined): Promise<Exit> {
  const { json, quiet, ...options } = line;
  const source = inputOrStdin(input, fitPage);
  const results = destinations(line);
  checkDestinations(results, [source, line.init]);
  // The model goes to a stdout that nothing else uses and that is not a person's screen.
  const model = line.model ?? (usesStdout(results) || isTerminal(STDOUT) ? undefined : '-');
  const { fit } = await import('../../api/fit.js');
  const native = {
    ...options,
    ...(model === undefined ? {} : { model }),
    keepLabels: false,
  } as const;
  const result = await attend(quiet || fillsScreen(results), (control) =>
    fit(source, native, control),
  );
  if (json) writeOut(`${jsonReport(result.report)}\n`);
  if (!quiet) await tell(result, source, { ...line, ...(model === undefined ? {} : { model }) });
  return result.report.stopped === 'interrupted' ? exits.interrupted : exits.done;
}

function destinations({ model, output, labels, json }: FitLine): Destination[] {
  return [
    ['--model', model],
    ['--output', output],
    ['--labels', labels],
    ['--json', json ? '-' : undefined],
  ];
}

/** One line for a program to read, indented for a person. */
function jsonReport(report: FitReport): string {
  return JSON.stringify({ schemaVersion: 1, ...report }, null, isTerminal(STDOUT) ? 2 : undefined);
}

async function tell(
  { report }: FitResult<undefined>,
  source: string,
  { json, model, output, labels }: FitLine,
): Promise<void> {
  const [{ paints }, { fitReport }, { unsavedText, writtenText }, { warningText }] =
    await Promise.all([
      import('../../render/paint.js'),
      import('../../render/fit-report.js'),
      import('../../render/written.js'),
      import('../../render/failure.js'),
    ]);
  const paint = paints(colourWanted());
  const places: [what: string, path: string | undefined][] = [
    ['the model', model],
    ['the rows with their cluster', output],
    ['the labels', labels],
  ];
  const written = places.flatMap(([what, path]): Written[] => (path ? [{ what, path }] : []));
  const body = json
    ? report.warnings.map((warning) => warningText(warning, paint)).join('')
    : fitReport(report, source === '-' ? 'standard input' : source, {
        paint,
        width: reportWidth(),
      });
  const unsaved = model === undefined ? unsavedText(paint) : '';
  writeErr(body + writtenText(written, paint) + unsaved);
}
