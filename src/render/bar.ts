/**
 * The progress bar: the only part of render/ that writes. Cursor and line wrap are never switched
 * off, so no way out, not even a kill, leaves a terminal to restore.
 */
import cliProgress from 'cli-progress';
import type { Progress } from '../api/report.js';
import { type Part, progressFacts, progressLine, progressShare, TimeLeft } from './progress.js';

/** Shorter work is over before a bar could be read. */
const DELAY_MS = 300;

/** As much of a terminal as a bar needs. */
export interface Screen {
  readonly columns: number;
  write(text: string): void;
}

export interface Bar {
  show(progress: Progress): void;
  /** Takes the line away; the next `show` draws a new one, where the cursor is by then. */
  erase(): void;
}

interface Payload {
  readonly phase: string;
  readonly known: boolean;
  readonly facts: readonly Part[];
}

/** @param total Rows that will be written, where that is known. */
export function progressBar(screen: Screen, total?: number, now: () => number = Date.now): Bar {
  const begun = now();
  const left = new TimeLeft();
  let bar: cliProgress.SingleBar | undefined;
  return {
    show(progress) {
      const seconds = left.update(progress, now());
      if (now() - begun < DELAY_MS) return;
      const share = progressShare(progress, total);
      const payload: Payload = {
        phase: progress.phase,
        known: share !== undefined,
        facts: progressFacts(progress, seconds, total),
      };
      if (bar) bar.update(share ?? 0, payload);
      else bar = started(screen, share ?? 0, payload);
    },
    erase() {
      bar?.stop();
      bar = undefined;
    },
  };
}

function started(screen: Screen, share: number, payload: Payload): cliProgress.SingleBar {
  const stream = { isTTY: true, columns: screen.columns, write: (text: string) => writes(text) };
  const writes = (text: string): boolean => {
    screen.write(text);
    return true;
  };
  const bar = new cliProgress.SingleBar({
    stream: stream as unknown as NodeJS.WritableStream,
    format: (options, params, { phase, known, facts }) => {
      const meter = cliProgress.Format.BarFormat(params.progress, options);
      return progressLine(phase, known ? `[${meter}]` : undefined, facts, screen.columns - 1);
    },
    barsize: 10,
    barCompleteChar: '=',
    barIncompleteChar: ' ',
    linewrap: true,
    clearOnComplete: true,
  });
  bar.start(1, share, payload);
  return bar;
}
