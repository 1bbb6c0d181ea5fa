/**
 * Every message with names, cells, paths and arguments that would move a cursor, break a line or turn
 * the direction of text around: none of it reaches a terminal.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { model } from './bad-tables.js';
import { directory, iris, run, shell } from './run.js';

/** A C0, DEL, a C1, bidi controls, separators, what is invisible, and what a shell reads. */
const H = `h'"\n\r\t\u001b[35m\u001b[2J\u0007\u007f\u0085\u009b31m\u202e\u2066\u200b\u2028\u2029\ufeff$(x)\`y\``;
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\ufffd]/u;
const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[(?:[12]|22|3[1369])m`, 'g');

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const name = quoted(H);

const scale = { name: 'scale', method: H, shifts: [0, 0], scales: [1, 1] };

const files: Readonly<Record<string, string | Uint8Array>> = {
  [`${H}.csv`]: 'a,b\n1,2\n3,4\n5,9\n',
  [`${H}.empty`]: '',
  [`${H}.ragged`]: 'a,b\n1,2\n3,4,5\n',
  [`${H}.nul`]: 'a,b\n1,2\n3,\0\n',
  [`${H}.gz`]: gzipSync('a,b\n1,2\n3,4\n').subarray(0, -6),
  [`${H}.trailing.gz`]: Buffer.concat([gzipSync('a,b\n1,2\n3,4\n'), Buffer.from('more')]),
  [`${H}.bz2`]: 'BZh91AY&SY',
  [`${H}.utf16`]: Buffer.from('\ufeffa,b\n1,2\n', 'utf16le'),
  [`${H}.jsonl`]: '{"a":1,"b":2}\n{"a":3,"b":}\n',
  [`${H}.arrow`]: 'ARROW1\0\0no more',
  'columns.csv': `${name},b,c,d\n1,2,${name},7\n3,4,x,7\n5,9,${name},7\n`,
  'cells.csv': `a,b\n1,2\n3,${name}\n`,
  'twice.csv': `${name},${name}\n1,2\n3,4\n`,
  'constant.csv': `${name},a,b\n1,1,4\n1,2,5\n1,9,1\n`,
  'missing.csv': `${name},a\n1,1\n,2\n3,3\n`,
  'later.csv': `${name},b\n1,2\n`,
  'keys.jsonl': `{"a":1,${JSON.stringify(H)}:2}\n{"a":3,${JSON.stringify(H)}:"x"}\n`,
  'keys-twice.jsonl': `{"a":1,${JSON.stringify(H)}:2,${JSON.stringify(H)}:3}\n`,
  'requires.json': JSON.stringify({ ...model, requires: [H] }),
  'method.json': JSON.stringify({ ...model, requires: ['scale'], preprocessing: [scale] }),
  'step.json': JSON.stringify({ ...model, preprocessing: [{ ...scale, name: H }] }),
  'feature.json': JSON.stringify({ ...model, features: [{ name: H }, { name: H }] }),
  'other-features.json': JSON.stringify({ ...model, features: [{ name: H }, { name: 'b' }] }),
  'format.json': JSON.stringify({ ...model, format: H }),
  'stopped.json': JSON.stringify({ ...model, seed: H }),
  'model.json': JSON.stringify(model),
  'good.csv': 'a,b\n1,2\n3,4\n5,9\n',
};

const fit = (...args: readonly string[]): readonly string[] => ['fit', ...args, '-k', '2'];
const option = (flag: string, value = H): readonly string[] => fit('good.csv', `${flag}=${value}`);

const lines: readonly (readonly string[])[] = [
  [H],
  ['help', H],
  ['fit', `--${H}`],
  ['fit', `--clustrs${H}`],
  ['blobs', H],
  fit(H),
  fit(`${H}*`, 'nowhere'),
  fit(`nowhere${H}*`),
  fit('good.csv', '-', H),
  ...['.csv', '.empty', '.ragged', '.nul', '.gz', '.trailing.gz', '.bz2', '.utf16', '.jsonl']
    .concat('.arrow')
    .map((end) => fit(`${H}${end}`)),
  fit(`${H}.csv`, 'later.csv', '-o', 'out.csv'),
  ...['clusters', 'n-init', 'max-iter', 'tol', 'threads', 'seed', 'algorithm', 'memory', 'isa']
    .concat('init', 'missing', 'scale', 'categorical-weight', 'format', 'to', 'delimiter')
    .concat('decimal', 'comment', 'weight', 'truth', 'columns', 'exclude', 'id', 'categorical')
    .map((flag) => option(`--${flag}`)),
  ...['columns', 'exclude', 'id', 'categorical'].map((flag) => option(`--${flag}`, quoted(H))),
  option('--columns', `"${H}`),
  option('--columns', `${H},,`),
  option('--columns', `!${quoted(`${H}*`)}`),
  option('--columns', `a:${quoted(H)}`),
  ...['--model', '--output', '--labels'].flatMap((flag) => [
    option(flag, H),
    option(flag, `${H}/`),
    option(flag, `${H}/nowhere`),
    fit(`${H}.csv`, `${flag}=${H}.csv`),
  ]),
  option('--output', `${H}.xz`),
  fit('good.csv', '-o', H, '-l', H),
  fit('good.csv', '-o', H, '-l', 'folder'),
  fit('columns.csv'),
  fit('columns.csv', '--columns', '3'),
  fit('columns.csv', '--truth', 'c'),
  fit('columns.csv', '--categorical', 'c'),
  fit('columns.csv', '--weight', H),
  fit('columns.csv', '--id', name, '--columns', name),
  fit('columns.csv', '--json', '-m', H),
  fit('cells.csv', '--columns', 'b'),
  fit('cells.csv'),
  fit('twice.csv'),
  fit('constant.csv'),
  fit('missing.csv'),
  fit('keys.jsonl'),
  fit('keys-twice.jsonl'),
  ...['columns', 'cells', 'constant', 'missing'].map((file) => ['check', `${file}.csv`]),
  ['check', `${H}.csv`],
  ['check', `${H}.csv`, '--exclude', quoted(H)],
  ...['requires', 'method', 'step', 'feature', 'other-features', 'format', 'stopped'].flatMap(
    (file) => [
      ['predict', 'good.csv', '-m', `${file}.json`],
      ['fit', 'good.csv', '--init', `${file}.json`],
    ],
  ),
  ['predict', 'good.csv', '-m', H],
  ['predict', 'good.csv', '-m', `${H}.csv`],
  ['predict', `${H}.csv`, '-m', 'model.json', '-o', H, '-l', `${H}2`],
  ['predict', 'good.csv', '-m', 'model.json', `--missing=${H}`],
  ['blobs', '-n', '3', '-o', H],
];

test('nothing of it reaches the terminal, in colour or without', { timeout: 300_000 }, async () => {
  const cwd = directory();
  for (const [file, bytes] of Object.entries(files)) writeFileSync(join(cwd, file), bytes);
  mkdirSync(join(cwd, 'folder'));
  let said = 0;
  for (const [at, args] of lines.entries()) {
    const env = { FORCE_COLOR: at % 2 ? '1' : '0' };
    const { stdout, stderr, code } = await run(args, { cwd, env, stdin: 'a\n1\n2\n3\n' });
    const page = stderr + (args[0] === 'check' ? stdout : '');
    const shown = page.replaceAll(COLOUR, '').replaceAll('\n', '');
    expect(shown.match(HIDDEN)?.[0].codePointAt(0), JSON.stringify(args)).toBeUndefined();
    expect(code, `${JSON.stringify(args)}: ${stderr}`).toBeLessThan(3);
    said += shown.includes("h'") || shown.includes("h\\'") ? 1 : 0;
  }
  // Most of them do name it.
  expect(said).toBeGreaterThan(lines.length / 2);
});

test.runIf(process.platform !== 'win32')(
  'the command that check suggests runs when it is pasted',
  async () => {
    const cwd = directory();
    for (const file of [`${H}.csv`, `-${H}.csv`]) {
      writeFileSync(join(cwd, file), files['constant.csv'] ?? '');
      const { stdout } = await run(['check', '--', file], { cwd });
      const command = stdout.trimEnd().split('\n').at(-1) ?? '';
      expect(command).toContain('--exclude');
      const { stderr, code } = await shell(`${command.replace('-k 3', '-k 2')} --json`, { cwd });
      expect(code, `${command}\n${stderr}`).toBe(0);
      expect(existsSync(join(cwd, 'model.json'))).toBe(true);
    }
  },
);

test('data keep their bytes', async () => {
  const cwd = directory();
  writeFileSync(join(cwd, 'columns.csv'), files['columns.csv'] ?? '');
  const { stdout } = await run(['fit', 'columns.csv', '-k', '2', '-q'], { cwd });
  expect(JSON.parse(stdout).features[0].name).toBe(H.trim());
  writeFileSync(join(cwd, 'model.json'), stdout);
  const { stdout: rows } = await run(['predict', 'columns.csv', '-m', 'model.json'], { cwd });
  expect(rows.startsWith(`${name},b,c,d,cluster\n`)).toBe(true);
});

test('a stderr that is full or closed changes nothing', async () => {
  const cwd = directory();
  const fits = `kmeans fit '${iris}' -k 3 -m model.json`;
  for (const script of [`${fits} 2>/dev/full`, `${fits} 2>&-`]) {
    if (script.includes('full') && !existsSync('/dev/full')) continue;
    const { code } = await shell(script, { cwd });
    expect(code, script).toBe(0);
  }
});
