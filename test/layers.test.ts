/** Arrows point towards the pure: cli -> {api, render}, api -> #native, render -> types only, all of them -> text. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const src = fileURLToPath(new URL('../src', import.meta.url));
const IMPORT =
  /(?:import|export)\s+(type\s)?[^;'"]*?from\s*'([^']+)'|import\s*\(\s*'([^']+)'\s*\)/g;

interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly file: string;
  readonly typeOnly: boolean;
}

const allowed: Record<string, readonly string[]> = {
  index: ['api'],
  cli: ['cli', 'api', 'render', 'text', 'commander', 'node'],
  api: ['api', 'text', '#native', 'apache-arrow'],
  render: ['render', 'text', 'chalk', 'cli-progress'],
  text: ['text'],
};

const allowedTypes: Record<string, readonly string[]> = { render: ['api'] };

test('every import goes along an arrow of the architecture', () => {
  const wrong = arrows().filter(({ from, to, typeOnly }) => {
    const types = typeOnly ? (allowedTypes[from] ?? []) : [];
    return ![...(allowed[from] ?? []), ...types].includes(to);
  });
  expect(wrong).toEqual([]);
});

test('only one file imports apache-arrow, and dynamically', () => {
  const files = arrows().filter(({ to, typeOnly }) => to === 'apache-arrow' && !typeOnly);
  expect(files.map(({ file }) => file)).toEqual(['api/arrow.ts']);
  expect(code('api/arrow.ts')).toMatch(/await import\('apache-arrow'\)/);
});

test('the standard streams are used by number', () => {
  // Their getters, and an import of node:process that runs them, make a pipe non-blocking.
  const users = sources().filter((file) => {
    return /process\.std(in|out|err)|\bconsole\.|from 'node:process'/.test(code(file));
  });
  expect(users).toEqual([]);
});

function arrows(): Arrow[] {
  return sources().flatMap((file) =>
    [...code(file).matchAll(IMPORT)].map(([, typeOnly, stated, dynamic]) => {
      const to = layerOf(file, stated ?? dynamic ?? '');
      return { file, from: layer(file), to, typeOnly: typeOnly !== undefined };
    }),
  );
}

function sources(): string[] {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.ts'));
}

/** Without comments, which show imports to readers, and without types of modules. */
function code(file: string): string {
  const text = readFileSync(join(src, file), 'utf8');
  return text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*|typeof import\('[^']+'\)/g, '');
}

function layerOf(file: string, specifier: string): string {
  if (specifier.startsWith('node:')) return 'node';
  if (specifier.endsWith('package.json')) return 'cli';
  if (!specifier.startsWith('.')) return specifier;
  return layer(relative(src, join(src, dirname(file), specifier)));
}

function layer(file: string): string {
  return file.includes('/') ? (file.split('/')[0] ?? '') : 'index';
}
