import type { FitOptions, FitResult } from '../../api/fit.js';
import type { FitReport } from '../../api/report.js';
import type { Written } from '../../render/written.js';
import { attend } from '../attend.js';
import { type Exit, exits } from '../exit.js';
import { count, countOr, type Flags, grouped, names, real, text, toggle } from '../flags.js';
import { watchFiles, withKept } from '../kept.js';
import {
  binaryFormat,
  checkDestinations,
  type Destination,
  fillsScreen,
  refuseBinary,
  refuseClosed,
  usesStdout,
} from '../outputs.js';
import { type Facts, type Inputs, inputName, inputsOrStdin, type Page } from '../page.js';
import { addedFlags, tableFlags } from '../table-flags.js';
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
    memory: text('--memory <size>', 'hold no more of the table: 512MB, 2GiB, 50% of the machine'),
    isa: { ...text('--isa <name>', 'instruction set of the kernels'), hidden: true },
  }),
  ...grouped('Columns:', {
    columns: names(
      '--columns <list>',
      "use only these columns: a,b or 3-7 or a:d or 'emb*,!emb_id'",
    ),
    exclude: names('--exclude <list>', 'use all columns but these'),
    id: names('--id <list>', 'columns that tell rows apart: never clustered on'),
    truth: text('--truth <column>', 'a column of known classes to compare the clusters with'),
    weight: text('--weight <column>', 'a column with the weight of each row'),
  }),
  ...grouped('Preparation:', {
    missing: text('--missing <how>', 'what becomes of missing cells'),
    categorical: names('--categorical <list>', 'columns whose texts become columns of 0 and 1'),
    categoricalWeight: real('--categorical-weight <x>', 'write x instead of 1 in these'),
    scale: text('--scale <how>', 'bring columns of different units to one scale'),
  }),
  ...tableFlags,
  ...grouped('Output:', {
    model: text('-m, --model <file>', 'write the model here (default: stdout, unless a terminal)'),
    output: text('-o, --output <file>', 'write the input with a column cluster here'),
    labels: text('-l, --labels <file>', 'write the labels alone here, one a row'),
    ...addedFlags,
    json: toggle('--json', 'print the report as JSON on stdout'),
    quiet: toggle('-q, --quiet', 'print nothing on stderr but errors'),
  }),
};

export const fitPage: Page<FitLine> = {
  name: 'fit',
  about: 'Find clusters in a table and save them as a model',
  input:
    'tables, read as one: CSV, TSV, Arrow, Parquet, .npy or JSON lines; stdin when absent or -',
  examples: [
    'kmeans fit customers.csv -k 5 -m model.json',
    'kmeans fit customers.csv -k 5 --id id --exclude age -o labelled.csv',
    "kmeans fit 'data/*.parquet' -k 100 > model.json",
  ],
  flags,
  facts: fitFacts,
  run: fitRun,
};

async function fitFacts(): Promise<Facts> {
  const { algorithms, fitDefaults, formats, missingPolicies, scales, writtenFormats } =
    await import('../../api/defaults.js');
  const defaults = { ...fitDefaults(), nInit: 'auto' };
  const choices = {
    algorithm: algorithms(),
    format: formats(),
    to: writtenFormats(),
    missing: missingPolicies(),
    scale: scales(),
  };
  return { defaults, choices };
}

async function fitRun(line: FitLine, given: readonly string[]): Promise<Exit> {
  const { json, quiet, ...options } = line;
  const inputs = inputsOrStdin(given, fitPage);
  const results = destinations(line);
  checkDestinations(results, [
    ...inputs.map((input) => ['the input', input] as const),
    ['the starting centroids', line.init],
  ]);
  refuseBinary(line.output, binaryFormat(inputs[0], line.to ?? line.format));
  refuseBinary(line.labels, binaryFormat('-', line.to));
  // The model goes to a stdout that nothing else uses and that is not a person's screen.
  const model = line.model ?? (usesStdout(results) || isTerminal(STDOUT) ? undefined : '-');
  refuseClosed([...results, ['--model', model]]);
  const { fit } = await import('../../api/fit.js');
  const native = {
    ...options,
    ...(model === undefined ? {} : { model }),
    keepLabels: false,
  } as const;
  const manner = {
    quiet,
    fillsScreen: fillsScreen(results),
    ending: 'finishing with the best so far',
  };
  const settled = model === undefined ? line : { ...line, model };
  const kept = watchFiles(outcomes(settled));
  const result = await attend(manner, (control) => fit(inputs, native, control)).catch((error) => {
    throw withKept(error, kept());
  });
  if (json) writeOut(`${jsonReport(result.report)}\n`);
  if (!quiet) await tell(result, inputs, settled);
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

/** What is written where. */
function outcomes({ model, output, labels }: FitLine): Written[] {
  const places: [what: string, path: string | undefined][] = [
    ['the model', model],
    ['the rows with their cluster', output],
    ['the labels', labels],
  ];
  return places.flatMap(([what, path]) => (path ? [{ what, path }] : []));
}

async function tell(
  { report }: FitResult<undefined>,
  inputs: Inputs,
  line: FitLine,
): Promise<void> {
  const [{ paints }, { fitReport }, { unsavedText, writtenText }, { warningText }] =
    await Promise.all([
      import('../../render/paint.js'),
      import('../../render/fit-report.js'),
      import('../../render/written.js'),
      import('../../render/failure.js'),
    ]);
  const paint = paints(colourWanted());
  const body = line.json
    ? report.warnings.map((warning) => warningText(warning, paint)).join('')
    : fitReport(report, inputName(inputs), {
        paint,
        width: reportWidth(),
      });
  const unsaved = line.model === undefined ? unsavedText(paint) : '';
  writeErr(body + writtenText(outcomes(line), paint) + unsaved);
}
