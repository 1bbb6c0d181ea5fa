/** Whatever is in an input, it takes `--memory` and a constant; and a refusal of the system is a sentence. */
import {
  closeSync,
  ftruncateSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { directory, iris, run, shell } from './run.js';

const MB = 1e6;
const MEMORY = 64;

/** What docs/cli.md promises beside `--memory`. */
const docs = readFileSync(fileURLToPath(new URL('../../docs/cli.md', import.meta.url)), 'utf8');
const CONSTANT = Number(/At most `--memory` plus (\d+) MB/.exec(docs)?.[1]);

/** Writes to a file the most memory that the process had, resident and in addresses, in bytes. */
const PROBE = `import { existsSync, readFileSync, writeFileSync } from 'node:fs';
process.on('exit', () => {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
  const of = (name) => Number(new RegExp(name + ':\\\\s*(\\\\d+)').exec(status)?.[1] ?? 0) * 1024;
  const resident = of('VmHWM') || process.resourceUsage().maxRSS * 1024;
  writeFileSync('peak', JSON.stringify({ resident, addresses: of('VmPeak') }));
});`;

interface Peak {
  readonly resident: number;
  readonly addresses: number;
}

/** Runs the command line, which must succeed, and measures it. */
async function peak(args: readonly string[], cwd: string, env = {}): Promise<Peak> {
  writeFileSync(join(cwd, 'probe.mjs'), PROBE);
  const options = { NODE_OPTIONS: '--import=./probe.mjs', ...env };
  const { stderr, code } = await run(args, { cwd, env: options });
  expect({ stderr, code }, args.join(' ')).toEqual({ stderr: '', code: 0 });
  return JSON.parse(readFileSync(join(cwd, 'peak'), 'utf8')) as Peak;
}

const rows = Array.from({ length: 3000 }, (_, row) => [row, row % 7] as const);

/** Gzip members of 64 MiB of the same text, more than is promised, between two others. */
function bomb(before: string, text: string, behind: string): Buffer {
  const member = gzipSync(text.repeat((64 << 20) / text.length));
  return Buffer.concat([gzipSync(before), ...Array(13).fill(member), gzipSync(behind)]);
}

test('what is skipped is not kept, by no command', async () => {
  const cwd = directory();
  const csv = rows.map((row) => row.join(',')).join('\n');
  const json = rows.map(([a, b]) => JSON.stringify({ a, b }));
  writeFileSync(join(cwd, 'lines.csv.gz'), bomb('a,b\n', '\n', csv));
  writeFileSync(join(cwd, 'comments.csv.gz'), bomb('# c\na,b\n', '# short\n', csv));
  writeFileSync(join(cwd, 'lines.jsonl.gz'), bomb(`${json[0]}\n`, '\n', json.join('\n')));
  writeFileSync(join(cwd, 'array.json.gz'), bomb('[', ' ', `${json.join(',')}]`));
  // What is not skipped, and is as long as it may be.
  const long = gzipSync(`1,${'x'.repeat(60 * MB)}\n2,y\n`);
  const texts = Buffer.concat([gzipSync('a,b\n'), ...Array(6).fill(long), gzipSync(csv)]);
  writeFileSync(join(cwd, 'texts.csv.gz'), texts);
  const fit = ['-k', '3', '--memory', `${MEMORY}MB`, '-q', '-m', 'm.json'];
  const runs = [
    ['fit', 'lines.csv.gz', ...fit],
    ['fit', 'comments.csv.gz', ...fit],
    ['fit', 'lines.jsonl.gz', ...fit],
    ['fit', 'texts.csv.gz', '--threads', '2', ...fit],
    ['fit', 'array.json.gz', ...fit],
    ['check', 'lines.csv.gz', '--memory', `${MEMORY}MB`, '--json', '-q'],
    ['predict', 'lines.csv.gz', '-m', 'm.json', '-q', '-o', 'o.csv'],
    ['predict', 'array.json.gz', '-m', 'm.json', '-q', '-o', 'o.csv'],
  ];
  for (const args of runs) {
    const { resident } = await peak(args, cwd);
    expect(resident, args.join(' ')).toBeLessThan((MEMORY + CONSTANT) * MB);
  }
}, 180_000);

test('every format is read within the promise', async () => {
  const cwd = directory();
  const text = ['csv', 'tsv', 'jsonl'].flatMap((kind) => [kind, `${kind}.gz`, `${kind}.zst`]);
  const blobs = ['blobs', '-n', '100000', '-d', '4', '-k', '3', '-q', '-o'];
  for (const kind of [...text, 'arrow', 'arrows', 'parquet']) {
    const made = await peak([...blobs, `t.${kind}`], cwd);
    expect(made.resident, kind).toBeLessThan(CONSTANT * MB);
    const fit = ['fit', `t.${kind}`, '-k', '3', '--memory', `${MEMORY}MB`, '-q', '-m', 'm.json'];
    const { resident } = await peak(fit, cwd);
    expect(resident, kind).toBeLessThan((MEMORY + CONSTANT) * MB);
  }
}, 180_000);

/** A sparse .npy of zeros: it takes no room on the disk. */
function zeros(path: string, type: string, size: number, shape: readonly number[]): void {
  const header = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`;
  const text = `${header.padEnd(117)}\n`;
  const file = openSync(path, 'w');
  writeSync(file, Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, text.length, 0]));
  writeSync(file, text);
  ftruncateSync(file, 10 + text.length + size * shape.reduce((a, b) => a * b, 1));
  closeSync(file);
}

const limited = process.platform === 'linux' ? test : test.skip;

limited(
  'memory that the system refuses is done without, or told in a sentence',
  async () => {
    const cwd = directory();
    // Every thread would reserve 64 MiB of addresses for itself.
    const env = { MALLOC_ARENA_MAX: '1' };
    const little = ['fit', iris, '-k', '3', '-q', '--threads', '2', '-m', 'm.json'];
    const { addresses } = await peak(little, cwd, env);
    const within = (megabytes: number, command: string) =>
      shell(`ulimit -v ${Math.ceil((addresses + megabytes * MB) / 1024)}; ${command}`, {
        cwd,
        env,
      });
    const before = readFileSync(join(cwd, 'm.json'), 'utf8');

    zeros(join(cwd, 'rows.npy'), '<f8', 8, [30_000_000, 2]);
    const fit = 'kmeans fit rows.npy -k 1 --threads 2 --max-iter 1 --n-init 1';
    const streamed = await within(330, `${fit} --json -m other.json`);
    expect(streamed.code, streamed.stderr).toBe(0);
    expect(JSON.parse(streamed.stdout)).toMatchObject({ streamed: true, memoryRefused: true });

    // Its labels alone take 400 MB.
    zeros(join(cwd, 'labels.npy'), '|u1', 1, [100_000_000]);
    const labels = await within(60, 'kmeans fit labels.npy -k 1 --threads 2 -m m.json');
    expect(labels.stderr).toMatch(
      /^error: not enough memory: \d+ MB more are needed\n\nhint: free memory/m,
    );
    expect(labels.code).toBe(1);

    // Within the splitter, which nobody can call back.
    writeFileSync(join(cwd, 'long.csv'), `a,b\n1,"${'x'.repeat(60 * MB)}"\n2,3\n`);
    const long = await within(50, 'kmeans fit long.csv -k 2 --threads 1 -q -m m.json');
    expect(long.stderr).toMatch(
      /^error: not enough memory: \d+ MB more are needed\n\nhint: free memory/,
    );
    expect(long.code).toBe(1);
    expect(readFileSync(join(cwd, 'm.json'), 'utf8')).toBe(before);
  },
  120_000,
);

test('a model and centroids are looked at before they are read', async () => {
  const cwd = directory();
  const file = openSync(join(cwd, 'large.json'), 'w');
  ftruncateSync(file, 2 ** 30 + 1);
  closeSync(file);
  const told = async (args: readonly string[]) => {
    const { stderr, code } = await run(args, { cwd });
    return `${code}: ${stderr.split('\n')[0]}`;
  };
  const predict = (model: string) => told(['predict', iris, '-m', model]);
  const fit = (init: string) => told(['fit', iris, '--init', init, '-q', '-m', 'm.json']);
  const size = 'is larger than 256 MiB, which';
  expect(await predict('large.json')).toBe(`1: error: large.json ${size} a model never is`);
  expect(await fit('large.json')).toBe(
    `1: error: large.json ${size} a table of centroids never is`,
  );
  if (process.platform === 'win32') return;
  const device = '1: error: /dev/zero is a device, and';
  expect(await predict('/dev/zero')).toBe(`${device} a model is a file or a pipe`);
  expect(await fit('/dev/zero')).toBe(`${device} a table of centroids is a file or a pipe`);
});
