/** The promise, seen from outside: the same bytes of model and labels, however the values came in. */
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Float32, makeVector, Table, tableToIPC } from 'apache-arrow';
import { beforeAll, expect, test } from 'vitest';
import { directory, outcome, shell, start } from './run.js';

const ROWS = 40_000;
const FIT = '-k 7 --n-init 2 --seed 3 -q -m model.json -l labels.csv';

let table = '';
let reference = '';

/** Values that are f32 exactly, so that they can be stored either way. */
function values(): string[][] {
  const rows: string[][] = [];
  for (let row = 0; row < ROWS; row++) {
    const blob = row % 7;
    rows.push(
      [1, 2, 3].map((column) => {
        const noise = Math.sin(row * 12.9898 + column * 78.233) * 43758.5453;
        return String(Math.fround(blob * column + noise - Math.floor(noise)));
      }),
    );
  }
  return rows;
}

async function fitted(script: string, cwd: string): Promise<string> {
  const { stderr, code } = await shell(script, { cwd });
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  return ['model.json', 'labels.csv'].map((file) => readFileSync(join(cwd, file), 'utf8')).join();
}

beforeAll(async () => {
  table = `a,b,c\n${values().join('\n')}\n`;
});

async function expectReference(script: string, cwd: string): Promise<void> {
  reference ||= await fittedReference();
  expect((await fitted(script, cwd)) === reference).toBe(true); // a diff would be 40,000 lines
}

async function fittedReference(): Promise<string> {
  const cwd = directory();
  writeFileSync(join(cwd, 'table.csv'), table);
  return fitted(`kmeans fit table.csv ${FIT} --threads 1`, cwd);
}

test.each([1, 2, 3, 8])('with %i threads', async (threads) => {
  const cwd = directory();
  writeFileSync(join(cwd, 'table.csv'), table);
  await expectReference(`kmeans fit table.csv ${FIT} --threads ${threads}`, cwd);
});

test.each(['auto', 'lloyd', 'hamerly', 'boxes', 'projection'])('by %s', async (algorithm) => {
  const cwd = directory();
  writeFileSync(join(cwd, 'table.csv'), table);
  await expectReference(`kmeans fit table.csv ${FIT} --algorithm ${algorithm}`, cwd);
});

test('with the kernels that every processor has, for narrow rows and for wide ones', async () => {
  const cwd = directory();
  writeFileSync(join(cwd, 'table.csv'), table);
  await expectReference(`kmeans fit table.csv ${FIT} --isa portable`, cwd);
  const { stderr, code } = await shell(
    `kmeans blobs -n 3000 -d 40 -k 15 --std 8 -q -o wide.csv
     kmeans fit wide.csv -k 15 -q -m fast.json -l fast.csv
     kmeans fit wide.csv -k 15 -q -m plain.json -l plain.csv --isa portable --threads 1
     cmp fast.json plain.json && cmp fast.csv plain.csv`,
    { cwd },
  );
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
});

test('from Arrow in f64, made by our own pass-through', async () => {
  const cwd = directory();
  writeFileSync(join(cwd, 'table.csv'), table);
  await shell('kmeans fit table.csv -k 1 -q -m one.json -o table.arrow', { cwd });
  await expectReference(`kmeans fit table.arrow --exclude cluster ${FIT}`, cwd);
});

test.each(['file', 'stream'] as const)(
  'from an Arrow %s in f32, made by apache-arrow',
  async (kind) => {
    const cwd = directory();
    const rows = values();
    const column = (at: number) =>
      makeVector({
        type: new Float32(),
        data: Float32Array.from(rows, (row) => Number(row[at])),
      } as never);
    const arrow = new Table({ a: column(0), b: column(1), c: column(2) } as never);
    writeFileSync(join(cwd, 'table.arrow'), tableToIPC(arrow, kind));
    await expectReference(`kmeans fit table.arrow ${FIT}`, cwd);
    await expectReference(`cat table.arrow | kmeans fit ${FIT}`, cwd);
  },
);

test.each(['cat table.csv', 'dd bs=777 status=none if=table.csv', "tr -d '\\r' < table.csv"])(
  'from a pipe that gives what %s gives',
  async (source) => {
    const cwd = directory();
    writeFileSync(join(cwd, 'table.csv'), table);
    await expectReference(`${source} | kmeans fit ${FIT}`, cwd);
  },
);

test('from a pipe that trickles', async () => {
  const cwd = directory();
  writeFileSync(join(cwd, 'table.csv'), table);
  reference ||= await fittedReference();
  const fit = start(['fit', ...FIT.split(' ')], { cwd });
  const ended = outcome(fit);
  createReadStream(join(cwd, 'table.csv'), { highWaterMark: 10_007 }).pipe(fit.stdin as never);
  expect(await ended).toEqual({ stdout: '', stderr: '', code: 0 });
  const files = ['model.json', 'labels.csv'].map((file) => readFileSync(join(cwd, file), 'utf8'));
  expect(files.join() === reference).toBe(true);
});

test('with other spellings: TSV, CRLF, quotes, a byte order mark, columns in another order', async () => {
  const cwd = directory();
  const rows = values();
  const spelled = rows.map(([a, b, c]) => `"${b}"\t${c}e0\tx\t +${a}`.replace('+-', '-'));
  writeFileSync(join(cwd, 'table.tsv'), `\ufeff${['b\tc\ttext\ta', ...spelled].join('\r\n')}`);
  await expectReference(`kmeans fit table.tsv --columns a,b,c ${FIT}`, cwd);
});

test('a row of weight 2 is the row twice', async () => {
  const cwd = directory();
  const rows = values().slice(0, 500);
  const weighted = rows.map((row, at) => [...row, String((at % 3) + 1)]);
  const repeated = rows.flatMap((row, at) => Array.from({ length: (at % 3) + 1 }, () => row));
  writeFileSync(join(cwd, 'weighted.csv'), `a,b,c,w\n${weighted.join('\n')}\n`);
  writeFileSync(join(cwd, 'repeated.csv'), `a,b,c\n${repeated.join('\n')}\n`);
  await shell(`kmeans fit weighted.csv --weight w -k 5 -q > weighted.json`, { cwd });
  await shell(`kmeans fit repeated.csv -k 5 -q > repeated.json`, { cwd });
  const [a, b] = ['weighted.json', 'repeated.json'].map((file) =>
    JSON.parse(readFileSync(join(cwd, file), 'utf8')),
  );
  for (const field of ['centroids', 'inertia', 'total', 'within', 'iterations', 'features']) {
    expect(a[field]).toEqual(b[field]);
  }
  expect(a.weights).toEqual(b.sizes);
});

test('predict gives the labels of the fit, to a shuffled table with more columns', async () => {
  const cwd = directory();
  writeFileSync(join(cwd, 'table.csv'), table);
  await fitted(`kmeans fit table.csv ${FIT}`, cwd);
  const labels = readFileSync(join(cwd, 'labels.csv'), 'utf8').split('\n').slice(1, -1);
  const shuffled = values().map(([a, b, c], at) => `${c},"row ""${at}""",${a},${b}`);
  writeFileSync(join(cwd, 'more.csv'), `c,note,a,b\n${shuffled.join('\n')}\n`);
  const { stdout } = await shell('kmeans predict more.csv -m model.json -q', { cwd });
  expect(
    stdout ===
      `c,note,a,b,cluster\n${shuffled.map((row, at) => `${row},${labels[at]}`).join('\n')}\n`,
  ).toBe(true);
});
