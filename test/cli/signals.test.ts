/** Ctrl-C, and the signals that end a process: what is kept, what is said, what is left behind. */

import type { ChildProcess } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { onSignals } from '../../src/cli/signals.js';
import { directory, iris, type Outcome, outcome, shell, start } from './run.js';

const NOTICE = 'finishing with the best so far; Ctrl-C again to stop at once\n';
const ENDLESS = ['--tol', '0', '--n-init', '50', '--max-iter', '100000', '-m', 'model.json'];

afterEach(() => {
  vi.restoreAllMocks();
});

test('the first Ctrl-C is answered and keeps the best model so far', async () => {
  const cwd = directory();
  const { stderr, code } = await signalled(cwd, ['-k', '200'], 'SIGINT');
  expect(code).toBe(130);
  expect(stderr.startsWith(NOTICE)).toBe(true);
  const model = JSON.parse(readFileSync(join(cwd, 'model.json'), 'utf8'));
  expect(model).toMatchObject({ stopped: 'interrupted', converged: false });
  expect(stderr).toContain('interrupted, not converged');
});

test('quiet, Ctrl-C is not answered', async () => {
  const { stderr } = await signalled(directory(), ['-k', '200', '-q'], 'SIGINT');
  expect(stderr).toBe('');
});

test.runIf(process.platform !== 'win32').each([
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s ends a fit at once, without a file', async (signal, status) => {
  const cwd = directory();
  const { stderr, code } = await signalled(cwd, ['-k', '200'], signal);
  expect({ stderr, code }).toEqual({ stderr: '', code: status });
  expect(readdirSync(cwd)).toEqual(['blobs.csv']);
});

test('the second Ctrl-C leaves no temporary file either', async () => {
  const cwd = directory();
  // So many clusters that an iteration outlasts a second.
  const { code } = await signalled(cwd, ['-k', '20000', '--init', 'random'], 'SIGINT', 'SIGINT');
  expect(code).toBe(130);
  expect(readdirSync(cwd).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('an interrupted predict leaves no file behind', async () => {
  const cwd = directory();
  await shell(`kmeans fit -q '${iris}' -k 3 > model.json`, { cwd });
  const predict = start(['predict', '-m', 'model.json', '-o', 'out.csv'], { cwd });
  const ended = outcome(predict);
  predict.stdin?.write(readFileSync(iris));
  await wait(1000);
  predict.kill('SIGINT');
  const { stderr, code } = await ended;
  expect(code).toBe(130);
  expect(stderr).toMatch(/^stopping; Ctrl-C again to stop at once\nerror: /);
  expect(readdirSync(cwd)).toEqual(['model.json']);
});

test('a signal that npm sends along is not a second Ctrl-C', async () => {
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  const calls: string[] = [];
  const dispose = onSignals({
    interrupted: () => calls.push('interrupted'),
    dying: () => calls.push('dying'),
  });
  const others = process.listenerCount('SIGTERM');
  process.emit('SIGINT', 'SIGINT');
  process.emit('SIGINT', 'SIGINT');
  expect(calls).toEqual(['interrupted']);
  await wait(150);
  process.emit('SIGINT', 'SIGINT');
  expect(calls).toEqual(['interrupted', 'dying']);
  expect(kill).toHaveBeenCalledExactlyOnceWith(process.pid, 'SIGINT');
  expect(exit).toHaveBeenCalledExactlyOnceWith(130); // where the kill did nothing
  expect(process.listenerCount('SIGTERM')).toBe(others - 1);
  dispose();
});

test.runIf(process.platform === 'linux')(
  'a kill that nobody can catch leaves nothing',
  async (context) => {
    const cwd = directory();
    if (!hasUnnamedFiles(cwd)) return context.skip();
    for (let at = 0; at < 24; at++) {
      const outputs = ['-m', `model-${at}.json`, '-o', `rows-${at}.csv`, '-l', `labels-${at}.csv`];
      const fit = start(['fit', iris, '-k', '3', ...outputs], { cwd });
      const ended = outcome(fit);
      if (at % 2) await wait(at * 10);
      else while (fit.exitCode === null && !writes(fit, cwd)) await wait(1);
      fit.kill('SIGKILL');
      await ended;
      expect(readdirSync(cwd).filter(isTemporary)).toEqual([]);
    }
  },
);

/** Whether a file system has files without a name: `O_TMPFILE`, which node has no constant for. */
function hasUnnamedFiles(folder: string): boolean {
  try {
    closeSync(openSync(folder, constants.O_DIRECTORY | 0o20000000 | constants.O_RDWR));
    return true;
  } catch {
    return false;
  }
}

function isTemporary(name: string): boolean {
  return name.startsWith('.kmeans-');
}

/** Whether a process has begun to write a file in a folder: one with a name to come, or with none yet. */
function writes({ pid }: ChildProcess, cwd: string): boolean {
  const open = `/proc/${pid}/fd`;
  if (readdirSync(cwd).some(isTemporary)) return true;
  if (!existsSync(open)) return false;
  const unnamed = `${realpathSync(cwd)}/#`;
  return readdirSync(open).some((fd) => {
    try {
      return readlinkSync(join(open, fd)).startsWith(unnamed);
    } catch {
      return false; // closed meanwhile
    }
  });
}

/** A fit that lasts, and the signals, a while apart, once it has begun to write. */
async function signalled(
  cwd: string,
  options: readonly string[],
  ...signals: readonly NodeJS.Signals[]
): Promise<Outcome> {
  await shell('kmeans blobs -q -n 200000 -d 16 -k 50 --std 20 -o blobs.csv', { cwd });
  const fit = start(['fit', 'blobs.csv', ...options, ...ENDLESS], { cwd });
  const ended = outcome(fit);
  while (!writes(fit, cwd)) await wait(50);
  await wait(2000); // for the reading and a first iteration
  for (const signal of signals) {
    fit.kill(signal);
    await wait(200);
  }
  return await ended;
}
