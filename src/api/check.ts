import type { Table } from 'apache-arrow';
import {
  CheckJob,
  type CheckReport,
  type CheckOptions as NativeOptions,
  type TableOptions,
} from '#native';
import { type Input, toSource } from './input.js';
import { type Control, run } from './job.js';
import * as kinds from './kinds.js';
import { apart, tableKinds } from './options.js';

/** What to look at: the columns that a fit would be given. */
export interface CheckOptions extends NativeOptions, TableOptions {}

const checkKinds: kinds.Kinds<CheckOptions> = {
  ...tableKinds,
  columns: kinds.names,
  exclude: kinds.names,
  id: kinds.names,
  weight: kinds.text,
  memory: kinds.text,
  threads: kinds.count,
};

/**
 * Reads a table and says what `fit` would make of it: what each column holds, and what to think
 * about before (holes, ids, outliers, units that differ).
 *
 * @param input Paths or an Arrow table.
 * @throws {KMeansError} `InvalidOption`, `InvalidData`, `File` or `Interrupted`.
 */
export async function check(
  input: Input | Table,
  options?: CheckOptions,
  control?: Control,
): Promise<CheckReport> {
  const [table, native] = apart(kinds.checked(options, checkKinds, 'check'));
  const source = toSource(input);
  const ready = source instanceof Promise ? await source : source;
  return run(() => new CheckJob(ready, table, native), control);
}
