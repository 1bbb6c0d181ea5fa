import type { Failure } from '#native';
import { visible } from '../text/visible.js';

/**
 * Which side is at fault:
 *
 * - `InvalidOption`: an option's value, or a column that an option names
 * - `InvalidData`: the table's content
 * - `File`: a file that cannot be opened, read or written
 * - `InvalidModel`: a model that is damaged, too new, or does not fit the table
 * - `OutOfMemory`: the system has no memory for what the table holds
 * - `Interrupted`: ended before there was anything to keep
 * - `ClosedPipe`: the reader of the output went away
 * - `Internal`: a bug in kmeans
 */
export type ErrorCode = `${Failure['code']}`;

/** What an error is made of; the engine's failures have this shape. */
export interface ErrorParts {
  readonly code: ErrorCode;
  readonly message: string;
  readonly option?: string;
  readonly hint?: string;
}

/**
 * The one error of this library. Branch on `code`, not on the message.
 *
 * Every promise of the library that rejects does so with a `KMeansError`, with the reason of the
 * `AbortSignal` that was passed in, or with what the caller's own `onProgress` threw.
 */
export class KMeansError extends Error {
  override readonly name: string = 'KMeansError';
  /** Which side is at fault. */
  readonly code: ErrorCode;
  /** The option at fault, spelt as in the options object: `maxIter`. */
  declare readonly option?: string;
  /** What to do about it. */
  declare readonly hint?: string;

  constructor(parts: ErrorParts) {
    const { code, message, option, hint } = parts;
    // The rule of an option reads after its name: "maxIter" + "must be 1 or more, got 0".
    super(visible(code === 'InvalidOption' && option ? `${option} ${message}` : message));
    this.code = code;
    if (option !== undefined) this.option = option;
    if (hint !== undefined) this.hint = visible(hint);
  }
}

/** Throws what crossed the boundary as a value, so that the stack is the caller's. */
export function unwrap<Result>(outcome: Failure | Result): Result {
  if (isFailure(outcome)) throw new KMeansError(outcome);
  return outcome as Result;
}

/** What the addon throws, instead of returning it as a value, no check foresaw: a bug. */
export function bug(cause: unknown): KMeansError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const error = new KMeansError({ code: 'Internal', message: `internal error: ${reason}` });
  error.cause = cause;
  return error;
}

/** No result of the engine has a `code`. */
function isFailure(outcome: unknown): outcome is Failure {
  return typeof outcome === 'object' && outcome !== null && 'code' in outcome;
}
