/**
 * The only asynchronous plumbing: a native job becomes a promise that can be watched and stopped.
 * Progress is polled, not called back: the rate is the watcher's, and nothing outlives the loop.
 */
import type { Failure, Progress } from '#native';
import { bug, unwrap } from './errors.js';
import { checked, type Kind, type Kinds } from './kinds.js';

/** A redraw every 80 ms looks smooth; reading the counters costs under a microsecond. */
const POLL_MS = 80;

/** How to watch and stop a run. */
export interface Control {
  /** Abandons the run: the promise rejects with the signal's reason, and no file is written. */
  signal?: AbortSignal;
  /**
   * Ends the run early and keeps what there is: `fit` resolves with the best model so far and
   * `report.stopped === 'interrupted'`. A run with nothing to keep yet rejects with a
   * `KMeansError` of code `Interrupted`.
   */
  interrupt?: AbortSignal;
  /**
   * Called about 12 times a second while the run lasts, and once at its end. What it throws
   * abandons the run, and the promise rejects with it.
   */
  onProgress?: (progress: Progress) => void;
}

/** What the engine offers for every piece of work. */
export interface Job<Result extends object> {
  run(): Promise<Failure | Result>;
  readonly progress: Progress;
  /** Ends the run; with `discard`, without writing what there is so far. */
  cancel(discard?: boolean): void;
}

/** By structure, since a caller's AbortSignal may be of another realm. */
const signalKind: Kind = {
  rule: 'an AbortSignal',
  is: (value) =>
    typeof value === 'object' &&
    value !== null &&
    'aborted' in value &&
    'addEventListener' in value,
};

const controlKinds: Kinds<Control> = {
  signal: signalKind,
  interrupt: signalKind,
  onProgress: { rule: 'a function', is: (value) => typeof value === 'function' },
};

/**
 * Makes a job and runs it.
 * @param make Copies what the caller passed in, so it is called before anything is awaited.
 */
export async function run<Result extends object>(
  make: () => Job<Result>,
  control?: Control,
): Promise<Result> {
  const { signal, interrupt, onProgress } = checked(control, controlKinds, 'control');
  signal?.throwIfAborted();
  const job = made(make);
  const abandon = (): void => job.cancel(true);
  const end = (): void => job.cancel();
  if (interrupt?.aborted) end();
  signal?.addEventListener('abort', abandon, { once: true });
  interrupt?.addEventListener('abort', end, { once: true });
  const watcher = onProgress && watch(job, onProgress);
  try {
    const outcome = await job.run().catch((thrown: unknown) => Promise.reject(bug(thrown)));
    // The caller's own reasons, whatever the engine made of them.
    signal?.throwIfAborted();
    watcher?.rethrow();
    const result = unwrap(outcome);
    watcher?.tick();
    watcher?.rethrow();
    return result;
  } finally {
    watcher?.stop();
    signal?.removeEventListener('abort', abandon);
    interrupt?.removeEventListener('abort', end);
  }
}

function made<Made>(make: () => Made): Made {
  try {
    return make();
  } catch (thrown) {
    throw bug(thrown);
  }
}

interface Watcher {
  tick(): void;
  stop(): void;
  rethrow(): void;
}

/** An error thrown by the watcher cancels the job and reaches the caller, not the event loop. */
function watch<Result extends object>(
  job: Job<Result>,
  onProgress: (progress: Progress) => void,
): Watcher {
  let thrown: { error: unknown } | undefined;
  const tick = (): void => {
    if (thrown) return;
    try {
      onProgress(job.progress);
    } catch (error) {
      thrown = { error };
      job.cancel(true);
    }
  };
  const timer = setInterval(tick, POLL_MS);
  const rethrow = (): void => {
    if (thrown) throw thrown.error;
  };
  return { tick, stop: () => clearInterval(timer), rethrow };
}
