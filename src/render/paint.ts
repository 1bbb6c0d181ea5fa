/** Colour by role. A report must say the same without it. */
import { Chalk } from 'chalk';

type Brush = (text: string) => string;

export interface Paint {
  readonly error: Brush;
  readonly warning: Brush;
  readonly hint: Brush;
  readonly path: Brush;
  readonly heading: Brush;
  readonly faint: Brush;
}

/** 16 colours at most, so that the reader's own palette decides what is legible. */
export function paints(colour: boolean): Paint {
  const chalk = new Chalk({ level: colour ? 1 : 0 });
  return {
    error: chalk.red.bold,
    warning: chalk.yellow.bold,
    hint: chalk.cyan.bold,
    path: chalk.cyan,
    heading: chalk.bold,
    faint: chalk.dim,
  };
}
