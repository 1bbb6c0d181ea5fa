/**
 * Commands whose results must not change by a byte, unless a definition changes and the changelog says so.
 * Each runs in an empty folder with the fixtures in `$F`; what it leaves there, and its stdout, is recorded.
 */

/** Makes `wide.csv` and `narrow.csv`, tables that other kernels than those of the fixtures are for. */
const WIDE = 'kmeans blobs -n 3000 -d 40 -k 15 --std 8 --seed 4 -q -o wide.csv';
const NARROW = 'kmeans blobs -n 60000 -d 3 -k 9 --std 3 --seed 5 -q -o narrow.csv';
const FIT_WIDE = 'kmeans fit wide.csv -k 20 --n-init 2 -q -m m.json -l l.csv';
const FIT_NARROW = 'kmeans fit narrow.csv -k 12 --n-init 1 -q -m m.json -l l.csv';
/** More than `--memory 13MB` holds. */
const LONG = 'kmeans blobs -n 700000 -d 4 -k 6 --std 3 --seed 6 -q -o long.csv';
const fitLong = (options: string): string =>
  `${LONG} && kmeans fit -k 6 --n-init 1 --max-iter 4 -q -m m.json -l l.csv ${options} && rm long.csv`;
const IRIS = 'kmeans fit $F/iris.csv -k 3 -q -m m.json';
const PENGUINS =
  'kmeans fit $F/penguins.csv -k 3 --exclude year --missing drop -q -m m.json -o o.csv';
const DIGITS = 'kmeans fit $F/digits.arrow -k 10 --n-init 2 -q -m m.json -l l.csv';

const PASSED_ON = ['csv', 'tsv', 'jsonl', 'arrow', 'arrows', 'csv.gz', 'jsonl.gz'] as const;
const READ_BACK = ['parquet', 'csv.zst', 'jsonl.zst'] as const;

export const commands: Readonly<Record<string, string>> = {
  'iris by default': `${IRIS} -l l.csv -o o.csv`,
  'iris to stdout': 'kmeans fit $F/iris.csv -k 3 -q',
  'iris from a pipe': 'cat $F/iris.csv | kmeans fit -k 3 -q -m m.json -l -',
  'iris, seed 7': `${IRIS} --seed 7`,
  'iris, one run': `${IRIS} --n-init 1`,
  'iris, random rows': `${IRIS} --init random --n-init 5`,
  'iris, given centroids': `${IRIS} && kmeans fit $F/iris.csv --init m.json -q -m again.json -l l.csv`,
  'iris, two iterations': `${IRIS} --max-iter 2 --n-init 1`,
  'iris, to rest': `${IRIS} --tol 0`,
  'iris, some columns': `${IRIS} --columns 'petal*'`,
  'iris, columns by position': `${IRIS} --columns 2-3`,
  'iris, without a column': `${IRIS} --exclude sepal_width`,
  'iris, an id': `${IRIS} --id species -o o.csv`,
  'iris, known classes': `${IRIS} --truth species`,
  'iris, weights': `${IRIS} --weight petal_width -l l.csv`,
  'iris, many clusters': 'kmeans fit $F/iris.csv -k 100 -q -m m.json',
  'iris, three threads': `${IRIS} --threads 3`,
  'wine as it is': 'kmeans fit $F/wine.csv -k 3 -q -m m.json -l l.csv',
  'wine, every measure':
    'kmeans fit $F/wine.csv -k 4 -q -m m.json -o o.csv --distance --second --margin --distances',
  'penguins, rows dropped': PENGUINS,
  'penguins, a category': `${PENGUINS} --categorical island,sex`,
  'penguins, half a category': `${PENGUINS} --categorical island --categorical-weight 0.5`,
  'penguins, scaled and a category': `${PENGUINS} --categorical island --scale standard`,
  'digits by default': DIGITS,
  'digits, many clusters': 'kmeans fit $F/digits.arrow -k 120 --n-init 1 -q -m m.json -l l.csv',
  'blobs by default': 'kmeans blobs -q',
  'blobs with their truth': 'kmeans blobs -n 500 -d 5 -k 4 --std 0.5 --seed 9 --truth -q',
  'blobs as Arrow': 'kmeans blobs -n 500 --seed 2 -q -o o.arrow',
  'blobs as JSON lines': 'kmeans blobs -n 500 --seed 2 -q --format jsonl',
  'wide, plainly': `${WIDE} && ${FIT_WIDE} --algorithm lloyd --threads 1 --isa portable`,
  'narrow, plainly': `${NARROW} && ${FIT_NARROW} --algorithm lloyd --threads 1 --isa portable`,
  'long, held': fitLong('long.csv'),
  'long, streamed': fitLong('long.csv --memory 13MB'),
  'long, streamed from a pipe': fitLong('--memory 13MB < long.csv'),
  'long, scaled and held': fitLong('long.csv --scale robust'),
  'long, scaled and streamed': fitLong('long.csv --scale robust --memory 13MB'),
  'wide as f32':
    `${WIDE} && kmeans fit wide.csv -k 2 -q -m m.json -o wide.parquet && rm wide.csv m.json` +
    ' && kmeans fit wide.parquet --exclude cluster -k 20 --n-init 2 -q -m m.json -l l.csv; rm wide.parquet',
  'no names': 'tail -n +2 $F/wine.csv | kmeans fit -k 3 -q -m m.json -l l.csv',
  'semicolons and decimal commas':
    "tr ',.' ';,' < $F/wine.csv > w.csv && kmeans fit w.csv -k 3 -q -m m.json -o o.csv && rm w.csv",
  comments: "(echo '#one'; cat $F/iris.csv) > c.csv && kmeans fit c.csv -k 3 -q -m m.json -o o.csv",
  'carriage returns':
    "sed 's/$/\\r/' $F/iris.csv > c.csv && kmeans fit c.csv -k 3 -q -m m.json -o o.csv",
  'several files':
    'head -76 $F/iris.csv > a.csv && (head -1 $F/iris.csv; tail -75 $F/iris.csv) > b.csv' +
    ' && kmeans fit a.csv b.csv -k 3 -q -m m.json -o o.csv',
  'labels of other rows': `${IRIS} && kmeans predict $F/iris.csv -m m.json -q --distance --second --margin --distances`,
  'labels alone': `${IRIS} && kmeans predict $F/iris.csv -m m.json -q -l -`,
  'labels where rows are left out': `${PENGUINS} && kmeans predict $F/penguins.csv -m m.json -q -o p.csv`,
  'labels of scaled rows': `${PENGUINS} --categorical island --scale robust && kmeans predict $F/penguins.csv -m m.json -q -o p.csv`,
  ...each(['mean', 'median', 'zero'], (how) => [
    `penguins, missing cells: ${how}`,
    `kmeans fit $F/penguins.csv -k 3 --exclude year --missing ${how} -q -m m.json -l l.csv`,
  ]),
  ...each(['standard', 'minmax', 'robust', 'l2'], (how) => [
    `wine, scale ${how}`,
    `kmeans fit $F/wine.csv -k 3 --scale ${how} -q -m m.json -o o.csv`,
  ]),
  ...each(['auto', 'hamerly', 'boxes', 'projection'], (name) => [
    `wide, ${name}`,
    `${WIDE} && ${FIT_WIDE} --algorithm ${name}`,
  ]),
  ...each(['auto', 'hamerly', 'boxes', 'projection'], (name) => [
    `narrow, ${name}`,
    `${NARROW} && ${FIT_NARROW} --algorithm ${name}`,
  ]),
  ...each(PASSED_ON, (format) => [
    `iris passed on as ${format}`,
    `${IRIS} -o o.${format} && kmeans fit o.${format} -k 3 --exclude cluster -q -m again.json -l l.csv`,
  ]),
  // The bytes of these belong to the crate that compresses them.
  ...each(READ_BACK, (format) => [
    `iris passed on as ${format} and read back`,
    `${IRIS} -o o.${format} && kmeans predict o.${format} -m m.json -q --to csv && rm o.${format}`,
  ]),
};

/** Commands that only some processors can run; the results are those of `wide, plainly` and `narrow, plainly`. */
export const byInstructionSet = (name: string): readonly [string, string][] => [
  ['wide, plainly', `${WIDE} && ${FIT_WIDE} --isa ${name}`],
  ['narrow, plainly', `${NARROW} && ${FIT_NARROW} --isa ${name}`],
];

function each<T extends string>(
  all: readonly T[],
  entry: (one: T) => [name: string, script: string],
): Record<string, string> {
  return Object.fromEntries(all.map(entry));
}
