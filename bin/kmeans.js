#!/usr/bin/env node
// @ts-check
import module from 'node:module';

// Syntax of Node 14 up to here, so that an old Node says what it needs instead of a SyntaxError.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `error: kmeans needs Node 20.19 or newer, this is ${process.versions.node}\n`,
  );
  process.exit(1);
}
module.enableCompileCache?.(); // Node 22.1 and newer: 5 ms less
try {
  await import('../dist/main.js');
} catch (error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  process.stderr.write('error: kmeans is not built; run: npm run build\n');
  process.exitCode = 70;
}
