/** Tables that do not fit `--memory`: the same bytes, within the limit. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { directory, iris, run, shell } from './run.js';

const MB = 1e6;

/** Writes the most memory that the process had to a file, in kB. */
const PROBE = `import { writeFileSync } from 'node:fs';
process.on('exit', () => writeFileSync('peak', String(process.resourceUsage().maxRSS)));`;

/** Runs the command line and measures it, in bytes. */
async function peak(args: readonly string[], cwd: string): Promise<number> {
  writeFileSync(join(cwd, 'probe.mjs'), PROBE);
  const { stderr, code } = await run(args, { cwd, env: { NODE_OPTIONS: '--import=./probe.mjs' } });
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  return Number(readFileSync(join(cwd, 'peak'), 'utf8')) * 1024;
}

function report(stdout: string): Record<string, unknown> {
  return JSON.parse(stdout);
}

/** The model, the table and the labels under a name. */
function files(name: string): string[] {
  return ['-m', `${name}.json`, '-o', `${name}.csv`, '-l', `${name}.txt`];
}

test('a file of four times --memory is fitted within it, to the same bytes', async () => {
  const cwd = directory();
  const blobs = [
    'blobs',
    '-n',
    '560000',
    '-d',
    '6',
    '-k',
    '5',
    '--std',
    '3',
    '-q',
    '-o',
    'big.csv',
  ];
  await run(blobs, { cwd });
  const args = ['fit', 'big.csv', '-k', '5', '--max-iter', '5', '--threads', '2', '-q'];
  const [little, limit] = [
    await peak(['fit', iris, '-k', '3', '-q', '-m', 'iris.json'], cwd),
    15 * MB,
  ];
  const whole = await peak([...args, ...files('whole')], cwd);
  const part = await peak([...args, ...files('part'), '--memory', '15MB'], cwd);
  expect(readFileSync(join(cwd, 'big.csv')).length).toBeGreaterThan(4 * limit);
  // What the program itself takes varies by a few MB from run to run.
  expect(part - little).toBeLessThan(limit + 8 * MB);
  expect(whole - little).toBeGreaterThan(2 * limit);
  for (const kind of ['json', 'csv', 'txt']) {
    const [a, b] = ['whole', 'part'].map((name) => readFileSync(join(cwd, `${name}.${kind}`)));
    expect(a?.equals(b as Buffer), kind).toBe(true);
  }
}, 120_000);

test('a pipe is read once, and its report says why its rows are read again', async () => {
  const cwd = directory();
  const blobs = 'kmeans blobs -n 200000 -d 4 -k 4 -q --format';
  const fit = 'kmeans fit -k 4 --max-iter 3 --threads 2';
  const models = new Set<string>();
  for (const format of ['csv', 'arrow']) {
    const held = await shell(`${blobs} ${format} | ${fit} -q`, { cwd });
    const script = `${blobs} ${format} | ${fit} --memory 13MB --json -m small.json`;
    const { stdout, stderr, code } = await shell(script, { cwd });
    expect(code, stderr).toBe(0);
    expect(report(stdout)).toMatchObject({
      streamed: true,
      algorithm: 'lloyd',
      rows: 200_000,
      memory: 13 * MB,
    });
    models.add(held.stdout).add(readFileSync(join(cwd, 'small.json'), 'utf8'));
  }
  expect(models.size).toBe(1);
  const { stderr } = await shell(`${blobs} csv | ${fit} --memory 13MB -m small.json`, { cwd });
  expect(stderr).toMatch(
    /\n {2}rows {6}read \d+ times, because \d+\.?\d* MB do not fit --memory 13 MB\n/,
  );
}, 60_000);

test('rows are prepared as they pass by, as they are in memory', async () => {
  const cwd = directory();
  const names = ['oak', 'elm', 'ash'];
  const cell = (row: number): string => (row % 17 === 3 ? '' : String(Math.sin(row) * 1e4));
  const rows = Array.from({ length: 300_000 }, (_, row) => {
    return `${row + 1},${row % 977},${cell(row)},${names[row % 3]},${row % 2 ? 'x' : 'y'},${row % 5}`;
  });
  writeFileSync(join(cwd, 'mixed.csv'), `id,a,b,tree,class,w\n${rows.join('\n')}\n`);
  const plain = ['--exclude', 'tree,class'];
  const all = ['--categorical', 'tree', '--truth', 'class', '--weight', 'w'];
  const ways = [
    [...plain, '--missing', 'drop'],
    [...plain, '--missing', 'median', '--scale', 'robust'],
    [...all, '--missing', 'mean', '--scale', 'standard'],
    [...all, '--missing', 'drop', '--scale', 'l2'],
  ];
  for (const way of ways) {
    const fit = async (name: string, memory: readonly string[]): Promise<object> => {
      const args = ['fit', 'mixed.csv', '-k', '4', '--max-iter', '4', '--threads', '2', ...way];
      const { stdout, stderr, code } = await run(
        [...args, ...files(name), '--json', '-q', ...memory],
        { cwd },
      );
      expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
      const { streamed, passes, memory: _, memoryNeeded, algorithm, ...same } = report(stdout);
      expect(streamed).toBe(memory.length > 0);
      // Hints too.
      expect(String(same.warnings)).toContain('column "id" looks like a running number');
      return same;
    };
    expect(await fit('part', ['--memory', '17MB'])).toEqual(await fit('whole', []));
    for (const kind of ['json', 'csv', 'txt']) {
      const [a, b] = ['whole', 'part'].map((name) => readFileSync(join(cwd, `${name}.${kind}`)));
      expect(a?.equals(b as Buffer), `${way} ${kind}`).toBe(true);
    }
  }
}, 120_000);

test('what fits is held, and the report says so', async () => {
  const { stdout } = await run(['fit', iris, '-k', '3', '--json', '--memory', '50%']);
  expect(report(stdout)).toMatchObject({ streamed: false });
  expect(report(stdout)).not.toHaveProperty('passes');
});

test('a size is refused that is none', async () => {
  for (const size of ['5', 'MB', '-3MB', '0GB', '0%', '101%', '1.2.3MB', '5 apples', '1e3MB']) {
    const { stderr, code } = await run(['fit', iris, '-k', '3', `--memory=${size}`]);
    expect(stderr).toBe(
      `error: --memory must be a size such as 512MB, 2GiB or 50%, got "${size}"\n`,
    );
    expect(code).toBe(2);
  }
});

test('a size that is too small is told what would do, and that does', async () => {
  const fit = ['fit', iris, '-k', '3', '--threads', '1', '--json', '--memory'];
  const { stderr, code } = await run([...fit, '10kB']);
  expect(code).toBe(2);
  const least = /hint: say --memory (\S+)/.exec(stderr)?.[1] ?? '';
  expect(stderr).toMatch(
    /^error: --memory must be at least .* for a table of 150 rows and 4 columns, got 10 kB\n/,
  );
  const second = await run([...fit, least]);
  expect(second.code, second.stderr).toBe(0);
});

test('whatever is too small is told the same, once', async () => {
  const cwd = directory();
  for (const rows of [2, 3, 40]) {
    writeFileSync(join(cwd, 'few.csv'), `a,b\n${'1.5,2\n3,4\n'.repeat(rows / 2 + 1)}`);
    const fit = ['fit', 'few.csv', '-k', '2', '-q', '-m', 'model.json', '--memory'];
    const told = new Set<string>();
    for (const size of ['1B', '64B', '100B', '0.12kB', '150B', '200B']) {
      const { stderr } = await run([...fit, size], { cwd });
      const [, least] = /hint: say --memory (\S+)/.exec(stderr) ?? [];
      if (least !== undefined) told.add(least);
    }
    expect([...told]).toHaveLength(1);
    const { stderr, code } = await run([...fit, ...told], { cwd });
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  }
});

test('a cell at fault is told as it is in memory', async () => {
  const cwd = directory();
  const rows = Array.from({ length: 300_000 }, (_, row) => `${row},${row % 7}`);
  rows[280_000] = '280000,none';
  writeFileSync(join(cwd, 'bad.csv'), `a,b\n${rows.join('\n')}\n`);
  const held = await run(['fit', 'bad.csv', '-k', '3'], { cwd });
  const fit = ['fit', 'bad.csv', '-k', '3', '--threads', '1', '--memory', '11MB'];
  expect(await run(fit, { cwd })).toEqual(held);
  expect(held.stderr).toContain('row 280001');
});

test('a temporary folder that cannot be written is told', async () => {
  const cwd = directory();
  await run(['blobs', '-n', '200000', '-d', '4', '-k', '4', '-q', '-o', 'big.csv'], { cwd });
  const fit = ['fit', 'big.csv', '-k', '4', '--threads', '1', '--memory', '12MB'];
  const { stderr, code } = await run(fit, { cwd, env: { TMPDIR: join(cwd, 'none') } });
  expect(stderr).toContain('cannot copy big.csv to the temporary folder');
  expect(stderr).toContain('hint: set TMPDIR to a folder with room for the whole input');
  expect(code).toBe(1);
});
