/** The bytes that commands gave when hashes.json was recorded; `UPDATE_GOLDEN=1` records them again. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { directory, fixtures, shell } from '../cli/run.js';
import { byInstructionSet, commands } from './commands.js';

/** By command, the hash of each file that it leaves. */
type Hashes = Record<string, Record<string, string>>;

const file = fileURLToPath(new URL('hashes.json', import.meta.url));
const updating = Boolean(process.env['UPDATE_GOLDEN']);
const recorded: Hashes = updating ? {} : JSON.parse(readFileSync(file, 'utf8'));

test.each(Object.entries(commands))('%s', async (name, script) => {
  const found = await hashesOf(script);
  if (!updating) return expect(found).toEqual(recorded[name]);
  recorded[name] = found;
  writeFileSync(file, `${JSON.stringify(recorded, null, 2)}\n`);
});

test.each(['avx2', 'avx512', 'vnni', 'amx', 'neon'])('the kernels of %s', async (isa) => {
  const [first] = byInstructionSet(isa);
  const { stderr } = await shell(first?.[1] ?? '', { cwd: directory() });
  // A processor that lacks it says so; anything else is a defect, and the hashes tell.
  if (stderr.includes('this processor')) return;
  for (const [name, script] of byInstructionSet(isa)) {
    expect(await hashesOf(script)).toEqual(recorded[name]);
  }
});

async function hashesOf(script: string): Promise<Record<string, string>> {
  const cwd = directory();
  const { stdout, stderr, code } = await shell(`F='${fixtures}'; ${script}`, { cwd });
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  const files = readdirSync(cwd).sort();
  const found = files.map((name): [string, string] => [name, hash(content(join(cwd, name)))]);
  return Object.fromEntries([['stdout', hash(Buffer.from(withoutTool(stdout)))], ...found]);
}

/** The bytes of a file, unpacked, and of a model without the version of the tool that wrote it. */
function content(path: string): Buffer {
  const bytes = readFileSync(path);
  if (path.endsWith('.gz')) return gunzipSync(bytes);
  return path.endsWith('.json') ? Buffer.from(withoutTool(bytes.toString())) : bytes;
}

function withoutTool(text: string): string {
  return text.replace(/^ *"tool": .*\n/m, '');
}

function hash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}
