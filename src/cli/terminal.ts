/**
 * The three standard streams, by number. `process.stdin`, `.stdout` and `.stderr` are never
 * touched: their first use makes a pipe non-blocking, and the engine reads and writes 0 and 1.
 */
import { writeSync } from 'node:fs';

export const STDIN = 0;
export const STDOUT = 1;
export const STDERR = 2;

/** Wide terminals make tables hard to follow; narrower ones wrap. */
const WIDEST = 100;
const NARROWEST = 60;

export function isTerminal(fd: number): boolean {
  return tty().isatty(fd);
}

/** Room for a report. */
export function reportWidth(fd: number = STDERR): number {
  return isTerminal(fd) ? Math.max(NARROWEST, Math.min(WIDEST, columns(fd))) : WIDEST;
}

export function columns(fd: number): number {
  try {
    return new (tty().WriteStream)(fd).columns || WIDEST;
  } catch {
    return WIDEST;
  }
}

/** Whether stderr takes colour: FORCE_COLOR over NO_COLOR over the terminal's own word. */
export function colourWanted(
  env: NodeJS.ProcessEnv = process.env,
  terminal: boolean = isTerminal(STDERR),
): boolean {
  if (env['FORCE_COLOR']) return env['FORCE_COLOR'] !== '0' && env['FORCE_COLOR'] !== 'false';
  if (env['NO_COLOR']) return false;
  return terminal && env['TERM'] !== 'dumb';
}

/** Data. Throws what goes wrong, a closed pipe (`EPIPE`) too. */
export function writeOut(text: string): void {
  writeAll(STDOUT, text);
}

/** Words for people. Nobody listens to a closed stderr, so nobody is told. */
export function writeErr(text: string): void {
  try {
    writeAll(STDERR, text);
  } catch (error) {
    if (errno(error) !== 'EPIPE') throw error;
  }
}

export function errno(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

/** Loading node:tty, and with it node:net, takes 2 ms that `--version` need not pay. */
function tty(): typeof import('node:tty') {
  return process.getBuiltinModule('node:tty');
}

function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      // Another process may have made the pipe non-blocking; then a full one says EAGAIN.
      if (errno(error) !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
