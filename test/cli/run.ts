/** Runs the command line as a process, in a directory of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export const bin: string = fileURLToPath(new URL('../../bin/kmeans.js', import.meta.url));
export const fixtures: string = fileURLToPath(new URL('../../fixtures', import.meta.url));
export const iris: string = join(fixtures, 'iris.csv');

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit code; 128 + n for a death by signal n, as a shell has it. */
  readonly code: number;
}

export interface Circumstances {
  /** What is piped in; nothing when absent. */
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Another bin/kmeans.js than that of this checkout. */
  readonly program?: string;
}

export function run(args: readonly string[], how: Circumstances = {}): Promise<Outcome> {
  const child = start(args, how);
  child.stdin?.on('error', () => {}); // it may exit without reading
  child.stdin?.end(how.stdin ?? '');
  return outcome(child);
}

/** A pipeline, with `kmeans` as a command; fails when any part of it does. */
export function shell(script: string, how: Circumstances = {}): Promise<Outcome> {
  const lines = `set -o pipefail; kmeans() { '${process.execPath}' '${bin}' "$@"; }; ${script}`;
  return outcome(spawn('bash', ['-c', lines], { cwd: how.cwd, env: environment(how.env) }));
}

export function start(
  args: readonly string[],
  { env, cwd, program = bin }: Circumstances = {},
): ChildProcess {
  return spawn(process.execPath, [program, ...args], { cwd, env: environment(env) });
}

export async function outcome(child: ChildProcess): Promise<Outcome> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exit, signal) =>
      resolve(exit ?? 128 + constants.signals[signal ?? 'SIGKILL']),
    );
  });
  return { stdout: text(stdout), stderr: text(stderr), code };
}

/** An empty directory that is gone after the test. */
export function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'kmeans-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** The tester's own colours and certificates are none of the tests' business. */
function environment(changes: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { FORCE_COLOR, NO_COLOR, NODE_EXTRA_CA_CERTS, NODE_OPTIONS, ...rest } = process.env;
  return { ...rest, ...changes };
}

function text(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString();
}
