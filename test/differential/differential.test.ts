/**
 * Random tables, fitted in random ways: the bytes of the model and the labels must not depend on the way,
 * and must be what docs/exactness.md defines.
 *
 * `KMEANS_DIFFERENTIAL_SECONDS=600 npx vitest run test/differential` looks for ten minutes. A failure prints a
 * seed and a small recipe; `KMEANS_DIFFERENTIAL_SEED` repeats it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { algorithms } from '#native';
import { type FitOptions, fit, KMeansError, predict } from '../../src/index.js';
import { Oracle } from './oracle.js';
import { matrix, STORAGES, type Storage, stored } from './storage.js';
import { type Recipe, recipes, type Table, tableOf } from './tables.js';

const SECONDS = Number(process.env['KMEANS_DIFFERENTIAL_SECONDS'] ?? 20);
const SEED = Number(process.env['KMEANS_DIFFERENTIAL_SEED'] ?? Date.now() % 2 ** 31);
const MOST_CLUSTERS = 40;
/** Distances that the oracle works out for one result; BigInt arithmetic takes some 2 µs a column. */
const ORACLE_CELLS = 60_000;

interface Way {
  readonly algorithm: string;
  readonly isa: string;
  readonly threads: number;
  readonly storage: Storage;
  /** As little as the fit says that it needs. */
  readonly leastMemory: boolean;
}

const INSTRUCTION_SETS = await usableInstructionSets();

const ways: fc.Arbitrary<Way> = fc.record({
  algorithm: fc.constantFrom(...algorithms()),
  isa: fc.constantFrom(...INSTRUCTION_SETS),
  threads: fc.constantFrom(1, 2, 3, 8),
  storage: fc.constantFrom(...STORAGES),
  leastMemory: fc.boolean(),
});

const REFERENCE: Way = {
  algorithm: 'lloyd',
  isa: 'portable',
  threads: 1,
  storage: 'matrix',
  leastMemory: false,
};

/** Options that a result may depend on. */
const definitions = fc.record({
  clusters: fc.integer({ min: 1, max: MOST_CLUSTERS }),
  seed: fc.nat(),
  init: fc.constantFrom('k-means++', 'k-means++', 'random', 'given'),
  nInit: fc.constantFrom<number | 'auto'>(1, 2, 'auto'),
  maxIter: fc.constantFrom(1, 3, 20, 300),
  tol: fc.constantFrom(0, 1e-4),
  scale: fc.constantFrom('none', 'none', 'none', 'standard', 'minmax', 'robust', 'l2'),
});

type Definition = typeof definitions extends fc.Arbitrary<infer T> ? T : never;

test('every way to fit gives the bytes that the definitions give', async () => {
  const cases = fc.tuple(recipes, definitions, fc.array(ways, { minLength: 4, maxLength: 8 }));
  let [fitted, refused] = [0, 0];
  const property = fc.asyncProperty(cases, async ([recipe, definition, others]) => {
    const wasFitted = await check(recipe, definition, others);
    wasFitted ? fitted++ : refused++;
  });
  const interruptAfterTimeLimit = SECONDS * 1000;
  await fc.assert(property, { seed: SEED, numRuns: 1e9, interruptAfterTimeLimit });
  process.stderr.write(`differential: seed ${SEED}, ${fitted} tables fitted, ${refused} refused\n`);
  expect(fitted).toBeGreaterThan(refused);
}, 1e9);

/** Returns whether the table was fitted; one that is refused must be refused in the same words in every way. */
async function check(
  recipe: Recipe,
  definition: Definition,
  others: readonly Way[],
): Promise<boolean> {
  const table = tableOf(recipe);
  const options = optionsOf(definition, table);
  const reference = await outcomeOf(table, options, REFERENCE);
  for (const way of others) {
    const outcome = await outcomeOf(table, options, way);
    // A diff of a whole model would bury the way that differs.
    expect({ way, refused: outcome.refused }).toEqual({ way, refused: reference.refused });
    expect({ way, sameBytes: outcome.bytes === reference.bytes }).toEqual({ way, sameBytes: true });
  }
  if (reference.refused !== undefined) return false;
  if (definition.scale === 'none') await checkAgainstOracle(table, options);
  return true;
}

function optionsOf({ init, clusters, nInit, ...same }: Definition, { rows }: Table): FitOptions {
  const most = Math.min(clusters, rows.length);
  if (init !== 'given') return { ...same, clusters: most, init, nInit };
  // Rows as centroids, so that many of them are ties of each other.
  return { ...same, clusters: most, init: rows.slice(0, most) };
}

interface Outcome {
  /** The model and the labels. */
  readonly bytes: string | undefined;
  readonly refused: string | undefined;
}

async function outcomeOf(table: Table, options: FitOptions, way: Way): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'kmeans-differential-'));
  const { algorithm, isa, threads, storage } = way;
  try {
    const [input, own] = await stored(table, storage, folder);
    const all = { ...options, ...own, algorithm, isa, threads };
    const memory =
      way.leastMemory && typeof input === 'string' ? await leastMemory(input, all) : {};
    const { model, labels } = await fit(input, { ...all, ...memory });
    const predicted = await predict(model, input);
    expect({ way, same: equal(predicted.labels, labels) }).toEqual({ way, same: true });
    const { options: used, ...document } = model.toJSON();
    const { weight: _, ...definition } = used as { weight?: string };
    const bytes =
      JSON.stringify([document, definition]) + Buffer.from(labels.buffer).toString('latin1');
    return { bytes, refused: undefined };
  } catch (error) {
    if (!(error instanceof KMeansError) || error.code !== 'InvalidData') throw error;
    // The name of the input and what only files have, such as lines, may differ.
    return { bytes: undefined, refused: error.code };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Returns the option that the refusal of one byte asks for; none where the fit wants nothing more. */
async function leastMemory(input: string, options: FitOptions): Promise<{ memory?: string }> {
  try {
    await fit(input, { ...options, memory: '1B' });
    return {};
  } catch (error) {
    const found =
      error instanceof KMeansError ? /at least ([\d.]+) ?(\w+)/.exec(error.message) : null;
    if (!found) return {};
    const memory = `${found[1]}${found[2]}`;
    return (await fits(input, { ...options, memory })) ? { memory } : {};
  }
}

async function fits(input: string, options: FitOptions): Promise<boolean> {
  try {
    await fit(input, options);
    return true;
  } catch {
    return false;
  }
}

/** Holds one step from the fit's own centroids, and the labels and inertia after it, against the definitions. */
async function checkAgainstOracle(table: Table, options: FitOptions): Promise<void> {
  const { rows } = table;
  const whole = await fit(matrix(table), options);
  const start = whole.model.centroids.map((centroid) => [...centroid]);
  const step = await fit(matrix(table), {
    ...options,
    clusters: start.length,
    init: start,
    nInit: 'auto',
    maxIter: 1,
  });
  expect(whole.model.sizes).toEqual(histogram(whole.labels, start.length));
  const oracle = new Oracle(rows, table.weights ?? rows.map(() => 1));
  const few = Math.max(1, Math.floor(ORACLE_CELLS / (start.length * table.names.length)));
  const sample = rows.slice(0, few);
  expect(firstWrong(sample, whole.labels, start, oracle)).toBeUndefined();
  expect(firstWrong(sample, step.labels, step.model.centroids, oracle)).toBeUndefined();
  if (sample.length < rows.length) return;
  const inertia = oracle.inertia(step.model.centroids);
  expect(step.model.inertia ?? Number.POSITIVE_INFINITY).toBe(inertia);
  const before = rows.map((row) => oracle.nearest(row, start)[0]);
  const means = oracle.means(before, start.length);
  // An empty cluster takes a row elsewhere (definition 9), which changes other centroids too.
  if (means.every((mean) => mean !== undefined)) expect(step.model.centroids).toEqual(means);
}

/** Returns a row whose label is not the one of definition 2. */
function firstWrong(
  rows: Table['rows'],
  labels: ArrayLike<number>,
  centroids: readonly (readonly number[])[],
  oracle: Oracle,
): readonly number[] | undefined {
  return rows.find((row, at) => oracle.nearest(row, centroids)[0] !== labels[at]);
}

function histogram(labels: Uint32Array, clusters: number): number[] {
  const sizes = new Array<number>(clusters).fill(0);
  for (const label of labels) sizes[label] = (sizes[label] as number) + 1;
  return sizes;
}

function equal(a: Uint32Array, b: Uint32Array): boolean {
  return Buffer.from(a.buffer).equals(Buffer.from(b.buffer));
}

async function usableInstructionSets(): Promise<string[]> {
  const names = ['portable', 'neon', 'avx2', 'avx512', 'vnni', 'amx'];
  const usable = await Promise.all(
    names.map((isa) =>
      fit([[1], [2]], { clusters: 1, isa }).then(
        () => true,
        () => false,
      ),
    ),
  );
  return names.filter((_, at) => usable[at]);
}
