/** pyarrow as an outside judge, in an environment of its own; only where there is a Python. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PYARROW = 'pyarrow==25.0.1';
const folder: string = fileURLToPath(
  new URL('../../node_modules/.cache/kmeans-pyarrow', import.meta.url),
);
const python: string = join(folder, process.platform === 'win32' ? 'Scripts' : 'bin', 'python');

/** The interpreter that has pyarrow, made at first use; undefined where it cannot be had. */
export function pythonWithArrow(): string | undefined {
  try {
    if (!existsSync(python)) execFileSync('python3', ['-m', 'venv', folder], { stdio: 'ignore' });
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', PYARROW];
    execFileSync(python, pip, { stdio: 'ignore' });
    return python;
  } catch {
    return undefined;
  }
}
