/** Every file of bench/dialects gets the answer that its case says; docs/dialects.md shows them beside what others do. */
import { execFile, execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const script: string = fileURLToPath(new URL('../../bench/dialects.py', import.meta.url));

test.skipIf(!hasPython())('files of every dialect and accident', { timeout: 300_000 }, async () => {
  const faults = await new Promise<string>((resolve) => {
    execFile('python3', [script, '--ours-only'], (error, _, stderr) => {
      resolve(error ? stderr : '');
    });
  });
  expect(faults).toBe('');
});

/** The script needs 3.11, and nothing else. */
function hasPython(): boolean {
  try {
    const check = 'import sys; sys.exit(sys.version_info < (3, 11))';
    execFileSync('python3', ['-c', check], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
