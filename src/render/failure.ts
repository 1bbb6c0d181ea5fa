import type { ErrorParts } from '../api/errors.js';
import { visible } from '../text/visible.js';
import type { Paint } from './paint.js';

/** An error as two sentences: what is wrong, and what to do. */
export interface Complaint {
  readonly message: string;
  readonly hint?: string | undefined;
}

/** A failure in the words of the command line: the option by its flag. */
export function complaint(
  error: ErrorParts,
  flagOf: (option: string) => string | undefined,
): Complaint {
  const { code, message, option, hint } = error;
  const flag = code === 'InvalidOption' && option ? flagOf(option) : undefined;
  if (!option || !flag) return { message, hint };
  return { message: `${flag}${message.slice(option.length)}`, hint };
}

export function failureText({ message, hint }: Complaint, paint: Paint): string {
  const advice = hint ? `\n${hintText(hint, paint)}` : '';
  return `${paint.error('error:')} ${visible(message)}\n${advice}`;
}

export function hintText(hint: string, paint: Paint): string {
  return `${paint.hint('hint:')} ${visible(hint)}\n`;
}

export function warningText(warning: string, paint: Paint): string {
  return `${paint.warning('warning:')} ${visible(warning)}\n`;
}
