/** Comments, decimal commas, and rows that come one by one. */
import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { directory, outcome, run, shell, start } from './run.js';

const GERMAN = '# Messung 7\nx;y;ort\n1,5;2;a\n1,25;2;b\n9,5;8;a\n9,75;8;b\n';

test('comments and decimal commas are found out, told, and kept in the output', async () => {
  const cwd = directory();
  writeFileSync(join(cwd, 'rows.csv'), GERMAN);
  const args = ['fit', 'rows.csv', '-k', '2', '-m', 'm.json', '-o', 'out.csv'];
  const { stderr, code } = await run(args, { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('--comment none') });
  expect(stderr).toContain('--decimal .');
  const { stdout } = await run(['predict', '-m', 'm.json', '-q'], { cwd, stdin: GERMAN });
  expect(stdout).toBe('x;y;ort;cluster\n1,5;2;a;0\n1,25;2;b;0\n9,5;8;a;1\n9,75;8;b;1\n');
  const { code: same } = await shell(`kmeans predict rows.csv -m m.json -q | cmp - out.csv`, {
    cwd,
  });
  expect(same).toBe(0);
});

test('comments and decimal commas are what the flags say', async () => {
  const rows = '%x\na\tb\n1,5\t2\n%\n3,5\t4\n';
  const args = ['fit', '-k', '2', '--comment', '%', '--decimal', ',', '-l', '-'];
  const { stdout, code } = await run(args, { stdin: rows });
  expect({ stdout, code }).toEqual({ stdout: 'cluster\n0\n1\n', code: 0 });
  for (const [flag, value] of [
    ['--decimal', '7'],
    ['--comment', 'ab'],
  ] as const) {
    const { stderr, code } = await run(['fit', '-k', '1', flag, value], { stdin: rows });
    expect({ stderr, code }).toEqual({
      stderr: expect.stringContaining(`${flag} must be`),
      code: 2,
    });
  }
  const { stderr } = await run(['fit', '-k', '1', '--decmal', ','], { stdin: rows });
  expect(stderr).toContain('did you mean --decimal?');
});

test('a wrong decimal mark is told with its flag', async () => {
  const { stderr, code } = await run(['fit', '-k', '1', '--decimal', ',', '-l', '-'], {
    stdin: 'a;b\n1;2\n1.5;3\n',
  });
  expect(code).toBe(1);
  expect(stderr).toContain('"1.5" is not a number');
  expect(stderr).toContain('--decimal .');
});

test('rows that trickle in are labelled as they come, on any number of threads', async () => {
  const cwd = await fitted();
  for (const threads of ['1', '4']) {
    const child = start(['predict', '-m', 'm.json', '-q', '--threads', threads], { cwd });
    child.stdin?.write('note,a,b\n');
    expect(await next(child)).toBe('note,a,b,cluster\n');
    for (const row of ['"x,y",1,2', 'z,9,8']) {
      child.stdin?.write(`${row}\n`);
      expect(await next(child)).toMatch(new RegExp(`^${row},[01]\n$`));
    }
    child.stdin?.end();
    expect((await outcome(child)).code).toBe(0);
  }
});

test('a bad row is told at once although more could come', async () => {
  const cwd = await fitted();
  const child = start(['predict', '-m', 'm.json', '-q', '--threads', '4'], { cwd });
  const ended = outcome(child);
  child.stdin?.write('a,b\n1,2\n1,x\n');
  const { stderr, code } = await ended;
  expect({ stderr, code }).toEqual({ stderr: expect.stringContaining('row 2 (line 3)'), code: 1 });
});

test('a reader that goes away ends a prediction although its input is silent', async () => {
  const cwd = await fitted();
  const child = start(['predict', '-m', 'm.json', '-q', '--threads', '4'], { cwd });
  child.stdin?.write('a,b\n1,2\n');
  await next(child);
  child.stdout?.destroy();
  // Two rows: the first may still fit into what nobody reads.
  for (const row of ['9,8\n', '1,2\n']) child.stdin?.write(row);
  expect((await outcome(child)).code).toBe(0);
});

test('a prediction is the same on any number of threads', async () => {
  const cwd = await fitted();
  const { code } = await shell(
    `kmeans blobs -n 300000 -d 2 --seed 3 | sed '1s/.*/a,b/; 5000~9000s/$/ /' > rows.csv
     kmeans predict rows.csv -m m.json -q --threads 1 > one.csv
     kmeans predict rows.csv -m m.json -q --threads 3 > three.csv
     cmp one.csv three.csv && cat rows.csv | kmeans predict -m m.json -q --threads 2 | cmp - one.csv`,
    { cwd },
  );
  expect(code).toBe(0);
});

async function fitted(): Promise<string> {
  const cwd = directory();
  const stdin = 'a,b\n1,2\n2,2\n9,8\n8,8\n';
  await run(['fit', '-k', '2', '-m', 'm.json', '-q'], { cwd, stdin });
  return cwd;
}

function next(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => child.stdout?.once('data', (bytes) => resolve(String(bytes))));
}
