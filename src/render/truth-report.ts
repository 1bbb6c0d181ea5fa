/** How clusters agree with known classes: three measures, and the table of both where it is small. */
import type { TruthReport } from '../api/report.js';
import { visible } from '../text/visible.js';
import { shorten, tableLines } from './layout.js';
import { count, percent, plural } from './quantity.js';

const LONGEST_CLASS = 32;
/** A hundredth of a Rand index is already less than what restarts change. */
const DECIMALS = 4;

/** "against species: adjusted Rand 0.7302, …", in the facts of a report. */
export function agreementLines(truth: TruthReport): string[] {
  const { column, classes, adjustedRand, normalizedMutualInformation, purity, missing } = truth;
  const kinds = `${count(classes)} ${classes === 1 ? 'class' : 'classes'}`;
  const left = missing > 0 ? [`${plural(missing, 'row')} without a class left out`] : [];
  return [
    `${visible(column)}, ${kinds}: adjusted Rand index ${adjustedRand.toFixed(DECIMALS)}`,
    `normalized mutual information ${normalizedMutualInformation.toFixed(DECIMALS)}, purity ${percent(purity)}`,
    ...left,
  ];
}

/** Rows of each class in each cluster, its title first; `undefined` when it is large or does not fit. */
export function classTable({ table, column }: TruthReport, width: number): string[] | undefined {
  if (table === undefined) return undefined;
  const clusters = table[0]?.counts.length ?? 0;
  const lines = tableLines([
    {
      title: shorten(visible(column), LONGEST_CLASS),
      cells: table.map(({ class: name }) => shorten(visible(name), LONGEST_CLASS)),
      left: true,
    },
    ...Array.from({ length: clusters }, (_, cluster) => ({
      title: cluster === 0 ? `in cluster ${cluster}` : String(cluster),
      cells: table.map(({ counts }) => count(counts[cluster] ?? 0)),
    })),
  ]);
  return lines.every((line) => line.length <= width) ? lines : undefined;
}
