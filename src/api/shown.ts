/** Values in error messages: short, and safe for any value a caller may pass. */

const LONGEST_TEXT = 40;
const MOST_ITEMS = 4;

export function shown(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return list(value);
  if (typeof value !== 'object' || value === null) return String(value);
  const name = (value as Partial<object>).constructor?.name;
  return !name || name === 'Object' ? 'an object' : `an instance of ${name}`;
}

/** "1 column", "2 columns". */
export function counted(value: number, noun: string): string {
  return `${value} ${noun}${value === 1 ? '' : 's'}`;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text);
}

/** Arrays within arrays are not opened: one may hold itself. */
function list(values: readonly unknown[]): string {
  const items = values
    .slice(0, MOST_ITEMS)
    .map((item) => (Array.isArray(item) ? '[…]' : shown(item)));
  return `[${[...items, ...(values.length > MOST_ITEMS ? ['…'] : [])].join(', ')}]`;
}
