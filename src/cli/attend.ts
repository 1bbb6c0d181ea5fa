/** Attends to a run: a bar while it lasts, Ctrl-C, and the signals that end a process. */
import type { Control } from '../api/job.js';
import type { Bar } from '../render/bar.js';
import { onSignals } from './signals.js';
import { columns, drawErr, isTerminal, STDERR, writeErr } from './terminal.js';

export interface Manner {
  /** Whether nothing may be said. */
  readonly quiet: boolean | undefined;
  /** Whether data fill the screen, where a bar would draw over them. */
  readonly fillsScreen: boolean;
  /** What the first Ctrl-C brings about: `finishing with the best so far`. */
  readonly ending: string;
  /** Rows that will be written, where that is known. */
  readonly total?: number | undefined;
}

export async function attend<Result>(
  { quiet, fillsScreen, ending, total }: Manner,
  work: (control: Control) => Promise<Result>,
): Promise<Result> {
  const bar = quiet || fillsScreen ? undefined : await drawnBar(total);
  const { removeTemporaryFiles } = await import('../api/temporary-files.js');
  const interrupt = new AbortController();
  const abandon = new AbortController();
  const dispose = onSignals({
    interrupted() {
      interrupt.abort();
      bar?.erase();
      if (!quiet) writeErr(`${ending}; Ctrl-C again to stop at once\n`);
    },
    dying() {
      bar?.erase();
      abandon.abort();
      removeTemporaryFiles();
    },
  });
  const control: Control = { interrupt: interrupt.signal, signal: abandon.signal };
  if (bar) control.onProgress = (progress) => bar.show(progress);
  try {
    return await work(control);
  } finally {
    bar?.erase();
    dispose();
  }
}

async function drawnBar(total: number | undefined): Promise<Bar | undefined> {
  if (!isTerminal(STDERR)) return undefined;
  const { progressBar } = await import('../render/bar.js');
  return progressBar({ columns: columns(STDERR), write: drawErr }, total);
}
