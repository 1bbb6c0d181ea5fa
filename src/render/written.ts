import { visible } from '../text/visible.js';
import { hintText } from './failure.js';
import type { Paint } from './paint.js';

/** Where a result went; the path `-` is standard output. */
export interface Written {
  readonly what: string;
  readonly path: string;
}

export function writtenText(outputs: readonly Written[], paint: Paint): string {
  const lines = outputs.map(({ what, path }) => {
    return `wrote ${what} to ${paint.path(path === '-' ? 'standard output' : visible(path))}\n`;
  });
  return lines.length > 0 ? `\n${lines.join('')}` : '';
}

export function unsavedText(paint: Paint): string {
  return `\n${hintText('the model was not saved, -m model.json would keep it', paint)}`;
}
