/** Ctrl-C twice, and the signals that ask a process to end: files are tidied, then it dies of them. */
import { constants } from 'node:os';

/** npm sends its own SIGINT after the terminal's; a person needs longer to press again. */
const SAME_PRESS_MS = 100;

const ENDINGS = ['SIGTERM', 'SIGHUP'] as const;

export interface Signals {
  /** The first Ctrl-C. */
  interrupted(): void;
  /** The last thing the process does: nothing after it may wait. */
  dying(): void;
}

/** Returns what gives the signals back their own meaning. */
export function onSignals({ interrupted, dying }: Signals): () => void {
  let pressed: number | undefined;
  const end = (signal: NodeJS.Signals): void => {
    dispose();
    dying();
    die(signal);
  };
  const press = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    if (pressed === undefined) {
      pressed = now;
      interrupted();
    } else if (now - pressed > SAME_PRESS_MS) {
      end(signal);
    }
  };
  const dispose = (): void => {
    process.off('SIGINT', press);
    for (const signal of ENDINGS) process.off(signal, end);
  };
  process.on('SIGINT', press);
  for (const signal of ENDINGS) process.on(signal, end);
  return dispose;
}

/** By the signal itself, so that a shell loop ends too; it sees 130, 143 or 129. */
function die(signal: NodeJS.Signals): void {
  process.kill(process.pid, signal);
  // Still here: the first process of a container is spared by signals that it does not handle.
  process.exit(128 + constants.signals[signal]);
}
