/**
 * The only asynchronous plumbing: a native job becomes a promise that can be watched and stopped.
 * Progress is polled, not called back: the rate is the watcher's, and nothing outlives the loop.
 */
import type { Failure, Progress } from '#native';
import { unwrap } from './errors.js';

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
  /** Called about 12 times a second while the run lasts, and once at its end. */
  onProgress?: (progress: Progress) => void;
}

/** What the engine offers for every piece of work. */
export interface Job<Result extends object> {
  run(): Promise<Failure | Result>;
  readonly progress: Progress;
  /** Ends the run; with `discard`, without writing what there is so far. */
  cancel(discard?: boolean): void;
}

export async function run<Result extends object>(
  job: Job<Result>,
  { signal, interrupt, onProgress }: Control = {},
): Promise<Result> {
  signal?.throwIfAborted();
  const abandon = (): void => job.cancel(true);
  const end = (): void => job.cancel();
  if (interrupt?.aborted) end();
  signal?.addEventListener('abort', abandon, { once: true });
  interrupt?.addEventListener('abort', end, { once: true });
  const watcher = onProgress && watch(job, onProgress);
  try {
    const outcome = await job.run();
    signal?.throwIfAborted(); // the caller's own reason, whatever the engine made of it
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
