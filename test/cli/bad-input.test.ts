/** What a person does wrong: one sentence, the right exit code, and nothing overwritten. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeBadTables } from './bad-tables.js';
import { expectGolden } from './golden.js';
import { directory, run } from './run.js';

const USAGE = 2;
const FAILED = 1;

type Case = readonly [name: string, args: string, code: number];

const commandLines: readonly Case[] = [
  ['no-command', '', USAGE],
  ['command-typo', 'fti good.csv', USAGE],
  ['option-typo', 'fit good.csv --clustrs 2', USAGE],
  ['option-unknown', 'fit good.csv -k 2 --frobnicate', USAGE],
  ['option-without-value', 'fit good.csv -k', USAGE],
  ['stdin-among-others', 'fit good.csv - -k 2', USAGE],
  ['clusters-missing', 'fit good.csv', USAGE],
  ['clusters-0', 'fit good.csv -k 0', USAGE],
  ['clusters-negative', 'fit good.csv -k -1', USAGE],
  ['clusters-fraction', 'fit good.csv -k 1.5', USAGE],
  ['clusters-text', 'fit good.csv -k abc', USAGE],
  ['clusters-empty', 'fit good.csv -k=', USAGE],
  ['clusters-hex', 'fit good.csv -k 0x10', USAGE],
  ['tol-negative', 'fit good.csv -k 2 --tol -1', USAGE],
  ['tol-nan', 'fit good.csv -k 2 --tol nan', USAGE],
  ['max-iter-0', 'fit good.csv -k 2 --max-iter 0', USAGE],
  ['n-init-0', 'fit good.csv -k 2 --n-init 0', USAGE],
  ['n-init-text', 'fit good.csv -k 2 --n-init some', USAGE],
  ['threads-negative', 'fit good.csv -k 2 --threads -1', USAGE],
  ['seed-text', 'fit good.csv -k 2 --seed abc', USAGE],
  ['seed-negative', 'fit good.csv -k 2 --seed -1', USAGE],
  ['seed-too-large', 'fit good.csv -k 2 --seed 18446744073709551616', USAGE],
  ['algorithm-unknown', 'fit good.csv -k 2 --algorithm loyd', USAGE],
  ['format-unknown', 'fit good.csv -k 2 --format xlsx', USAGE],
  ['delimiter-long', 'fit good.csv -k 2 --delimiter ab', USAGE],
  ['column-unknown', 'fit iris.csv -k 2 --columns petal_lenght', USAGE],
  ['exclude-unknown', 'fit iris.csv -k 2 --exclude specie', USAGE],
  ['column-position', 'fit iris.csv -k 2 --columns 2-9', USAGE],
  ['column-range', 'fit iris.csv -k 2 --columns petal_width:sepal_width', USAGE],
  ['column-pattern', 'fit iris.csv -k 2 --columns pedal*', USAGE],
  ['column-text', 'fit iris.csv -k 2 --columns 5', FAILED],
  ['id-unknown', 'fit iris.csv -k 2 --id specie', USAGE],
  ['truth-unknown', 'fit iris.csv -k 2 --truth specie', USAGE],
  ['truth-is-weight', 'fit good.csv -k 2 --truth a --weight a', USAGE],
  ['id-in-columns', 'fit good.csv -k 2 --columns a,b --id a', USAGE],
  ['weight-unknown', 'fit iris.csv -k 2 --weight w', USAGE],
  ['columns-empty-name', 'fit good.csv -k 2 --columns a,,b', USAGE],
  ['two-to-stdout', 'fit good.csv -k 2 -m - -l -', USAGE],
  ['two-to-one-file', 'fit good.csv -k 2 -o keep -l keep', USAGE],
  ['over-the-input', 'fit good.csv -k 2 -o good.csv', USAGE],
  ['json-and-data', 'predict good.csv -m nan.json --json', USAGE],
  ['model-missing', 'predict good.csv', USAGE],
  ['two-from-stdin', 'predict -m -', USAGE],
  ['blobs-rows-negative', 'blobs -n -5 -o keep', USAGE],
  ['blobs-std-negative', 'blobs --std -5 -o keep', USAGE],
  ['blobs-input', 'blobs good.csv', USAGE],
  ['memory-least', 'fit good.csv -k 2 --threads 2 --memory 1B', USAGE],
];

const files: readonly Case[] = [
  ['clusters-above-rows', 'fit good.csv -k 4 -m keep', FAILED],
  ['init-missing', 'fit good.csv --init nowhere.csv -m keep', USAGE],
  ['init-too-narrow', 'fit good.csv --init start.csv -m keep', FAILED],
  ['all-excluded', 'fit good.csv -k 2 --exclude a,b', FAILED],
  ['input-missing', 'fit nowhere.csv -k 2 -m keep', FAILED],
  ['input-folder', 'fit folder -k 2 -m keep', FAILED],
  ['input-empty', 'fit empty.csv -k 2 -m keep', FAILED],
  ['input-header-only', 'fit header.csv -k 2 -m keep', FAILED],
  ['input-ragged', 'fit ragged.csv -k 2 -m keep', FAILED],
  ['input-binary', 'fit binary.csv -k 2 -m keep', FAILED],
  ['input-gzip-cut', 'fit packed.csv.gz -k 2 -m keep', FAILED],
  ['input-bzip2', 'fit packed.bz2 -k 2 -m keep', FAILED],
  ['input-npz', 'fit arrays.npz -k 2 -m keep', FAILED],
  ['input-json-broken', 'fit broken.jsonl -k 2 -m keep', FAILED],
  ['input-pattern', 'fit nowhere-*.csv -k 2 -m keep', FAILED],
  ['input-second-lacks', 'fit good.csv one.csv -k 2 -m keep', FAILED],
  ['input-parquet', 'fit table.parquet -k 2 -m keep', FAILED],
  ['input-utf16', 'fit utf16.csv -k 2 -m keep', FAILED],
  ['input-utf32', 'fit utf32.csv -k 2 -m keep', FAILED],
  ['input-pattern-of-outputs', 'fit *good.csv -k 2 -m good.csv', FAILED],
  ['input-nan', 'fit nan.csv -k 2 -m keep', FAILED],
  ['input-infinite', 'fit infinite.csv -k 2 -m keep', FAILED],
  ['input-text', 'fit text.csv -k 2 -m keep', FAILED],
  ['input-all-text', 'fit words.csv -k 2 -m keep', FAILED],
  ['input-hole', 'fit hole.csv -k 2 -m keep', FAILED],
  ['input-open-quote', 'fit quote.csv -k 2 -m keep', FAILED],
  ['input-truncated-arrow', 'fit cut.arrow -k 2 -m keep', FAILED],
  ['weight-negative', 'fit weights.csv -k 2 --weight w -m keep', FAILED],
  ['output-names-a-folder', 'fit good.csv -k 2 -m model/', FAILED],
  ['output-folder-missing', 'fit good.csv -k 2 -m nowhere/model.json', FAILED],
  ['output-under-a-file', 'fit good.csv -k 2 -o good.csv/out.csv', FAILED],
  ['model-nowhere', 'predict good.csv -m nowhere.json -o keep', FAILED],
  ['model-not-json', 'predict good.csv -m not.json -o keep', FAILED],
  ['model-of-another-kind', 'predict good.csv -m other.json -o keep', FAILED],
  ['model-newer', 'predict good.csv -m newer.json -o keep', FAILED],
  ['model-nan', 'predict good.csv -m nan.json -o keep', FAILED],
  ['model-ragged', 'predict good.csv -m ragged.json -o keep', FAILED],
  ['model-deep', 'predict good.csv -m deep.json -o keep', FAILED],
];

test.each([...commandLines, ...files])('%s', async (name, args, code) => {
  const cwd = directory();
  writeBadTables(cwd);
  writeFileSync(join(cwd, 'keep'), 'untouched');
  const before = readdirSync(cwd);
  const outcome = await run(args.split(' ').filter(Boolean), { cwd });
  expectGolden(`errors/${name}`, `$ kmeans ${args}\n${outcome.stderr}exit ${outcome.code}\n`);
  expect(outcome).toMatchObject({ stdout: '', code });
  expect(readFileSync(join(cwd, 'keep'), 'utf8')).toBe('untouched');
  expect(readdirSync(cwd)).toEqual(before); // no temporary file either
});

test('a model whose columns the table lacks names them', async () => {
  const cwd = directory();
  writeBadTables(cwd);
  const fitted = await run(['fit', 'iris.csv', '-k', '2', '-m', 'model.json'], { cwd });
  expect(fitted.code).toBe(0);
  const { stderr, code } = await run(['predict', 'good.csv', '-m', 'model.json'], { cwd });
  expectGolden('errors/predict-missing-columns', stderr);
  expect(code).toBe(FAILED);
});
