/**
 * The contents page of the command line. Nothing heavy is imported before a command runs:
 * `--version` and `--help` stay within 20 ms of bare node.
 */
import { Command } from 'commander';
import about from '../../package.json' with { type: 'json' };
import { similar } from '../api/similar.js';
import { blobsPage } from './commands/blobs.js';
import { checkPage } from './commands/check.js';
import { fitPage } from './commands/fit.js';
import { predictPage } from './commands/predict.js';
import { type Exit, exits } from './exit.js';
import { explain } from './explain.js';
import { type AnyPage, addFacts, addPage, addRun } from './page.js';
import { columns, isTerminal, STDERR, STDOUT, writeErr, writeOut } from './terminal.js';
import { UsageError } from './usage.js';

const pages: readonly AnyPage[] = [checkPage, fitPage, predictPage, blobsPage];

const EXAMPLES = `  kmeans fit customers.csv -k 5 -m model.json
  kmeans predict new.csv -m model.json -o labelled.csv`;

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<Exit> {
  const [first, second] = argv.filter((word) => !word.startsWith('-'));
  const page = pages.find(({ name }) => name === (first === 'help' ? second : first));
  try {
    if (first === 'help' && !page && second !== undefined) throw unknownCommand(second);
    return await run(argv, page);
  } catch (error) {
    return await explain(error, page);
  }
}

async function run(argv: readonly string[], page: AnyPage | undefined): Promise<Exit> {
  let exit: Exit = exits.done;
  const program = new Command('kmeans')
    .description(`${about.description}.\n\n${EXAMPLES}`)
    .version(about.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .exitOverride()
    .configureOutput({
      writeOut,
      writeErr,
      outputError: () => {}, // explain() says it, in our words
      getOutHelpWidth: () => helpWidth(STDOUT),
      getErrHelpWidth: () => helpWidth(STDERR),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  for (const each of pages) {
    const command = addPage(program, each);
    if (each !== page) continue; // its name is all that anyone will see of it
    addRun(command, each, (code) => {
      exit = code;
    });
    // Commander draws help synchronously, so what only the engine knows is asked for beforehand.
    if (asksForHelp(argv)) addFacts(command, await each.facts());
  }
  await program.parseAsync(argv, { from: 'user' });
  return exit;
}

/** `help nope`; commander itself answers `nope`, but to this it would show the list of commands. */
function unknownCommand(name: string): UsageError {
  const meant = similar(
    name,
    pages.map((page) => page.name),
  );
  const hint = meant === undefined ? 'kmeans --help shows what there is' : `did you mean ${meant}?`;
  return new UsageError(`unknown command '${name}'`, hint);
}

function asksForHelp(argv: readonly string[]): boolean {
  return argv[0] === 'help' || argv.includes('--help') || argv.includes('-h');
}

function helpWidth(fd: number): number {
  return isTerminal(fd) ? columns(fd) : 100;
}
