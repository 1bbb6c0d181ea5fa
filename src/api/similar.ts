/** Did you mean: names that are a slip away from the one that was given. */

/** One slip in three letters: fewer would miss `clustr`, more would guess. */
const SLIPS = 1 / 3;

/** What the flags of the command line are called for short, which hands remember. */
const SHORT: Readonly<Record<string, string>> = {
  k: 'clusters',
  n: 'rows',
  d: 'features',
  m: 'model',
  o: 'output',
  l: 'labels',
};

/** The known name nearest to `name`; case, `-` and `_` do not count: `max_iter` is `maxIter`. */
export function similar(name: string, known: readonly string[]): string | undefined {
  const short = Object.hasOwn(SHORT, name) ? SHORT[name] : undefined;
  if (short !== undefined && known.includes(short)) return short;
  const given = plain(name);
  const nearest = known
    .map((candidate) => ({ candidate, slips: distance(given, plain(candidate)) }))
    .sort((a, b) => a.slips - b.slips)[0];
  return nearest && nearest.slips <= given.length * SLIPS ? nearest.candidate : undefined;
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '').slice(0, 64);
}

/** Insertions, deletions, replacements and swaps of neighbours that lead from `a` to `b`. */
function distance(a: string, b: string): number {
  let older: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(replaced, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j] ?? 0, (older[j - 2] ?? 0) + 1);
    }
    [older, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
