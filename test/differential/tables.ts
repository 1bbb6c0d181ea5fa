/** Tables made to be hard: ties, copies, offsets, extremes, weights. A table is a function of its recipe. */
import fc from 'fast-check';

/** How the numbers of a column come about. */
const KINDS = [
  'few integers',
  'clusters',
  'uniform',
  'heavy tail',
  'far from 0',
  'constant',
  'powers of ten',
  'subnormal',
  'huge',
  'with a sentinel',
  'f32',
] as const;

type Kind = (typeof KINDS)[number];

/** Tables of which every kernel gets its share; `rows * columns` bounds the time of a case. */
const SHAPES = [
  { weight: 8, rows: 300, columns: 6 },
  { weight: 4, rows: 3000, columns: 3 },
  { weight: 4, rows: 2000, columns: 20 },
  { weight: 2, rows: 900, columns: 130 },
  { weight: 1, rows: 60_000, columns: 2 },
] as const;

export interface Recipe {
  readonly rows: number;
  readonly columns: readonly Kind[];
  /** How often a row is a copy of an earlier one. */
  readonly copies: number;
  readonly weights: 'none' | 'counts' | 'eighths' | 'some 0';
  readonly seed: number;
}

export interface Table {
  readonly names: readonly string[];
  readonly rows: readonly (readonly number[])[];
  /** A weight a row; `undefined` where every row counts once. */
  readonly weights: readonly number[] | undefined;
}

export const recipes: fc.Arbitrary<Recipe> = fc
  .oneof(...SHAPES.map(({ weight, ...most }) => ({ weight, arbitrary: fc.constant(most) })))
  .chain((most) =>
    fc.record({
      rows: fc.integer({ min: 1, max: most.rows }),
      columns: fc.oneof(
        // Most real tables have columns of one kind, and a mixture is refused more often.
        { weight: 2, arbitrary: oneKind(most.columns) },
        {
          weight: 1,
          arbitrary: fc.array(fc.constantFrom(...KINDS), { minLength: 1, maxLength: most.columns }),
        },
      ),
      copies: fc.constantFrom(0, 0, 0.3, 0.95),
      weights: fc.constantFrom('none', 'none', 'counts', 'eighths', 'some 0'),
      seed: fc.nat(),
    }),
  );

function oneKind(most: number): fc.Arbitrary<Kind[]> {
  return fc
    .tuple(fc.constantFrom(...KINDS), fc.integer({ min: 1, max: most }))
    .map(([kind, count]) => new Array<Kind>(count).fill(kind));
}

export function tableOf(recipe: Recipe): Table {
  const random = generator(recipe.seed);
  const columns = recipe.columns.map((kind) => column(kind, random));
  const clusters = 1 + Math.floor(random() * 12);
  const rows: number[][] = [];
  for (let row = 0; row < recipe.rows; row++) {
    const cluster = Math.floor(random() * clusters);
    const copied = random() < recipe.copies ? rows[Math.floor(random() * rows.length)] : undefined;
    rows.push(copied ?? columns.map((next) => next(cluster)));
  }
  const weights = weightsOf(recipe, random);
  return { names: recipe.columns.map((_, at) => `x${at + 1}`), rows, weights };
}

/** Returns what gives a column's next number, of a row that belongs to a cluster. */
function column(kind: Kind, random: () => number): (cluster: number) => number {
  const spread = 10 ** Math.floor(random() * 4 - 2);
  const own = random() * 100 - 50;
  switch (kind) {
    case 'few integers':
      return () => Math.floor(random() * 5) - 2;
    case 'clusters':
      return (cluster) => cluster * 10 + (random() + random() + random() - 1.5) * spread;
    case 'uniform':
      return () => (random() - 0.5) * spread;
    case 'heavy tail':
      return () => (random() < 0.5 ? -1 : 1) * Math.expm1(random() * random() * 12);
    case 'far from 0':
      return (cluster) => 1e8 + cluster + random();
    case 'constant':
      return () => own;
    case 'powers of ten':
      return (cluster) => (1 + random()) * 10 ** ((cluster % 7) - 3);
    case 'subnormal':
      return (cluster) => (cluster + random()) * 1e-310;
    case 'huge':
      return (cluster) => (cluster - 6 + random()) * 1e306;
    case 'with a sentinel':
      return (cluster) => (random() < 0.02 ? Number.MAX_VALUE : cluster + random());
    case 'f32':
      return (cluster) => Math.fround(cluster * 3 + random());
  }
}

function weightsOf({ rows, weights }: Recipe, random: () => number): number[] | undefined {
  const drawn = (next: () => number): number[] => Array.from({ length: rows }, next);
  switch (weights) {
    case 'none':
      return undefined;
    case 'counts':
      return drawn(() => 1 + Math.floor(random() * 4));
    case 'eighths':
      return drawn(() => (1 + Math.floor(random() * 40)) / 8);
    case 'some 0':
      return drawn(() => Math.floor(random() * 3)).with(0, 1);
  }
}

/** Mulberry32: fast-check draws the recipe, and numbers by the hundred thousand come from its seed. */
function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
