import type { BlobsOptions } from '../../api/blobs.js';
import { attend } from '../attend.js';
import { type Exit, exits } from '../exit.js';
import { count, type Flags, grouped, real, text, toggle } from '../flags.js';
import { binaryFormat, fillsScreen, refuseBinary, refuseClosed } from '../outputs.js';
import type { Facts, Page } from '../page.js';
import { colourWanted, writeErr } from '../terminal.js';

interface BlobsLine extends BlobsOptions {
  quiet?: boolean;
}

const flags: Flags<BlobsLine> = {
  ...grouped('Points:', {
    rows: count('-n, --rows <n>', 'how many points'),
    features: count('-d, --features <n>', 'how many columns'),
    clusters: count('-k, --clusters <n>', 'how many blobs'),
    std: real('--std <x>', 'standard deviation of a blob'),
    seed: text('--seed <n>', 'the same seed gives the same points'),
    truth: toggle('--truth', 'add a column with the blob of each point'),
  }),
  ...grouped('Output:', {
    output: text('-o, --output <file>', 'write here (default: stdout)'),
    format: text('--format <name>', 'format of the output (default: by its name, or csv)'),
    quiet: toggle('-q, --quiet', 'print nothing on stderr but errors'),
  }),
};

export const blobsPage: Page<BlobsLine> = {
  name: 'blobs',
  about: 'Make a table of random blobs, to try things out',
  examples: [
    'kmeans blobs -n 1000 -k 3 | kmeans fit -k 3 > model.json',
    'kmeans blobs -n 1e6 -d 10 -o blobs.arrow',
  ],
  flags,
  facts: blobsFacts,
  run: blobsRun,
};

async function blobsFacts(): Promise<Facts> {
  const { blobsDefaults, writtenFormats } = await import('../../api/defaults.js');
  return { defaults: { ...blobsDefaults() }, choices: { format: writtenFormats() } };
}

async function blobsRun({ quiet, ...options }: BlobsLine): Promise<Exit> {
  const output = options.output ?? '-';
  refuseBinary(output, binaryFormat(output, options.format));
  refuseClosed([['--output', output]]);
  const { blobs } = await import('../../api/blobs.js');
  const manner = {
    quiet,
    fillsScreen: fillsScreen([['--output', output]]),
    ending: 'stopping',
    total: options.rows,
  };
  const made = await attend(manner, (control) => blobs({ ...options, output }, control));
  if (!quiet) {
    const [{ paints }, { blobsReport }, { writtenText }] = await Promise.all([
      import('../../render/paint.js'),
      import('../../render/blobs-report.js'),
      import('../../render/written.js'),
    ]);
    const paint = paints(colourWanted());
    const written = writtenText([{ what: 'the points', path: output }], paint);
    writeErr(blobsReport(made, paint) + written);
  }
  return exits.done;
}
