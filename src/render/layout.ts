/** Text in columns and paragraphs, at most as wide as it is told. */

export interface Column {
  readonly title: string;
  readonly cells: readonly string[];
  readonly left?: boolean;
}

/** A table's lines, title first; numbers to the right, two blanks between columns. */
export function tableLines(columns: readonly Column[]): string[] {
  const widths = columns.map(({ title, cells }) =>
    Math.max(title.length, ...cells.map((cell) => cell.length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => pad(cell, widths[at] ?? 0, columns[at]?.left === true))
      .join('  ')
      .trimEnd();
  const rows = columns[0]?.cells.length ?? 0;
  const body = Array.from({ length: rows }, (_, row) =>
    line(columns.map(({ cells }) => cells[row] ?? '')),
  );
  return [line(columns.map(({ title }) => title)), ...body];
}

/** Words of a list on lines of at most `width`; a word longer than that has a line of its own. */
export function wrapList(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const [at, word] of words.entries()) {
    const text = at < words.length - 1 ? `${word},` : word;
    if (line && line.length + 1 + text.length > width) {
      lines.push(line);
      line = text;
    } else {
      line = line ? `${line} ${text}` : text;
    }
  }
  return line ? [...lines, line] : lines;
}

/** A sentence on lines of at most `width`. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}

/** The first `most` words and how many there are besides. */
export function firstOf(words: readonly string[], most: number): string[] {
  if (words.length <= most) return [...words];
  return [...words.slice(0, most - 1), `and ${words.length - most + 1} more`];
}

export function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${whole(text.slice(0, width - 1))}…`;
}

/** The same with the end kept, where names that begin alike differ. */
export function shortenWithin(text: string, width: number): string {
  if (text.length <= width) return text;
  const end = Math.floor((width - 1) / 2);
  return `${whole(text.slice(0, width - 1 - end))}…${whole(text.slice(text.length - end))}`;
}

/** A piece without the half of a character at its end or beginning. */
function whole(piece: string): string {
  return piece.replace(/[\ud800-\udbff]$|^[\udc00-\udfff]/g, '');
}

function pad(text: string, width: number, left: boolean): string {
  return left ? text.padEnd(width) : text.padStart(width);
}
