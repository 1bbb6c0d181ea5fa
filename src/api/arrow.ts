/**
 * The one file that imports apache-arrow, and only when a caller passes a table: loading it takes
 * 80 ms, and it is an optional peer dependency.
 */
import type { Table, Uint32, Vector } from 'apache-arrow';
import { KMeansError } from './errors.js';

/** By structure, since a caller's apache-arrow may be another copy than ours. */
export function looksLikeArrow(input: unknown): input is Table {
  return typeof input === 'object' && input !== null && 'schema' in input && 'batches' in input;
}

export async function tableBytes(table: Table): Promise<Uint8Array> {
  const { isArrowTable, tableToIPC } = await load();
  if (!isArrowTable(table)) {
    throw new KMeansError({ code: 'InvalidData', message: 'the input is not an Arrow table' });
  }
  try {
    return tableToIPC(table, 'stream');
  } catch (cause) {
    const message = 'the Arrow table cannot be serialized';
    const error = new KMeansError({ code: 'InvalidData', message });
    error.cause = cause;
    throw error;
  }
}

/** Shares the memory of the labels. */
export async function labelVector(labels: Uint32Array): Promise<Vector<Uint32>> {
  const { makeVector } = await load();
  return makeVector(labels);
}

async function load(): Promise<typeof import('apache-arrow')> {
  try {
    return await import('apache-arrow');
  } catch (cause) {
    const error = new KMeansError({
      code: 'InvalidData',
      message: 'an Arrow table needs the package apache-arrow, which cannot be loaded',
      hint: 'npm install apache-arrow',
    });
    error.cause = cause;
    throw error;
  }
}
