/** Every way a command can fail becomes a sentence on stderr and an exit code. */
import { CommanderError } from 'commander';
import { KMeansError } from '../api/errors.js';
import type { Complaint } from '../render/failure.js';
import { type Exit, exitCodes, exits } from './exit.js';
import { type AnyPage, flagOf } from './page.js';
import { colourWanted, errno, writeErr } from './terminal.js';
import { fromCommander, UsageError } from './usage.js';

export async function explain(error: unknown, page: AnyPage | undefined): Promise<Exit> {
  if (error instanceof CommanderError) return await explainCommander(error, page);
  if (error instanceof UsageError) return await complain(error, exits.usage);
  if (error instanceof KMeansError) return await explainFailure(error, page);
  if (errno(error) === 'EPIPE') return exits.done;
  if (syscall(error) === 'uv_cwd') {
    return await complain({ message: 'the working directory no longer exists' }, exits.failed);
  }
  if (isMissingEngine(error)) {
    const message = 'the compiled part of kmeans is missing or cannot be loaded';
    return await complain({ message, hint: REBUILD }, exits.bug);
  }
  if (isWriteError(error)) {
    const [, reason = error.message] = /^\w+: (.*), write$/.exec(error.message) ?? [];
    return await complain({ message: `cannot write to standard output: ${reason}` }, exits.failed);
  }
  const [reason] = (error instanceof Error ? error.message : String(error)).split('\n');
  return await complain({ message: `internal error: ${reason}`, hint: REPORT }, exits.bug);
}

const REPORT = 'this is a bug in kmeans; please report it, with the command and what it printed';

const REBUILD = 'npm run build makes it in a checkout; otherwise install kmeans again';

/** In the words of napi's loader, and of node where the loader itself is gone or of another version. */
function isMissingEngine(error: unknown): boolean {
  return error instanceof Error && /native binding|native[\\/]node|#native/.test(error.message);
}

/** Help and version leave by way of an error too. */
async function explainCommander(error: CommanderError, page: AnyPage | undefined): Promise<Exit> {
  if (error.exitCode === 0) return exits.done;
  if (error.code === 'commander.help') return exits.usage; // drawn already: no command was given
  const command = page ? `kmeans ${page.name}` : 'kmeans';
  return await complain(fromCommander(error, command), exits.usage);
}

async function explainFailure(error: KMeansError, page: AnyPage | undefined): Promise<Exit> {
  const exit = exitCodes[error.code];
  if (error.code === 'ClosedPipe') return exit;
  const { complaint } = await import('../render/failure.js');
  const said = complaint(error, (option) => flagOf(page, option));
  return await complain(error.code === 'Internal' ? { hint: REPORT, ...said } : said, exit);
}

async function complain(complaint: Complaint, exit: Exit): Promise<Exit> {
  const [{ paints }, { failureText }] = await Promise.all([
    import('../render/paint.js'),
    import('../render/failure.js'),
  ]);
  writeErr(failureText(complaint, paints(colourWanted())));
  return exit;
}

function isWriteError(error: unknown): error is NodeJS.ErrnoException {
  return syscall(error) === 'write';
}

function syscall(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).syscall : undefined;
}
