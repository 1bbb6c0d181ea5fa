/** A command line that cannot be run: exit 2. */
import type { CommanderError } from 'commander';

export class UsageError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** Commander's sentence in our form: no full stop, and its suggestion as a hint. */
export function fromCommander({ code, message }: CommanderError, command: string): UsageError {
  const [first = '', suggestion] = message.replace(/^error: /, '').split('\n');
  const [flag] = /--[a-z-]+/.exec(first) ?? [];
  if (code === 'commander.optionMissingArgument') return new UsageError(`${flag} needs a value`);
  const sentence = first.replace(/\. Expected/, ', expected').replace(/\.$/, '');
  const hint = suggestion?.replace(/^\((.*)\)$/, '$1').replace(/^Did/, 'did');
  return new UsageError(sentence, hint ?? `${command} --help shows what there is`);
}
