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
  // The argument at fault may hold line ends of its own.
  const [, first = '', suggestion] =
    /^(?:error: )?(.*?)(?:\n\((Did you mean [^\n]*)\))?$/s.exec(message) ?? [];
  const [flag] = /--[a-z-]+/.exec(first) ?? [];
  if (code === 'commander.optionMissingArgument') return new UsageError(`${flag} needs a value`);
  const sentence = first.replace(/\. Expected/, ', expected').replace(/\.$/, '');
  const hint = suggestion?.replace(/^Did/, 'did');
  return new UsageError(sentence, hint ?? `${command} --help shows what there is`);
}
