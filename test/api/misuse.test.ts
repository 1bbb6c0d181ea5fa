/** Calls that TypeScript would not compile: whatever is passed, the answer is a KMeansError. */
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { blobs, fit, KMeansError, Model, predict } from '../../src/index.js';

// biome-ignore lint/suspicious/noExplicitAny: the point of these tests
type Wrong = any;

const rows = [[1], [2], [9]];
let model: Model;

beforeAll(async () => {
  ({ model } = await fit(rows, { clusters: 2 }));
});

test.each([
  ['no options', () => fit(rows, undefined as Wrong), 'clusters must be given'],
  ['options that are null', () => fit(rows, null as Wrong), 'options must be an object, got null'],
  [
    'a number as text',
    () => wrongFit({ clusters: '2' }),
    'clusters must be a whole number, got "2"',
  ],
  ['no tolerance', () => wrongFit({ tol: null }), 'tol must be a number, got null'],
  [
    'restarts in words',
    () => wrongFit({ nInit: 'x' }),
    "nInit must be a whole number or 'auto', got",
  ],
  [
    'a column alone',
    () => wrongFit({ columns: 'a' }),
    'columns must be an array of column names, got',
  ],
  ['numbers as columns', () => wrongFit({ columns: [1] }), 'array of column names, got [1]'],
  ['no start', () => wrongFit({ init: null }), "init must be 'k-means++', 'random', a file"],
  ['start of text', () => wrongFit({ init: [['a']] }), 'init is no table: row 1, column 1 must be'],
  ['a seed of truth', () => wrongFit({ seed: true }), 'seed must be a whole number, a bigint or'],
  ['labels kept perhaps', () => wrongFit({ keepLabels: 1 }), 'keepLabels must be true or false'],
  ['a URL to write to', () => wrongFit({ model: new URL('file:///m') }), 'model must be a path as'],
  [
    'a number as signal',
    () => fit(rows, { clusters: 2 }, { signal: 5 } as Wrong),
    'signal must be',
  ],
  ['a text as rows', () => blobs({ rows: '5' } as Wrong), 'rows must be a whole number, got "5"'],
  [
    'no path',
    () => Model.load(undefined as Wrong),
    'path must be a path as a string, got undefined',
  ],
  ['a number to save to', () => model.save(5 as Wrong), 'path must be a path as a string, got 5'],
  ['no text', async () => Model.parse({} as Wrong), 'text must be a string, got an object'],
  ['no model', () => predict({} as Wrong, rows), 'model must be a Model, the path of one, or what'],
  ['null for a model', () => predict(null as Wrong, rows), 'model must be a Model, the path of'],
  [
    'a URL for a model',
    () => predict(new URL('file:///m') as Wrong, rows),
    'got an instance of URL',
  ],
  [
    'distances without rows',
    () => model.predict(rows, { labels: 'l', distances: true }),
    'distances',
  ],
])('%s is the fault of an option', async (_, call, message) => {
  const error = await failureOf(call());
  expect(error).toMatchObject({ code: 'InvalidOption', message: expect.stringContaining(message) });
});

test.each([
  ['maxiter', () => wrongFit({ maxiter: 3 }), 'did you mean maxIter?'],
  ['n_clusters', () => wrongFit({ n_clusters: 3 }), 'did you mean clusters?'],
  ['distnces', () => model.predict(rows, { distnces: true } as Wrong), 'did you mean distances?'],
  ['k', () => blobs({ k: 3 } as Wrong), 'did you mean clusters?'],
  ['whatever', () => blobs({ whatever: 3 } as Wrong), 'there are rows, features, clusters, std'],
  ['constructor', () => wrongFit({ constructor: 1 }), 'there are '],
])('the unknown option %s is refused with a hint', async (option, call, hint) => {
  const error = await failureOf(call());
  expect(error).toMatchObject({
    code: 'InvalidOption',
    option,
    hint: expect.stringContaining(hint),
  });
  expect(String(error)).toMatch(/ is not an option of (fit|predict|blobs)$/);
});

const circular: unknown[] = [];
circular.push(circular);

test.each([
  ['a flat array', [1, 2, 3], 'the input is an array of numbers, and must be an array of rows'],
  ['a typed array alone', Float64Array.of(1), 'rows of numbers, { data, shape } or an Arrow table'],
  [
    'numbers in an array',
    { data: [1, 2], shape: [2, 1] },
    'data must be a Float64Array or Float32',
  ],
  ['whole numbers', { data: Int32Array.of(1), shape: [1, 1] }, 'got an instance of Int32Array'],
  ['no shape', { data: Float64Array.of(1) }, 'shape must be [rows, columns], got undefined'],
  ['no data', { shape: [1, 1] }, 'data must be a Float64Array or Float32Array, got undefined'],
  ['a text as names', { ...one(), names: 'a' }, 'names must be an array of column names, got "a"'],
  ['a text as weights', { ...one(), weights: '1' }, 'weights must be an array of numbers, got "1"'],
  ['a weight of text', { ...one(), weights: ['1'] }, 'weight 1 must be a number, got "1"'],
  ['a URL', new URL('file:///x.csv'), 'got an instance of URL'],
  ['a row that holds itself', [circular], 'row 1, column 1 must be a number, got [[…]]'],
  ['a table that is none', { schema: 1, batches: 2 }, 'the input is not an Arrow table'],
])('%s is the fault of the data', async (_, input, message) => {
  for (const call of [
    () => fit(input as Wrong, { clusters: 1 }),
    () => predict(model, input as Wrong),
  ]) {
    const error = await failureOf(call());
    expect(error).toMatchObject({ code: 'InvalidData', message: expect.stringContaining(message) });
  }
});

test('a URL is told how to become a path', async () => {
  for (const call of [
    fit(new URL('file:///x') as Wrong, { clusters: 1 }),
    Model.load(new URL('file:///x') as Wrong),
  ]) {
    expect(await failureOf(call)).toMatchObject({ hint: expect.stringContaining('fileURLToPath') });
  }
});

test('bad rows are no reason to leave the loading of a model unwatched', async () => {
  const error = await failureOf(predict('nowhere.json', { schema: 1, batches: 2 } as Wrong));
  expect(error).toBeInstanceOf(KMeansError);
});

test('no value of any option gets past as another error', async () => {
  // Without nInit: a whole number of 2^31 restarts is a value, and would take a while.
  const option = fc.constantFrom(
    ...[
      'clusters',
      'seed',
      'maxIter',
      'tol',
      'init',
      'algorithm',
      'columns',
      'exclude',
      'id',
      'truth',
    ],
    ...['weight', 'keepLabels', 'format', 'header', 'delimiter', 'decimal', 'comment'],
  );
  const value = fc.oneof(fc.anything(), fc.double(), fc.string(), fc.array(fc.string()));
  await fc.assert(
    fc.asyncProperty(option, value, async (name, given) => {
      const outcome = await fit(rows, { clusters: 1, threads: 1, [name]: given } as Wrong).catch(
        (error: unknown) => error,
      );
      if (outcome instanceof Error) {
        expect(outcome).toBeInstanceOf(KMeansError);
        expect(outcome).not.toMatchObject({ code: 'Internal' });
      }
    }),
    { numRuns: 300 },
  );
});

function wrongFit(options: object): Promise<unknown> {
  return fit(rows, { clusters: 2, ...options } as Wrong);
}

function one(): object {
  return { data: Float64Array.of(1), shape: [1, 1] };
}

async function failureOf(promise: Promise<unknown>): Promise<KMeansError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(KMeansError);
  return error as KMeansError;
}
