/** What a person wants to know of a fit, in the order of R's print: sizes, centroids, quality. */
import type { FitReport } from '../api/report.js';
import { visible } from '../text/visible.js';
import { clusterLines } from './cluster-table.js';
import { warningText } from './failure.js';
import { firstOf, wrapList, wrapText } from './layout.js';
import type { Paint } from './paint.js';
import { bytes, count, measure, percent, plural, TOO_LARGE, TOO_SMALL } from './quantity.js';
import { agreementLines, classTable } from './truth-report.js';

const LABEL = 10;
const NAMES_SHOWN = 12;
const SKIPPED_SHOWN = 6;

export interface Page {
  readonly paint: Paint;
  /** Columns of the terminal. */
  readonly width: number;
}

/** The report of `fit`, for stderr. */
export function fitReport(report: FitReport, source: string, { paint, width }: Page): string {
  const { truth } = report;
  const facts: [label: string, lines: string[]][] = [
    ['columns', wrapList(columnNames(report), width - LABEL - 2)],
    ['skipped', skipped(report)],
    ['weights', report.weight === undefined ? [] : [visible(report.weight)]],
    ['missing', missing(report)],
    ['texts', texts(report, width)],
    ['scale', scale(report)],
    ['method', [method(report)]],
    ['rows', passes(report, width - LABEL - 2)],
    ['restarts', restarts(report)],
    ['stopped', wrapText(ending(report), width - LABEL - 2)],
    ['inertia', wrapText(inertia(report), width - LABEL - 2)],
    ['truth', truth === undefined ? [] : agreementLines(truth)],
  ];
  const tables = [clusterLines(report, width - 2)];
  const classes = truth && classTable(truth, width - 2);
  if (classes) tables.push(classes);
  const warnings = report.warnings.map((warning) => warningText(warning, paint));
  return [
    `${paint.heading(heading(report))} ${paint.faint('in')} ${paint.path(visible(source))}\n`,
    `\n${facts.map(([label, lines]) => fact(label, lines, paint)).join('')}`,
    ...tables.map((lines) => table(lines, paint)),
    warnings.length > 0 ? `\n${warnings.join('')}` : '',
  ].join('');
}

function heading({ rows, columns, clusters, requested }: FitReport): string {
  const size = `${plural(rows, 'row')} × ${plural(columns.length, 'column')}`;
  const asked = clusters.length < requested ? ` (${count(requested)} asked for)` : '';
  return `${plural(clusters.length, 'cluster')}${asked} of ${size}`;
}

function fact(label: string, lines: readonly string[], paint: Paint): string {
  const margin = (at: number): string => (at === 0 ? paint.faint(label.padEnd(LABEL)) : '');
  return lines.map((line, at) => `  ${margin(at) || ' '.repeat(LABEL)}${line}\n`).join('');
}

function table([titles = '', ...rows]: readonly string[], paint: Paint): string {
  return `\n  ${paint.heading(titles)}\n${rows.map((line) => `  ${line}\n`).join('')}`;
}

function columnNames({ columns }: FitReport): string[] {
  return firstOf(
    columns.map(({ name }) => visible(name)),
    NAMES_SHOWN,
  );
}

function skipped(report: FitReport): string[] {
  return firstOf(
    report.skipped.map(({ name, reason }) => visible(`${name}: ${reason}`)),
    SKIPPED_SHOWN,
  );
}

function missing({ missing, dropped, filled }: FitReport): string[] {
  if (dropped > 0)
    return [`${plural(dropped, 'row')} left out for a missing cell, without a label`];
  if (filled === 0) return [];
  const value =
    missing === 'zero' ? '0' : `the ${missing} of ${filled === 1 ? 'its' : 'their'} column`;
  return [`${plural(filled, 'cell')} filled with ${value}`];
}

function texts({ categorical, categoricalWeight = 1 }: FitReport, width: number): string[] {
  if (categorical.length === 0) return [];
  const apart = `two different ones are ${measure(Math.SQRT2 * categoricalWeight)} apart`;
  const names = `${categorical.map(visible).join(', ')}: a column for each text, ${apart}`;
  return wrapText(names, width - LABEL - 2);
}

const SCALES: Readonly<Record<string, string>> = {
  standard: 'standard: columns less their mean, divided by their standard deviation',
  minmax: 'minmax: columns brought to the range from 0 to 1',
  robust: 'robust: columns less their median, divided by the range of their middle half',
  l2: 'l2: rows divided by their length; centroids are of such rows',
};

function scale({ scale }: FitReport): string[] {
  return scale === 'none' ? [] : [SCALES[scale] ?? scale];
}

function method({ init, algorithm, seed }: FitReport): string {
  const start = init === 'given' ? 'given centroids' : init;
  return `init ${start}, algorithm ${algorithm}, seed ${seed}`;
}

function restarts({ nInit, nInitAuto, restart, seedingRows, rows }: FitReport): string[] {
  const chosen = nInitAuto ? ' (auto)' : '';
  const won = nInit > 1 ? `; number ${restart} had the least inertia` : '';
  const sample =
    seedingRows === undefined
      ? []
      : [`seeded from a sample of ${count(seedingRows)} of ${plural(rows, 'row')}`];
  return [`${nInit}${chosen}${won}`, ...sample];
}

/** Why and how often the rows were read, when they were not held. */
function passes(report: FitReport, width: number): string[] {
  const { passes: count, memoryNeeded = 0, memory = 0, memoryRefused } = report;
  if (count === undefined) return [];
  const needed = bytes(memoryNeeded);
  const reason = memoryRefused
    ? `the system has no ${needed} of memory`
    : `${needed} do not fit --memory ${bytes(memory)}`;
  return wrapText(`read ${plural(count, 'time')}, because ${reason}`, width);
}

/** Why the run ended, in words. */
function ending({ stopped, iterations, maxIter, tol }: FitReport): string {
  const after = `after ${plural(iterations, 'iteration')}`;
  switch (stopped) {
    case 'labels':
      return `${after}: converged, no row changed its cluster`;
    case 'tolerance':
      return `${after}: converged, the centroids moved less than the tolerance ${measure(tol)}`;
    case 'max-iter':
      return `${after}: not converged, the limit was ${count(maxIter)}`;
    case 'interrupted':
      return `${after}: interrupted, not converged; this is the best model so far`;
    default:
      return `${after}: ${stopped}`;
  }
}

function inertia({ inertia, total, explained, columns, scale }: FitReport): string {
  if (!Number.isFinite(inertia)) return TOO_LARGE;
  if (!Number.isFinite(total)) return `${measure(inertia)} of a total ${TOO_LARGE}`;
  // Squares of differences below 1e-162 are 0: nothing can be said of shares.
  if (total === 0 && columns.some(({ min, max }) => min < max)) return TOO_SMALL;
  const of = scale === 'none' ? '' : ', both after scaling';
  return `${measure(inertia)} of ${measure(total)} in total: ${percent(explained)} of the variance explained${of}`;
}
