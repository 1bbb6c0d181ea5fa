/** The command line is tested as it ships, so the bundle must be that of the sources. */
import { execFileSync } from 'node:child_process';

export default function setup(): void {
  execFileSync(process.execPath, ['bundle.js'], { stdio: 'inherit' });
}
