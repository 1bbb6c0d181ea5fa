/**
 * No row is lost, in whatever order threads come to run. A few runs are part of every test; for more of them say
 * `KMEANS_RUNS=500 npx vitest run test/cli/every-row.test.ts`.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commentedRows, quotedRows } from './quoted-rows.js';
import { bin, run, shell } from './run.js';

const RUNS = Number(process.env.KMEANS_RUNS ?? 60);
const TEXTS: Readonly<Record<string, string>> = {
  many: quotedRows(40_000),
  few: quotedRows(1_500),
  comment: commentedRows(1_500),
};
const FILES = ['many.csv.gz', 'many.csv.zst', 'few.csv.gz', 'few.csv.zst', 'comment.csv.gz'];

const cwd = mkdtempSync(join(tmpdir(), 'kmeans-rows-'));

const FIT = '-k 3 --columns a,b --max-iter 3';
const COMMANDS = { fit: FIT, predict: '-m model.json' };
type Command = keyof typeof COMMANDS;

/** The labels that a command gives to the rows of a file: one line each, after a header. */
async function labelled(
  command: Command,
  rest: string,
  { pinned = false, piped = '' } = {},
): Promise<string> {
  const pin = pinned ? 'taskset -c 0 ' : '';
  const input = piped ? `cat ${piped} | ` : '';
  const program = `${pin}'${process.execPath}' '${bin}'`;
  const done = await shell(`${input}${program} ${command} ${COMMANDS[command]} -q -l - ${rest}`, {
    cwd,
  });
  expect(done).toMatchObject({ code: 0, stderr: '' });
  return done.stdout;
}

/** Milliseconds: as many runs as are asked for may take their time. */
const PATIENCE = 600_000;

const pins = process.platform === 'linux' && existsSync('/usr/bin/taskset');
const expected = new Map<string, string>();

beforeAll(async () => {
  for (const [name, text] of Object.entries(TEXTS)) {
    writeFileSync(join(cwd, `${name}.csv`), text);
    writeFileSync(join(cwd, `${name}.csv.gz`), gzipSync(text));
  }
  await run(['fit', 'few.csv', ...FIT.split(' '), '-q', '-m', 'model.json'], { cwd });
  for (const [name, text] of Object.entries(TEXTS)) {
    // One thread, no decoder, no pipe. A lone quote does not change what a line is: `rows` counts lines of labels.
    for (const command of ['fit', 'predict'] as const) {
      const all = await labelled(command, `${name}.csv --threads 1`);
      expect(all.split('\n')).toHaveLength(Number(text.match(/\n\d+,\d+,/g)?.length) + 2);
      expected.set(`${command} ${name}`, all);
    }
    // Not everybody has the command zstd; a column more changes nothing.
    await run(['predict', `${name}.csv`, '-m', 'model.json', '-q', '-o', `${name}.csv.zst`], {
      cwd,
    });
  }
}, PATIENCE);

afterAll(() => rmSync(cwd, { recursive: true }));

const ways = [1, 2, 4].flatMap((threads) =>
  FILES.flatMap((file) =>
    (['path', 'pipe'] as const).flatMap((by) =>
      (['fit', 'predict'] as const).map((command) => ({ threads, file, by, command })),
    ),
  ),
);

test.each(ways)(
  '$command reads every row of $file by $by on $threads threads',
  async (way) => {
    const { threads, file, by, command } = way;
    const name = file.slice(0, file.indexOf('.'));
    for (let turn = 0; turn < Math.ceil(RUNS / ways.length); turn++) {
      const how = { pinned: pins && turn % 2 === 0, piped: by === 'pipe' ? file : '' };
      const rest = `${by === 'pipe' ? '' : file} --threads ${threads}`;
      const all = await labelled(command, rest, how);
      expect(all === expected.get(`${command} ${name}`)).toBe(true); // a diff would be 40,000 lines
    }
  },
  PATIENCE,
);
