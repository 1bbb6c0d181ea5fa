/**
 * The clusters of a fit, one line each: the centroids when they fit, and otherwise, for each
 * cluster, the columns in which it differs most from the rest.
 */
import type { ClusterSummary, ColumnSummary, FitReport } from '../api/report.js';
import { visible } from '../text/visible.js';
import { type Column, shorten, shortenWithin, tableLines, wrapList } from './layout.js';
import { aligned, count, measure, percent, plural } from './quantity.js';

const CLUSTERS_SHOWN = 20;
const COLUMNS_SHOWN = 6;
const TRAITS_SHOWN = 4;
const LONGEST_TITLE = 24;
/** Titles that still say what they are for; below, fewer digits give more room to them. */
const READABLE_TITLE = 8;
const SHORTEST_TITLE = 5;
const DIGITS = [5, 4, 3];
const NARROWEST_TRAITS = 40;

/** Parts of a column's range: a quarter is far for a mean, and less than a twentieth hardly shows. */
const FAR = 0.25;
const APART = 0.05;

/** Lines of the table, its title first, then a line on what was left out. */
export function clusterLines(report: FitReport, width: number): string[] {
  const bySize = report.clusters.toSorted((a, b) => b.share - a.share || a.cluster - b.cluster);
  const shown = bySize.slice(0, CLUSTERS_SHOWN).sort((a, b) => a.cluster - b.cluster);
  const rest = bySize.slice(CLUSTERS_SHOWN);
  const lines = centroidTable(shown, report.columns, width) ?? traitTable(shown, report, width);
  if (rest.length === 0) return lines;
  const share = rest.reduce((sum, cluster) => sum + cluster.share, 0);
  return [...lines, `… and ${plural(rest.length, 'more cluster')}, ${percent(share)} together`];
}

function sizeColumns(clusters: readonly ClusterSummary[]): Column[] {
  const column = (title: string, cell: (cluster: ClusterSummary) => string): Column => ({
    title,
    cells: clusters.map(cell),
  });
  const weighted = clusters.some(({ weight }) => weight !== undefined);
  const weights = aligned(clusters.map(({ weight }) => weight ?? 0));
  return [
    column('cluster', ({ cluster }) => String(cluster)),
    column('size', ({ size }) => count(size)),
    ...(weighted ? [{ title: 'weight', cells: weights }] : []),
    column('share', ({ share }) => percent(share)),
    { title: 'within SS', cells: aligned(clusters.map(({ within }) => within)) },
  ];
}

function centroidTable(
  clusters: readonly ClusterSummary[],
  columns: readonly ColumnSummary[],
  width: number,
): string[] | undefined {
  if (columns.length > COLUMNS_SHOWN) return undefined;
  const names = columns.map(({ name }) => visible(name));
  const sizes = sizeColumns(clusters);
  const table = (titles: readonly string[], digits: number): string[] | undefined => {
    const cells = (at: number): string[] =>
      aligned(
        clusters.map(({ centroid }) => centroid[at] ?? 0),
        digits,
      );
    const lines = tableLines([
      ...sizes,
      ...titles.map((title, at) => ({ title, cells: cells(at) })),
    ]);
    return lines.every((line) => line.length <= width) ? lines : undefined;
  };
  const [most = 5] = DIGITS;
  const full = table(names, most);
  if (full) return full;
  for (const shortest of [READABLE_TITLE, SHORTEST_TITLE]) {
    for (const digits of DIGITS) {
      for (let room = LONGEST_TITLE; room >= shortest; room--) {
        const titles = distinct(names, room);
        const lines = titles && table(titles, digits);
        if (lines) return lines;
      }
    }
  }
  return undefined;
}

/** Names in `room` characters that can still be told apart. */
function distinct(names: readonly string[], room: number): string[] | undefined {
  return [shorten, shortenWithin]
    .map((cut) => names.map((name) => cut(name, room)))
    .find((titles) => new Set(titles).size === names.length);
}

function traitTable(
  clusters: readonly ClusterSummary[],
  { columns }: FitReport,
  width: number,
): string[] {
  const [title = '', ...rows] = tableLines(sizeColumns(clusters));
  const indent = Math.max(title.length, ...rows.map((row) => row.length));
  const room = Math.max(NARROWEST_TRAITS, width - indent - 2);
  const lines = [`${title.padEnd(indent)}  where it differs most from the mean of all rows`];
  for (const [at, cluster] of clusters.entries()) {
    const [first = '', ...more] = wrapList(traits(cluster, columns), room);
    lines.push(`${(rows[at] ?? '').padEnd(indent)}  ${first}`);
    lines.push(...more.map((line) => `${' '.repeat(indent)}  ${line}`));
  }
  return lines;
}

/** "income 81250 (far above 40310)": the columns farthest from the mean, in parts of the range. */
function traits({ centroid }: ClusterSummary, columns: readonly ColumnSummary[]): string[] {
  return columns
    .map(({ name, min, max, mean }, at) => {
      const value = centroid[at] ?? 0;
      // In halves: the range itself may be beyond that of a float.
      const range = max / 2 - min / 2;
      const apart = range > 0 ? (value / 2 - mean / 2) / range : 0;
      return { name, value, mean, apart };
    })
    .sort((a, b) => Math.abs(b.apart) - Math.abs(a.apart))
    .filter(({ apart }, at) => at === 0 || Math.abs(apart) >= APART)
    .slice(0, TRAITS_SHOWN)
    .map(({ name, value, mean, apart }) => {
      return `${shorten(visible(name), 24)} ${brief(value)} (${compared(apart)} ${brief(mean)})`;
    });
}

function compared(apart: number): string {
  const side = apart < 0 ? 'below' : 'above';
  const size = Math.abs(apart);
  if (size >= FAR) return `far ${side}`;
  if (size >= APART) return side;
  return size > 0 ? `just ${side}` : 'at';
}

/** Four digits are enough to compare with a mean. */
function brief(value: number): string {
  return measure(Number(value.toPrecision(4)));
}
