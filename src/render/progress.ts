/** One line about a run in progress. The clock is an argument. */
import type { Progress } from '../api/report.js';
import { count, duration, measure, plural } from './quantity.js';

/** A part of the line. Where there is no room for all, those of the lowest rank stay, whole. */
export interface Part {
  readonly text: string;
  readonly rank: number;
}

/** Where the bar itself stands among the facts. */
const BAR_RANK = 3;

/** How much of the phase is done, where that is known; `total` is that of the rows to write. */
export function progressShare(progress: Progress, total?: number): number | undefined {
  const { phase, seeded, clusters, iteration, maxIter, rows } = progress;
  if (phase === 'seeding' && clusters > 0) return seeded / clusters;
  if (phase === 'iterating' && maxIter > 0) return iteration / maxIter;
  if (phase === 'writing' && total) return Math.min(1, rows / total);
  return undefined;
}

/** The facts after the phase's name; `left` is from `TimeLeft`. */
export function progressFacts(
  progress: Progress,
  left: number | undefined,
  total?: number,
): Part[] {
  const { phase, rows, restart, restarts, seeded, clusters } = progress;
  const start = restarts > 1 ? [{ text: `start ${restart} of ${restarts}`, rank: 4 }] : [];
  switch (phase) {
    case 'waiting':
      return [{ text: 'for input', rank: 0 }];
    case 'seeding':
      return [...start, { text: `${seeded} of ${plural(clusters, 'centroid')}`, rank: 0 }];
    case 'iterating':
      return [...start, ...iterating(progress, left)];
    default: {
      const all = phase === 'writing' && total !== undefined ? `${count(rows)} of ` : '';
      return rows > 0
        ? [{ text: `${all}${plural(all ? (total ?? rows) : rows, 'row')}`, rank: 0 }]
        : [];
    }
  }
}

function iterating(progress: Progress, left: number | undefined): Part[] {
  const { iteration, maxIter, inertia, changed } = progress;
  const parts = [{ text: `iteration ${iteration} of at most ${maxIter}`, rank: 0 }];
  if (left !== undefined) parts.push({ text: `≤ ${duration(left)} left`, rank: 2 });
  if (Number.isFinite(inertia) && iteration > 0) {
    parts.push({ text: `inertia ${measure(inertia)}`, rank: 1 });
    parts.push({ text: `${plural(changed, 'row')} moved`, rank: 5 });
  }
  return parts;
}

/** The line in at most `width` characters: what does not fit is left out, never cut off. */
export function progressLine(
  phase: string,
  bar: string | undefined,
  facts: readonly Part[],
  width: number,
): string {
  if (phase.length > width) return ''; // facts about nothing say nothing
  const title = { text: phase, rank: -1 };
  const meter = bar === undefined ? [] : [{ text: bar, rank: BAR_RANK }];
  const parts: readonly Part[] = [title, ...meter, ...facts];
  const line = (kept: ReadonlySet<Part>): string => {
    const among = (some: readonly Part[]): string[] =>
      some.filter((part) => kept.has(part)).map(({ text }) => text);
    return [...among([title, ...meter]), among(facts).join(', ')].filter(Boolean).join(' ');
  };
  let kept: ReadonlySet<Part> = new Set();
  for (const part of parts.toSorted((a, b) => a.rank - b.rank)) {
    const more = new Set([...kept, part]);
    if (line(more).length <= width) kept = more;
  }
  return line(kept);
}

/**
 * An upper bound, not a forecast: the iterations that may still come, at the mean time of those
 * seen. Most runs converge long before.
 */
export class TimeLeft {
  #begun: number | undefined;
  #seen = 0;
  #restart = 0;
  #iteration = 0;

  /** Seconds, once two iterations were seen; `now` in milliseconds. */
  update(
    { phase, restart, restarts, iteration, maxIter }: Progress,
    now: number,
  ): number | undefined {
    if (phase !== 'iterating' && phase !== 'seeding') return undefined;
    if (this.#begun === undefined) {
      this.#begun = now;
      this.#iteration = iteration;
      this.#restart = restart;
    }
    this.#seen += restart === this.#restart ? Math.max(0, iteration - this.#iteration) : iteration;
    this.#restart = restart;
    this.#iteration = iteration;
    if (this.#seen < 2) return undefined;
    const mean = (now - this.#begun) / this.#seen / 1000;
    return mean * (maxIter - iteration + Math.max(0, restarts - restart) * maxIter);
  }
}
