import type { PredictOptions, WriteOptions } from '../../api/predict-rows.js';
import type { PredictReport } from '../../api/report.js';
import { attend } from '../attend.js';
import { type Exit, exits } from '../exit.js';
import { count, type Flags, grouped, text, toggle } from '../flags.js';
import {
  binaryFormat,
  checkDestinations,
  fillsScreen,
  refuseBinary,
  refuseClosed,
} from '../outputs.js';
import { type Facts, type Inputs, inputName, inputsOrStdin, type Page } from '../page.js';
import { addedFlags, tableFlags } from '../table-flags.js';
import { colourWanted, reportWidth, writeErr, writeOut } from '../terminal.js';
import { UsageError } from '../usage.js';

interface PredictLine extends PredictOptions {
  model?: string;
  json?: boolean;
  quiet?: boolean;
}

const flags: Flags<PredictLine> = {
  ...grouped('Model:', {
    model: text('-m, --model <file>', 'the model that kmeans fit wrote'),
    threads: count(
      '--threads <n>',
      'only changes the speed, never the result (default: all cores)',
    ),
  }),
  ...tableFlags,
  ...grouped('Preparation:', {
    missing: text('--missing <how>', 'error or drop, instead of what the model does'),
  }),
  ...grouped('Output:', {
    output: text(
      '-o, --output <file>',
      'write the input with a column cluster here (default: stdout)',
    ),
    labels: text('-l, --labels <file>', 'write the labels alone here, one a row'),
    ...addedFlags,
    json: toggle('--json', 'print the report as JSON on stdout, beside -o or -l'),
    quiet: toggle('-q, --quiet', 'print nothing on stderr but errors'),
  }),
};

const example = 'kmeans predict new.csv -m model.json -o labelled.csv';

export const predictPage: Page<PredictLine> = {
  name: 'predict',
  about: 'Label the rows of a table with the clusters of a model',
  input: 'tables with the columns of the model, read as one; stdin when absent or -',
  examples: [example, 'cat new.csv | kmeans predict -m model.json -l - | sort | uniq -c'],
  flags,
  facts: predictFacts,
  run: predictRun,
};

async function predictFacts(): Promise<Facts> {
  const { formats, writtenFormats } = await import('../../api/defaults.js');
  return { defaults: {}, choices: { format: formats(), to: writtenFormats() } };
}

async function predictRun(line: PredictLine, given: readonly string[]): Promise<Exit> {
  const { model, json, quiet, ...options } = line;
  const inputs = inputsOrStdin(given, predictPage);
  if (model === undefined) {
    throw new UsageError('--model is required: the file that kmeans fit wrote', example);
  }
  if (model === '-' && inputs[0] === '-') {
    throw new UsageError('the model and the input cannot both come from standard input');
  }
  const { labels } = options;
  if (json && options.output === undefined && labels === undefined) {
    throw new UsageError('--json needs -o or -l, because the rows go to standard output');
  }
  const output = options.output ?? (labels === undefined ? '-' : undefined);
  const results = [
    ['--output', output],
    ['--labels', labels],
    ['--json', json ? '-' : undefined],
  ] as const;
  checkDestinations(results, [
    ...inputs.map((input) => ['the input', input] as const),
    ['the model', model],
  ]);
  refuseBinary(output, binaryFormat(inputs[0], options.to ?? options.format));
  refuseBinary(labels, binaryFormat('-', options.to));
  refuseClosed(results);
  const { predict } = await import('../../api/predict.js');
  const write = (output === undefined ? options : { ...options, output }) as WriteOptions;
  const manner = { quiet, fillsScreen: fillsScreen(results), ending: 'stopping' };
  const { report } = await attend(manner, (control) => predict(model, inputs, write, control));
  if (json) writeOut(`${JSON.stringify({ schemaVersion: 1, ...report })}\n`);
  if (!quiet && !json) await tell(report, inputs, output, labels);
  return exits.done;
}

async function tell(
  report: PredictReport,
  inputs: Inputs,
  output: string | undefined,
  labels: string | undefined,
): Promise<void> {
  const [{ paints }, { predictReport }, { writtenText }] = await Promise.all([
    import('../../render/paint.js'),
    import('../../render/predict-report.js'),
    import('../../render/written.js'),
  ]);
  const paint = paints(colourWanted());
  const written = [
    ...(output === undefined ? [] : [{ what: 'the rows with their cluster', path: output }]),
    ...(labels === undefined ? [] : [{ what: 'the labels', path: labels }]),
  ];
  const page = { paint, width: reportWidth() };
  writeErr(predictReport(report, inputName(inputs), page) + writtenText(written, paint));
}
