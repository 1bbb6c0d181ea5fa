/**
 * The three standard streams, by number. `process.stdin`, `.stdout` and `.stderr` are never
 * touched: their first use makes a pipe non-blocking, and the engine reads and writes 0 and 1.
 */
import { fstatSync, readSync, statSync, writeSync } from 'node:fs';
import { KMeansError } from '../api/errors.js';
import { visiblePage } from '../text/visible.js';

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
  requireStdout();
  writeAll(STDOUT, text);
}

/** Throws where stdout was closed (`>&-`), and what is written would be lost without a word. */
export function requireStdout(): void {
  if (!wasClosed(STDOUT)) return;
  throw new KMeansError({
    code: 'File',
    message: 'cannot write to standard output: it is closed',
    hint: 'redirect it, or name a file with -m or -o: /dev/null drops the result',
  });
}

/**
 * Whether a stream was closed when node started. Node opens the null device in its place, for reading
 * and writing (`PlatformInit` in node.cc), and nothing tells that from one which a parent opened and
 * passed on in the same way, as `subprocess.DEVNULL` of Python and `stdio: 'ignore'` of node do: the
 * system keeps no record of who opened a file. A shell's `>/dev/null` is for writing only.
 */
function wasClosed(fd: number): boolean {
  try {
    const stats = fstatSync(fd);
    if (!stats.isCharacterDevice() || stats.rdev !== statSync('/dev/null').rdev) return false;
    return readSync(fd, new Uint8Array(1)) === 0;
  } catch {
    return false; // not open for reading, or a system without such a device
  }
}

/** Words for people, where the report is the result. Throws as `writeOut`. */
export function writePage(text: string): void {
  requireStdout();
  writeAll(STDOUT, visiblePage(text));
}

/**
 * Words for people, which are not the result: a stderr that is closed or full (`2>/dev/full`) changes
 * nothing of what was done, and nobody is left to be told.
 */
export function writeErr(text: string): void {
  drawErr(visiblePage(text));
}

/** A drawing of our own, with its cursor movements. */
export function drawErr(text: string): void {
  try {
    writeAll(STDERR, text);
  } catch {}
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
