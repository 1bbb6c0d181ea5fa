import { expect, test, vi } from 'vitest';
import type { Failure, Progress } from '#native';
import { KMeansError } from '../../src/api/errors.js';
import { type Control, type Job, run } from '../../src/api/job.js';

const progress = { phase: 'iterating' } as Progress;

/** A job that lasts until it is cancelled, or for `ms`. */
function job(outcome: object, ms = 20): Job<object> & { cancel: () => void } {
  let end = (): void => {};
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  const cancel = vi.fn(() => end());
  const start = async (): Promise<object> => {
    const timer = setTimeout(end, ms);
    await done;
    clearTimeout(timer);
    return outcome;
  };
  return { progress, cancel, run: start };
}

const failure = (code: string): Failure => ({ code, message: 'too many' }) as Failure;

test('a failure becomes a KMeansError with the stack of the caller', async () => {
  const error = await run(() => job(failure('InvalidData'))).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(KMeansError);
  expect(error).toMatchObject({ code: 'InvalidData', message: 'too many' });
  expect((error as Error).stack).toContain('job.test.ts');
});

test('an aborted signal rejects with its own reason', async () => {
  const controller = new AbortController();
  const lasting = job({ done: true }, 30_000);
  const result = run(() => lasting, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(result).rejects.toThrow('enough');
  expect(lasting.cancel).toHaveBeenCalledExactlyOnceWith(true);
});

test('a signal that was aborted before starts nothing', async () => {
  const idle = { progress, cancel: vi.fn(), run: vi.fn() };
  await expect(run(() => idle, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  expect(idle.run).not.toHaveBeenCalled();
});

test('an interrupt keeps what the job has', async () => {
  const controller = new AbortController();
  const lasting = job({ best: 'so far' }, 30_000);
  const result = run(() => lasting, { interrupt: controller.signal });
  controller.abort();
  await expect(result).resolves.toEqual({ best: 'so far' });
  expect(lasting.cancel).toHaveBeenCalledExactlyOnceWith();
});

test('progress is reported while the job runs and at its end', async () => {
  const seen: Progress[] = [];
  await run(() => job({}, 250), { onProgress: (now) => void seen.push(now) });
  expect(seen.length).toBeGreaterThan(1);
  expect(seen[0]).toBe(progress);
});

test('an error of the watcher abandons the job and reaches the caller', async () => {
  const lasting = job(failure('Interrupted'), 30_000);
  const onProgress = (): never => {
    throw new Error('the watcher broke');
  };
  await expect(run(() => lasting, { onProgress })).rejects.toThrow('the watcher broke');
  expect(lasting.cancel).toHaveBeenCalledExactlyOnceWith(true);
});

test.each([
  [5, 'control must be an object, got 5'],
  [{ signal: 5 }, 'signal must be an AbortSignal, got 5'],
  [{ interrupt: null }, 'interrupt must be an AbortSignal, got null'],
  [{ onProgress: 'yes' }, 'onProgress must be a function, got "yes"'],
  [{ onprogress: () => {} }, 'onprogress is not an option of control'],
])('as control %j is refused before anything starts', async (control, message) => {
  const make = vi.fn(() => job({}));
  const error = await run(make, control as Control).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(KMeansError);
  expect(error).toMatchObject({ code: 'InvalidOption', message });
  expect(make).not.toHaveBeenCalled();
});

test('what the addon throws is a bug, and a KMeansError too', async () => {
  const conversion = new TypeError('Failed to convert napi value');
  const broken = (): Job<object> => {
    throw conversion;
  };
  const rejecting = { ...job({}), run: () => Promise.reject(conversion) };
  for (const make of [broken, () => rejecting]) {
    const error = await run(make).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(KMeansError);
    expect(error).toMatchObject({ code: 'Internal', cause: conversion });
  }
});
