// @ts-check
/** Bundles the command line and the library into dist/. A script, since rolldown's own prints to stdout. */
import { readFileSync } from 'node:fs';
import module from 'node:module';
import { build } from 'rolldown';

/**
 * How bundled packages get at node's modules.
 *
 * - An import of node:process runs the getters of process.stdin, .stdout and .stderr, and with that
 *   makes pipes non-blocking that the engine reads and writes. chalk does so; the global is the
 *   same object without that effect.
 * - `require` would have to be made by createRequire, and commander's of node:child_process, for
 *   subcommands that are programs of their own, is in vain: 3 ms of the start together.
 *
 * @type {import('rolldown').Plugin}
 */
const builtins = {
  name: 'builtins',
  resolveId(id, _importer, { kind }) {
    if (kind === 'import-statement' && id === 'node:process') return '\0process';
    if (kind === 'require-call' && module.isBuiltin(id)) return `\0require:${id}`;
    return null;
  },
  load(id) {
    if (id === '\0process') return 'export default globalThis.process;';
    if (id === '\0require:node:child_process') return 'module.exports = {};';
    if (!id.startsWith('\0require:')) return null;
    return `module.exports = process.getBuiltinModule('${id.slice('\0require:'.length)}');`;
  },
};

/**
 * The engine, without the loader that napi generates: that one tries files of every system through `require` and takes
 * 4 of the 30 ms that a command needs. It is asked where the file of this system is not there or does not load, and says
 * why.
 *
 * @type {import('rolldown').Plugin}
 */
const native = {
  name: 'native',
  resolveId(id, importer) {
    if (id !== '#native') return null;
    return importer === '\0native' ? { id, external: true } : '\0native';
  },
  load(id) {
    if (id !== '\0native') return null;
    const generated = readFileSync(new URL('native/node/index.js', import.meta.url), 'utf8');
    const names = Array.from(generated.matchAll(/^export \{ (\w+) \}/gm), ([, name]) => name);
    return `
      import { fileURLToPath } from 'node:url';
      const abi = { linux: '-gnu', win32: '-msvc' }[process.platform] ?? '';
      const file = '../native/node/kmeans.' + process.platform + '-' + process.arch + abi + '.node';
      const loaded = { exports: {} };
      try {
        process.dlopen(loaded, fileURLToPath(new URL(file, import.meta.url)));
      } catch {
        loaded.exports = await import('#native');
      }
      export const { ${names.join(', ')} } = loaded.exports;
    `;
  },
};

/**
 * A file of its own costs a third of a millisecond, and each waits for the one that asks for it. What a command
 * needs of the library is one file, 3 ms earlier than as eight; what main itself needs of it is another, for
 * `--version` loads no engine.
 */
const groups = [
  { name: 'words', test: /src\/api\/(errors|similar)/, priority: 1 },
  { name: 'api', test: /src\/api\// },
];

await build({
  input: ['src/cli/main.ts', 'src/index.ts'],
  platform: 'node',
  external: ['apache-arrow'],
  plugins: [builtins, native],
  output: {
    dir: 'dist',
    chunkFileNames: '[name].js',
    codeSplitting: { groups },
    minify: true,
    keepNames: true,
  },
});
