/**
 * Removes the files that unfinished outputs are written to, at once and without waiting for a job:
 * for the moment before the process dies by a signal.
 */
export { removeTemporaryFiles } from '#native';
