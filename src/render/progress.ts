/** One line about a run in progress. The clock is an argument. */
import type { Progress } from '../api/report.js';
import { count, duration, measure, plural } from './quantity.js';

/** How much of the phase is done, where that is known. */
export function progressShare(progress: Progress): number | undefined {
  const { phase, seeded, clusters, iteration, maxIter } = progress;
  if (phase === 'seeding' && clusters > 0) return seeded / clusters;
  if (phase === 'iterating' && maxIter > 0) return iteration / maxIter;
  return undefined;
}

/** The facts after the phase's name; `left` is from `TimeLeft`. */
export function progressFacts(progress: Progress, left: number | undefined): string[] {
  const { phase, rows, restart, restarts, seeded, clusters } = progress;
  const start = restarts > 1 ? [`start ${restart} of ${restarts}`] : [];
  switch (phase) {
    case 'waiting':
      return ['for input'];
    case 'seeding':
      return [...start, `${seeded} of ${plural(clusters, 'centroid')}`];
    case 'iterating':
      return [
        ...start,
        `iteration ${progress.iteration} of at most ${progress.maxIter}`,
        ...(left === undefined ? [] : [`≤ ${duration(left)} left`]),
        ...(Number.isFinite(progress.inertia) && progress.iteration > 0
          ? [`inertia ${measure(progress.inertia)}`, `${plural(progress.changed, 'row')} moved`]
          : []),
      ];
    default:
      return rows > 0 ? [`${count(rows)} rows`] : [];
  }
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
