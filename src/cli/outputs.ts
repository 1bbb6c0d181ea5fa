/** Where results go. Found out before any work is done, since the work may take an hour. */
import { resolve } from 'node:path';
import { isTerminal, STDOUT } from './terminal.js';
import { UsageError } from './usage.js';

/** A flag and the path it was given; `-` is stdout. */
export type Destination = readonly [flag: string, path: string | undefined];

/** No two results in one place, and none over what is being read. */
export function checkDestinations(
  destinations: readonly Destination[],
  sources: readonly (string | undefined)[],
): void {
  const taken = new Map<string, string>();
  const read = new Set(sources.filter((path) => path !== undefined && path !== '-').map(absolute));
  for (const [flag, path] of destinations) {
    if (path === undefined) continue;
    const place = absolute(path);
    const first = taken.get(place);
    if (first !== undefined) throw clash(first, flag, path);
    if (read.has(place)) throw new UsageError(`${flag} would overwrite the input ${path}`);
    taken.set(place, flag);
  }
}

/** Data on a person's screen, where a progress bar would draw over them. */
export function fillsScreen(destinations: readonly Destination[]): boolean {
  return usesStdout(destinations) && isTerminal(STDOUT);
}

export function usesStdout(destinations: readonly Destination[]): boolean {
  return destinations.some(([, path]) => path === '-');
}

function absolute(path: string | undefined): string {
  return path === undefined || path === '-' ? '-' : resolve(path);
}

function clash(first: string, second: string, path: string): UsageError {
  const place = path === '-' ? 'standard output' : path;
  const file = second === '--json' ? first : second;
  return new UsageError(
    `${first} and ${second} cannot both write to ${place}`,
    `give ${file} a file of its own`,
  );
}
