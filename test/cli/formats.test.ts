/** Every format, by path and by pipe: the same values give the same bytes of model and labels. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { pythonWithArrow } from './pyarrow.js';
import { directory, run, shell } from './run.js';

const python = pythonWithArrow();
const ROWS = 5000;
const COLUMNS = ['x1', 'x2', 'x3'] as const;
const FIT = '-k 5 --n-init 2 --seed 3 -q -m model.json -l labels.csv';

/** Values that no f32 holds. */
const values: readonly (readonly number[])[] = Array.from({ length: ROWS }, (_, row) =>
  COLUMNS.map((_, column) => {
    const noise = Math.sin(row * 12.9898 + column * 78.233) * 43758.5453;
    return (row % 5) * (column + 1) + noise - Math.floor(noise);
  }),
);

const csv = `${COLUMNS.join()}\n${values.map((row) => row.join()).join('\n')}\n`;
const objects = values.map((row) =>
  JSON.stringify(Object.fromEntries(row.map((value, at) => [COLUMNS[at], value]))),
);
const jsonl = `${objects.join('\n')}\n`;

function npy(fortran: boolean): Buffer {
  const shape = `{'descr': '<f8', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${ROWS}, 3), }`;
  const header = Buffer.from(`${shape.padEnd(117)}\n`);
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]);
  const order = fortran
    ? COLUMNS.flatMap((_, column) => values.map((row) => row[column] as number))
    : values.flat();
  return Buffer.concat([start, header, Buffer.from(Float64Array.from(order).buffer)]);
}

/** Files that pyarrow makes of `table.csv`. */
const PYARROW = `
import pyarrow as pa, pyarrow.csv, pyarrow.ipc, pyarrow.parquet as pq
table = pa.csv.read_csv('table.csv')
for codec in (None, 'lz4', 'zstd'):
    options = pa.ipc.IpcWriteOptions(compression=codec)
    with pa.ipc.new_file(f'{codec}.arrow', table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=777)
for codec in ('none', 'snappy', 'gzip', 'brotli', 'zstd', 'lz4'):
    pq.write_table(table, f'{codec}.parquet', compression=codec, row_group_size=1234)
open('table.csv.zst', 'wb').write(pa.compress(open('table.csv', 'rb').read(), codec='zstd', asbytes=True))
rows = pa.FixedSizeListArray.from_arrays(pa.array([x for row in zip(*table.columns) for x in row], pa.float64()), 3)
pq.write_table(pa.table({'x': rows}), 'vectors.parquet')
pq.write_table(pa.table({'x': rows.cast(pa.list_(pa.float64()))}), 'lists.parquet')
`;

async function fitted(script: string, cwd: string): Promise<string> {
  const { stderr, code } = await shell(script, { cwd });
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  return ['model.json', 'labels.csv'].map((file) => readFileSync(join(cwd, file), 'utf8')).join();
}

let reference = '';

/** From the plain CSV. */
async function expected(): Promise<string> {
  if (reference === '') {
    const cwd = directory();
    writeFileSync(join(cwd, 'table.csv'), csv);
    reference = await fitted(`kmeans fit table.csv ${FIT}`, cwd);
  }
  return reference;
}

async function expectReference(file: string, cwd: string): Promise<void> {
  const reference = await expected();
  expect((await fitted(`kmeans fit ${file} ${FIT}`, cwd)) === reference).toBe(true);
  expect((await fitted(`cat ${file} | kmeans fit ${FIT}`, cwd)) === reference).toBe(true);
}

const own: readonly (readonly [name: string, content: string | Uint8Array])[] = [
  ['table.csv.gz', gzipSync(csv)],
  ['table.members', Buffer.concat([gzipSync(csv.slice(0, 1000)), gzipSync(csv.slice(1000))])],
  ['table.npy', npy(false)],
  ['fortran.npy', npy(true)],
  ['table.npy.gz', gzipSync(npy(true))],
  ['table.jsonl', jsonl],
  ['table.ndjson.gz', gzipSync(jsonl)],
  ['table.json', `[${objects.join(',\n')}]`],
];

test.each(own)('from %s', async (name, content) => {
  const cwd = directory();
  writeFileSync(join(cwd, name), content);
  await expectReference(name, cwd);
});

test.runIf(python)('from what pyarrow writes', async () => {
  const cwd = directory();
  writeFileSync(join(cwd, 'table.csv'), csv);
  execFileSync(python as string, ['-c', PYARROW], { cwd });
  const arrow = ['None.arrow', 'lz4.arrow', 'zstd.arrow'];
  const codecs = ['none', 'snappy', 'gzip', 'brotli', 'zstd', 'lz4'];
  for (const file of [...arrow, ...codecs.map((codec) => `${codec}.parquet`), 'table.csv.zst']) {
    await expectReference(file, cwd);
  }
  const reference = await expected();
  for (const file of ['vectors.parquet', 'lists.parquet']) {
    const named = await fitted(`kmeans fit ${file} ${FIT}`, cwd);
    expect(named.replaceAll(/x\[(\d)\]/g, (_, at) => `x${Number(at) + 1}`) === reference).toBe(
      true,
    );
  }
});

test('from several files and a pattern, in any formats', async () => {
  const cwd = directory();
  const head = `${COLUMNS.join()}\n`;
  const lines = csv.slice(head.length).split('\n');
  writeFileSync(join(cwd, 'part-1.csv'), `${head}${lines.slice(0, 1000).join('\n')}\n`);
  writeFileSync(
    join(cwd, 'part-2.csv.gz'),
    gzipSync(`${head}${lines.slice(1000, 3000).join('\n')}\n`),
  );
  writeFileSync(join(cwd, 'part-3.jsonl'), objects.slice(3000).join('\n'));
  const reference = await expected();
  const files = 'part-1.csv part-2.csv.gz part-3.jsonl';
  expect((await fitted(`kmeans fit ${files} ${FIT}`, cwd)) === reference).toBe(true);
  expect((await fitted(`kmeans fit 'part-*' ${FIT} -o all.csv`, cwd)) === reference).toBe(true);
  const labels = readFileSync(join(cwd, 'labels.csv'), 'utf8').trimEnd().split('\n');
  const labelled = csv
    .trimEnd()
    .split('\n')
    .map((line, at) => `${line},${labels[at]}\n`);
  expect(readFileSync(join(cwd, 'all.csv'), 'utf8') === labelled.join('')).toBe(true);
  const { stdout } = await shell(`kmeans predict ${files} -q -m model.json`, { cwd });
  expect(stdout === labelled.join('')).toBe(true);
});

test('JSON lines keep their bytes and get a member', async () => {
  const cwd = directory();
  writeFileSync(join(cwd, 'a.jsonl'), '{"a": 1.0, "note": "é"}\n{"note": null, "a": 9}\n');
  const { stdout, stderr, code } = await shell(
    'kmeans fit a.jsonl -k 2 -q -m model.json; kmeans predict a.jsonl -q -m model.json',
    { cwd },
  );
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  expect(stdout.split('\n')[0]).toMatch(/^\{"a": 1\.0, "note": "é","cluster":[01]\}$/);
  expect(stdout.split('\n')[1]).toMatch(/^\{"note": null, "a": 9,"cluster":[01]\}$/);
});

test('a pattern does not read what the same run has written, and says so', async () => {
  const cwd = directory();
  writeFileSync(join(cwd, 'a.csv'), 'a,b\n1,2\n3,4\n');
  writeFileSync(join(cwd, 'b.csv'), 'a,b\n9,8\n7,6\n');
  const fit = ['fit', '*.csv', '-k', '2', '-m', 'model.json', '-o', 'out.csv'];
  const first = await run(fit, { cwd });
  const [model, rows] = ['model.json', 'out.csv'].map((name) => readFileSync(join(cwd, name)));
  const second = await run(fit, { cwd });
  const warning = 'warning: out.csv is written by this run, and was left out of *.csv\n';
  expect([first.code, first.stderr.includes('left out')]).toEqual([0, false]);
  expect([second.code, second.stderr.includes(warning)]).toEqual([0, true]);
  expect(readFileSync(join(cwd, 'model.json')).equals(model as Buffer)).toBe(true);
  expect(readFileSync(join(cwd, 'out.csv')).equals(rows as Buffer)).toBe(true);
  const predict = ['predict', './*.csv', '-m', 'model.json', '-o', 'out.csv'];
  expect((await run(predict, { cwd })).stderr).toContain('left out of ./*.csv');
  expect(readFileSync(join(cwd, 'out.csv')).equals(rows as Buffer)).toBe(true);
  // What a shell has named, or a person, is not left out in silence.
  const named = await run(['fit', 'a.csv', 'out.csv', '-k', '2', '-o', 'out.csv'], { cwd });
  expect(named.code).toBe(2);
  expect(named.stderr).toContain('--output would overwrite the input out.csv');
});

test('what follows gzip data is passed over with a warning', async () => {
  const cwd = directory();
  const packed = gzipSync('a,b\n1,2\n3,4\n9,9\n');
  writeFileSync(join(cwd, 'zeros.csv.gz'), Buffer.concat([packed, Buffer.alloc(1024)]));
  writeFileSync(join(cwd, 'more.csv.gz'), Buffer.concat([packed, Buffer.from('and more\n')]));
  const models = new Set<string>();
  for (const [name, warned] of [
    ['zeros.csv.gz', false],
    ['more.csv.gz', true],
  ] as const) {
    const { stdout, stderr, code } = await run(['fit', name, '-k', '2'], { cwd });
    expect([code, stderr.includes('is no gzip data and was passed over')]).toEqual([0, warned]);
    models.add(stdout);
  }
  expect(models.size).toBe(1);
});
