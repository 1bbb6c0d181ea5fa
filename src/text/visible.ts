/**
 * Text that others wrote (names, cells, paths, arguments) as people may read it: nothing in it moves
 * a cursor, breaks a line or turns the direction of writing around. The rule is the same as that of
 * `native/io/src/visible.rs`; both are held against `fixtures/visible.json`.
 */

/**
 * Controls, format characters, separators of lines, lone surrogates. Format characters are invisible:
 * U+202E shows the rest of a line backwards, U+200B makes two different names look alike
 * (CVE-2021-42574, Unicode Technical Report 36).
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const SPELT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The text with all of these spelt out: `\n`, `\u{1b}`. Twice is once. */
export function visible(text: string): string {
  return text.replace(HIDDEN, spelt);
}

/** What the brushes of `render/paint.ts` leave around a text. */
const COLOURS: ReadonlySet<string> = new Set(
  [1, 2, 22, 31, 33, 36, 39].map((code) => `\u001b[${code}m`),
);

const HIDDEN_OR_COLOUR = /\p{Cc}\[\d+m|[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/**
 * A page of several lines, in which nothing is left but line feeds and our colours: the last guard
 * before a terminal, for a text that was forgotten on its way.
 */
export function visiblePage(text: string): string {
  return text.replace(HIDDEN_OR_COLOUR, (found) => {
    return found === '\n' || COLOURS.has(found) ? found : visible(found);
  });
}

function spelt(letter: string): string {
  return SPELT[letter] ?? `\\u{${letter.codePointAt(0)?.toString(16)}}`;
}
