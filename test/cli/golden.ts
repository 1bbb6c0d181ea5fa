/** Golden output in fixtures/cli; `UPDATE_GOLDEN=1 npm run test:ts` rewrites it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { fixtures } from './run.js';

/** `name` may hold folders: `errors/tol-negative`. */
export function expectGolden(name: string, text: string): void {
  const file = join(fixtures, 'cli', `${name}.txt`);
  if (process.env['UPDATE_GOLDEN']) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  expect(text).toBe(readFileSync(file, 'utf8'));
}
