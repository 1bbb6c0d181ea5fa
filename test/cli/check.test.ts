import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { expectGolden } from './golden.js';
import { directory, fixtures, run, shell } from './run.js';

/** Ids, holes, a constant, an outlier, units that differ and a text of two kinds. */
function messy(): string {
  const cwd = directory();
  const rows = Array.from({ length: 40 }, (_, row) => {
    const income = row === 7 ? 9_000_000 : 30_000 + row * 311;
    return `${row + 1},${row === 3 ? '' : 20 + (row % 13)},${income},1,${row % 2 ? 'north' : 'south'}`;
  });
  writeFileSync(join(cwd, 'a b.csv'), `id,age,income,version,region\n${rows.join('\n')}\n`);
  return cwd;
}

test('a table is described for a person', async () => {
  const { stdout, stderr, code } = await run(['check', 'penguins.csv'], { cwd: fixtures });
  expect([code, stderr]).toEqual([0, '']);
  expectGolden('check-penguins', stdout);
});

test('everything that is odd about a table is found, and the command that follows works', async () => {
  const cwd = messy();
  const { stdout } = await run(['check', 'a b.csv', '--json'], { cwd });
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({
    schemaVersion: 1,
    format: 'csv',
    rows: 40,
    lacking: 1,
    repeated: 0,
  });
  const kinds = report.findings.map(({ kind, column }: { kind: string; column?: string }) => [
    kind,
    column,
  ]);
  expect(kinds).toEqual([
    ['missing', 'age'],
    ['id', 'id'],
    ['constant', 'version'],
    ['outliers', 'income'],
    ['spread', undefined],
    ['texts', 'region'],
  ]);
  expect(report.flags.join(' ')).toBe('--id id --exclude version --missing drop --scale robust');
  expect(report.columns[4]).toMatchObject({ kind: 'text', used: false, distinct: 2 });
  const shown = await run(['check', 'a b.csv'], { cwd });
  const line = shown.stdout.split('\n').find((each) => each.includes('kmeans fit')) ?? '';
  expect(line).toContain("kmeans fit 'a b.csv' -k 3 --id id");
  const fitted = await shell(`${line} -q`, { cwd });
  expect([fitted.code, fitted.stderr]).toEqual([0, '']);
});

test('repeated rows are counted and texts beyond a thousand are not told apart', async () => {
  const rows = Array.from({ length: 1500 }, (_, row) => `${row % 100},name ${row}`);
  const stdin = `a,b\n${rows.join('\n')}\n`;
  const report = JSON.parse((await run(['check', '--json'], { stdin })).stdout);
  expect(report).toMatchObject({ rows: 1500, repeated: 1400 });
  const shown = await run(['check'], { stdin });
  expect(shown.stdout).toContain('over 1000');
  expect(shown.stdout).toContain('1400 of 1500 rows equal an earlier one');
});

test('a table beyond the memory is described alike, but for what only all rows together tell', async () => {
  const cwd = messy();
  const held = JSON.parse((await run(['check', 'a b.csv', '--json'], { cwd })).stdout);
  const passed = JSON.parse(
    (await run(['check', 'a b.csv', '--memory', '1kB', '--json'], { cwd })).stdout,
  );
  expect(passed.repeated).toBeUndefined();
  expect(passed.warnings).toEqual([
    'the table takes more than 1 kB of memory, so repeated rows and different numbers are not counted',
  ]);
  const known = held.columns.map(({ distinct, ...column }: { distinct: number; kind: string }) =>
    column.kind === 'text' ? { ...column, distinct } : column,
  );
  expect(passed.columns).toEqual(known);
  expect([passed.findings, passed.flags]).toEqual([held.findings, held.flags]);
});

test('the command that follows is told what check was told', async () => {
  const cwd = directory();
  const rows = Array.from({ length: 30 }, (_, row) => `${row + 1};${row % 7};${row * 2};1`);
  writeFileSync(join(cwd, 't.txt'), `% made up\nid;a,b;c;w\n${rows.join('\n')}\n`);
  const args = ['--comment', '%', '--delimiter', ';', '--columns', 'id,"a,b"', '--weight', 'w'];
  const { stdout } = await run(['check', 't.txt', ...args], { cwd });
  const line = stdout.split('\n').find((each) => each.includes('kmeans fit')) ?? '';
  expect(line.trim()).toBe(
    `kmeans fit t.txt -k 3 --columns 'id,"a,b"' --weight w --delimiter ';' --comment % -m model.json`,
  );
  const { code, stderr } = await shell(`${line} -q`, { cwd });
  expect([code, stderr]).toEqual([0, '']);
});

test('no command is suggested that leaves nothing to cluster', async () => {
  const stdin = 'id,v\n1,5\n1,5\n1,5\n';
  expect((await run(['check'], { stdin })).stdout).toContain('kmeans fit - -k 3 -m model.json');
});

test('what cannot be read is told as fit tells it', async () => {
  const { stderr, code } = await run(['check', 'no.csv']);
  expect([code, stderr]).toEqual([
    1,
    'error: cannot read no.csv: there is no such file or directory\n',
  ]);
});
