/** What a failed run did write: its results are written one after the other, the model first. */
import { statSync } from 'node:fs';
import { KMeansError } from '../api/errors.js';
import type { Written } from '../render/written.js';

/** Looks at the files before a run; what it returns tells which of them are new since. */
export function watchFiles(files: readonly Written[]): () => Written[] {
  const before = files.map(({ path }) => identity(path));
  return () => files.filter(({ path }, at) => identity(path) !== before[at]);
}

/** The error, with what was written as its hint. */
export function withKept(error: unknown, kept: readonly Written[]): unknown {
  // An option is judged before anything is written.
  if (!(error instanceof KMeansError) || error.option !== undefined || kept.length === 0) {
    return error;
  }
  const places = kept.map(({ what, path }) => {
    return `${what} ${what === 'the model' ? 'was' : 'were'} written to ${path}`;
  });
  const hint = [error.hint, ...places].filter(Boolean).join('; ');
  return new KMeansError({ code: error.code, message: error.message, hint });
}

/** Files appear by a rename, so that a new one has another number, whatever its time. */
function identity(path: string): string | undefined {
  if (path === '-') return undefined;
  try {
    const stats = statSync(path, { bigint: true });
    return stats.isFile() ? `${stats.dev}:${stats.ino}:${stats.mtimeNs}` : undefined;
  } catch {
    return undefined;
  }
}
