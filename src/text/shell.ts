/** Words of a shell's line, to be copied from a report: the same rule as in `native/io/src/names.rs`. */
import { visible } from './visible.js';

const PLAIN = /^(?!-)[\p{Alphabetic}\p{N}_./+:@%,-]+$/u;

/**
 * A text as one word, which stands for it to the byte and holds no character that `visible` would
 * spell out.
 *
 * `$'…'` is that of bash, zsh and POSIX.1-2024. Bytes are written in octal, which every shell reads
 * alike: `\x` takes two digits in one and any number in another, and what `\u` means depends on the
 * locale.
 */
export function shellWord(text: string): string {
  if (PLAIN.test(text)) return text;
  if (visible(text) === text) return `'${text.replaceAll("'", "'\\''")}'`;
  return `$'${Array.from(text, escaped).join('')}'`;
}

/** A path as one word, which no command takes for an option; `-` alone is standard input. */
export function pathWord(path: string): string {
  if (path === '-') return path;
  return shellWord(path.startsWith('-') ? `./${path}` : path);
}

function escaped(letter: string): string {
  if (letter === "'" || letter === '\\') return `\\${letter}`;
  const spelt = visible(letter);
  if (spelt === letter || spelt.length === 2) return spelt; // \n, \r, \t are the shell's too
  return Array.from(new TextEncoder().encode(letter), octal).join('');
}

function octal(byte: number): string {
  return `\\${byte.toString(8).padStart(3, '0')}`;
}
