/** Where results go. Found out before any work is done, since the work may take an hour. */
import { realpathSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { isTerminal, requireStdout, STDOUT } from './terminal.js';
import { UsageError } from './usage.js';

/** A flag and the path it was given; `-` is stdout. */
export type Destination = readonly [flag: string, path: string | undefined];

/** What a file is read as, `the input`, and its path. */
export type Origin = readonly [what: string, path: string | undefined];

/** No two results in one place, and none over what is being read. */
export function checkDestinations(
  destinations: readonly Destination[],
  origins: readonly Origin[],
): void {
  const taken = new Map<string, string>();
  const read = new Map<string, string>();
  for (const [what, path] of origins) {
    if (path !== undefined && path !== '-') read.set(absolute(path), what);
  }
  for (const [flag, path] of destinations) {
    if (path === undefined) continue;
    const place = absolute(path);
    const first = taken.get(place);
    if (first !== undefined) throw clash(first, flag, path);
    const origin = read.get(place);
    if (origin !== undefined) throw new UsageError(`${flag} would overwrite ${origin} ${path}`);
    taken.set(place, flag);
  }
}

const BINARY: Readonly<Record<string, readonly string[]>> = {
  Arrow: ['.arrow', '.arrows', '.feather', '.ipc'],
  Parquet: ['.parquet', '.pq'],
  // Is not written, and goes on as Arrow.
  Npy: ['.npy'],
};

/** The format in which a table goes on when it is no text, as far as its name and its told format say. */
export function binaryFormat(path: string, format: string | undefined): string | undefined {
  const ending = extname(path.toLowerCase().replace(/\.(gz|zstd?)$/, ''));
  const isIt = ([title, endings]: [string, readonly string[]]): boolean =>
    format === undefined ? endings.includes(ending) : format.toLowerCase() === title.toLowerCase();
  const found = Object.entries(BINARY).find(isIt)?.[0];
  return found === 'Npy' ? 'Arrow' : found;
}

/** Binary on a screen is noise at best, and at worst changes how the terminal works. */
export function refuseBinary(output: string | undefined, binary: string | undefined): void {
  if (output !== '-' || binary === undefined || !isTerminal(STDOUT)) return;
  throw new UsageError(
    `${binary} is binary, and standard output is a terminal`,
    `give a file with -o, such as -o table.${binary.toLowerCase()}, or pipe it on`,
  );
}

/** A result that goes to a closed stdout would be lost, after the work. */
export function refuseClosed(destinations: readonly Destination[]): void {
  if (usesStdout(destinations)) requireStdout();
}

/** Data on a person's screen, where a progress bar would draw over them. */
export function fillsScreen(destinations: readonly Destination[]): boolean {
  return usesStdout(destinations) && isTerminal(STDOUT);
}

export function usesStdout(destinations: readonly Destination[]): boolean {
  return destinations.some(([, path]) => path === '-');
}

/** Where links lead to: of a file that is not there yet, those of its folder. */
function absolute(path: string): string {
  if (path === '-') return path;
  try {
    return realpathSync.native(path);
  } catch {
    try {
      return join(realpathSync.native(dirname(path)), basename(path));
    } catch {
      return resolve(path);
    }
  }
}

function clash(first: string, second: string, path: string): UsageError {
  const place = path === '-' ? 'standard output' : path;
  const file = second === '--json' ? first : second;
  return new UsageError(
    `${first} and ${second} cannot both write to ${place}`,
    `give ${file} a file of its own`,
  );
}
