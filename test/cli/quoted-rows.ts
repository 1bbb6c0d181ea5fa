/**
 * A table that cannot be cut into parts at any line's end: every text cell holds one, within quotes, and one cell early on
 * holds a lone quote, after which a count of quotes takes the ends of lines within cells for the ends of rows.
 */
export function quotedRows(rows: number): string {
  const lines = ['id,a,b,note\n'];
  let state = 1;
  for (let row = 0; row < rows; row++) {
    // MINSTD: digits that do not compress, so that the decoder is slower than its reader.
    state = (state * 48_271) % 2_147_483_647;
    const number = state / 2_147_483_647;
    const note = row === 500 ? '5" pipe' : `"row ${row},\nwhich ""goes on"" ${number}"`;
    lines.push(`${row},${row % 97},${number},${note}\n`);
  }
  return lines.join('');
}

/** The same after a comment with a quote, and without a lone one among the rows. */
export function commentedRows(rows: number): string {
  return `#"x\n${quotedRows(rows).replace('5" pipe', '"5 pipes"')}`;
}
