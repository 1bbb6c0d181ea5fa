/** Attends to a run: a bar while it lasts, unless it is to be silent, and Ctrl-C. */
import type { Control } from '../api/job.js';
import type { Bar } from '../render/bar.js';
import { columns, isTerminal, STDERR, writeErr } from './terminal.js';

/** npm sends its own SIGINT after the terminal's; a person needs longer to press again. */
const SAME_PRESS_MS = 100;

export async function attend<Result>(
  silent: boolean | undefined,
  work: (control: Control) => Promise<Result>,
): Promise<Result> {
  const interrupt = onInterrupt();
  const bar = await drawnBar(silent);
  const control: Control = { interrupt: interrupt.signal };
  if (bar) control.onProgress = (progress) => bar.show(progress);
  try {
    return await work(control);
  } finally {
    bar?.erase();
    interrupt.dispose();
  }
}

async function drawnBar(silent: boolean | undefined): Promise<Bar | undefined> {
  if (silent || !isTerminal(STDERR)) return undefined;
  const { progressBar } = await import('../render/bar.js');
  return progressBar({ columns: columns(STDERR), write: writeErr });
}

/**
 * The first Ctrl-C is ours, and asks the run to end. Then the signal gets back its own meaning:
 * the second kills the process at once, even one that is stuck, and the shell sees 130.
 */
function onInterrupt(): { signal: AbortSignal; dispose(): void } {
  const controller = new AbortController();
  const dispose = (): void => {
    process.off('SIGINT', listener);
  };
  const listener = (): void => {
    if (controller.signal.aborted) return;
    controller.abort();
    setTimeout(dispose, SAME_PRESS_MS).unref();
  };
  process.on('SIGINT', listener);
  return { signal: controller.signal, dispose };
}
