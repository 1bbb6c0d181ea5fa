import { BlobsJob, type BlobsOptions as NativeOptions } from '#native';
import { type Control, run } from './job.js';
import * as kinds from './kinds.js';
import { given, type Seed, seedText } from './options.js';

/** What to make. Every option that is absent has the default that `kmeans blobs --help` shows. */
export interface BlobsOptions extends Omit<NativeOptions, 'seed'> {
  /** The same seed gives the same rows. */
  seed?: Seed;
}

export interface Blobs {
  /** `rows * columns` numbers, row-major: an input of `fit` together with `shape` and `names`. */
  data: Float64Array;
  shape: [rows: number, columns: number];
  names: string[];
  /** The blob each row was drawn from. */
  labels: Uint32Array;
  /** The middle of each blob. */
  centroids: number[][];
}

/** Blobs that went to a file. */
export type WrittenBlobs = Omit<Blobs, 'data' | 'labels'>;

const blobsKinds: kinds.Kinds<BlobsOptions> = {
  rows: kinds.count,
  features: kinds.count,
  clusters: kinds.count,
  std: kinds.real,
  seed: kinds.seed,
  truth: kinds.toggle,
  format: kinds.text,
  output: kinds.path,
};

/**
 * Makes round clouds of points around random centres: data whose clusters are known.
 * With `output` the rows are written to that file instead (`'-'` is stdout).
 *
 * @throws {KMeansError} `InvalidOption`, `File` or `Interrupted`.
 */
export function blobs(
  options: BlobsOptions & { output: string },
  control?: Control,
): Promise<WrittenBlobs>;
export function blobs(options?: BlobsOptions, control?: Control): Promise<Blobs>;
export async function blobs(
  options?: BlobsOptions,
  control?: Control,
): Promise<Blobs | WrittenBlobs> {
  const { seed, ...same } = kinds.checked(options, blobsKinds, 'blobs');
  const native = given<NativeOptions>({ ...same, seed: seedText(seed) });
  const made = await run(() => new BlobsJob(native), control);
  const { rows, features, centroids } = made;
  const names = Array.from({ length: features }, (_, column) => `x${column + 1}`);
  const written: WrittenBlobs = { shape: [rows, features], names, centroids };
  if (same.output !== undefined) return written;
  return { ...written, data: made.takeValues(), labels: made.takeLabels() };
}
