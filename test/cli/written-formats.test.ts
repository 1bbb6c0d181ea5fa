/** Every format that is written, with pyarrow as the judge of those that are no text. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { pythonWithArrow } from './pyarrow.js';
import { directory, fixtures, iris, run, shell } from './run.js';

const python = pythonWithArrow();
const measures = '--distance --second --margin --distances';

function judge(script: string, cwd: string): string {
  const imports = 'import json, pyarrow as pa, pyarrow.csv as csv, pyarrow.parquet as pq';
  return execFileSync(python as string, ['-c', `${imports}\n${script}`], { cwd, encoding: 'utf8' });
}

async function fitted(): Promise<string> {
  const cwd = directory();
  await run(['fit', iris, '-k', '3', '-q', '-m', 'm.json'], { cwd });
  return cwd;
}

test('fit writes beside its rows what predict writes beside them', async () => {
  const cwd = await fitted();
  for (const name of ['csv', 'jsonl', 'parquet', 'arrow', 'tsv.gz']) {
    const { stderr } = await shell(
      `kmeans fit '${iris}' -k 3 -q -m again.json -o fit.${name} ${measures}
       kmeans predict '${iris}' -q -m m.json -o predict.${name} ${measures}`,
      { cwd },
    );
    expect(stderr).toBe('');
    const [fit, predict] = ['fit', 'predict'].map((of) => readFileSync(join(cwd, `${of}.${name}`)));
    expect(predict?.equals(fit as Buffer), name).toBe(true);
  }
});

test('rows that were left out keep their place, and prepared ones are measured as prepared', async () => {
  const cwd = directory();
  const penguins = join(fixtures, 'penguins.csv');
  const prepared = '--missing drop --categorical species --scale standard --exclude year';
  for (const name of ['csv', 'parquet', 'jsonl']) {
    const { stderr } = await shell(
      `kmeans fit '${penguins}' -k 3 -q ${prepared} -m m.json -o fit.${name} ${measures}
       kmeans predict '${penguins}' -q -m m.json -o predict.${name} ${measures}`,
      { cwd },
    );
    expect(stderr).toBe('');
    const [fit, predict] = ['fit', 'predict'].map((of) => readFileSync(join(cwd, `${of}.${name}`)));
    expect(predict?.equals(fit as Buffer), name).toBe(true);
  }
  expect(readFileSync(join(cwd, 'fit.csv'), 'utf8').split('\n')[4]).toMatch(/,2007,{7}$/);
  const fourth = JSON.parse(readFileSync(join(cwd, 'fit.jsonl'), 'utf8').split('\n')[3] ?? '');
  expect(fourth).toMatchObject({
    cluster: null,
    distance: null,
    second: null,
    bill_length_mm: null,
  });
});

test('measures agree with each other', async () => {
  const cwd = await fitted();
  const { stdout } = await shell(`kmeans predict '${iris}' -q -m m.json --to jsonl ${measures}`, {
    cwd,
  });
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(rows).toHaveLength(150);
  for (const row of rows) {
    const distances = [row.distance_0, row.distance_1, row.distance_2];
    const [first, second] = distances.toSorted((a, b) => a - b);
    expect(row).toMatchObject({ distance: first, margin: second - first });
    expect([distances[row.cluster], distances[row.second]]).toEqual([first, second]);
  }
});

test('of one cluster there is no second', async () => {
  const cwd = directory();
  const fit = `printf 'a\n1\n2\n' | kmeans fit -k 1 -q -o - --second --margin`;
  expect((await shell(fit, { cwd })).stdout).toBe('a,cluster,second,margin\n1,0,,\n2,0,,\n');
  expect((await shell(`${fit} --to jsonl`, { cwd })).stdout).toBe(
    '{"a":1.0,"cluster":0,"second":null,"margin":null}\n{"a":2.0,"cluster":0,"second":null,"margin":null}\n',
  );
});

test('compressed text is the text', async () => {
  const cwd = await fitted();
  await shell(
    `kmeans predict '${iris}' -q -m m.json -o rows.csv.gz -l labels.jsonl.gz
     kmeans predict '${iris}' -q -m m.json -o rows.csv
     kmeans blobs -n 10 -q -o blobs.tsv.gz; kmeans blobs -n 10 -q --format tsv > blobs.tsv`,
    { cwd },
  );
  const plain = (name: string): string => gunzipSync(readFileSync(join(cwd, name))).toString();
  expect(plain('rows.csv.gz')).toBe(readFileSync(join(cwd, 'rows.csv'), 'utf8'));
  expect(plain('labels.jsonl.gz').split('\n')[0]).toBe('{"cluster":1}');
  expect(plain('blobs.tsv.gz')).toBe(readFileSync(join(cwd, 'blobs.tsv'), 'utf8'));
});

test('a format is told only where no name tells it', async () => {
  const cwd = await fitted();
  const predict = `kmeans predict '${iris}' -q -m m.json`;
  const both = await shell(`${predict} -o rows.tsv -l - --to jsonl | head -1`, { cwd });
  expect(both).toEqual({ stdout: '{"cluster":1}\n', stderr: '', code: 0 });
  expect(readFileSync(join(cwd, 'rows.tsv'), 'utf8')).toMatch(/^sepal_length\tsepal_width/);
  const contrary = await shell(`${predict} -o rows.tsv --to jsonl`, { cwd });
  expect(contrary).toMatchObject({
    stderr: 'error: --to is jsonl, and the name rows.tsv says tsv\n',
    code: 2,
  });
  const mistyped = await shell(`${predict} --to jsnol`, { cwd });
  expect(mistyped.stderr).toContain('did you mean "jsonl"?');
});

test.each([
  ['x.npy', 'names a .npy file, and that format is not written'],
  ['x.xlsx', 'names a .xlsx file, and that format is not written'],
  ['x.csv.xz', 'names a .xz file, and such compression is not written'],
  [
    'x.parquet.gz',
    'names a .parquet.gz file, and Parquet is not compressed as a whole, only text is',
  ],
])('%s is refused before any work', async (name, rule) => {
  for (const args of [`fit nowhere.csv -k 3 -o ${name}`, `blobs -o ${name}`]) {
    const { stderr, code } = await run(args.split(' '), { cwd: directory() });
    expect(stderr).toMatch(`error: --output ${rule}\n\nhint: `);
    expect(code).toBe(2);
  }
});

test('rows that trickle in come out compressed at once', async () => {
  const cwd = await fitted();
  const first = `require("fs").createReadStream("rows.jsonl.gz").pipe(require("zlib").createGunzip())
    .once("data", (text) => { console.log(String(text)); process.exit(); })`;
  // The input stays open until the first rows have come out.
  const { stdout } = await shell(
    `mkfifo in rows.jsonl.gz
     timeout 30 node -e '${first}' > first & reader=$!
     kmeans predict in -q -m m.json -o rows.jsonl.gz &
     exec 3> in
     head -3 '${iris}' >&3
     wait $reader
     exec 3>&-
     wait
     cat first`,
    { cwd },
  );
  expect(stdout).toContain('"cluster":1}');
});

test.runIf(python)('pyarrow reads every table that is no text', async () => {
  const cwd = await fitted();
  const digits = join(fixtures, 'digits.arrow');
  const { stderr } = await shell(
    `kmeans predict '${iris}' -q -m m.json -o text.csv ${measures}
     kmeans predict '${iris}' -q -m m.json -o text.parquet -l labels.parquet ${measures}
     kmeans predict '${iris}' -q -m m.json -o text.jsonl ${measures}
     kmeans fit '${digits}' --exclude digit -k 10 -q -m d.json -o digits.parquet --distance
     kmeans blobs -n 70000 --truth -q -o blobs.parquet; kmeans blobs -n 70000 --truth -q -o blobs.csv`,
    { cwd },
  );
  expect(stderr).toBe('');
  const script = `
text, table = csv.read_csv('text.csv'), pq.read_table('text.parquet')
assert [f.type for f in table.schema][4:8] == [pa.string(), pa.uint32(), pa.float64(), pa.uint32()], table.schema
assert table.to_pylist() == text.to_pylist()
assert [json.loads(line) for line in open('text.jsonl')] == text.to_pylist()
assert pq.read_table('labels.parquet')['cluster'].to_pylist() == text['cluster'].to_pylist()
before = pa.ipc.open_file(${JSON.stringify(digits)}).read_all()
after = pq.read_table('digits.parquet')
assert after.drop_columns(['cluster', 'distance']).equals(before), after.schema
assert pq.read_table('blobs.parquet').to_pylist() == csv.read_csv('blobs.csv').to_pylist()
print(after.num_rows)`;
  expect(judge(script, cwd)).toBe('1797\n');
});

test('a reader of compressed or typed rows that goes away ends a command quietly', async () => {
  const cwd = directory();
  for (const format of ['jsonl', 'parquet', 'arrow']) {
    const { stderr, code } = await shell(
      `kmeans blobs -n 300000 -q --format ${format} | head -c 10 > /dev/null`,
      { cwd },
    );
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  }
});
