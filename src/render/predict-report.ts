import type { PredictReport } from '../api/report.js';
import { visible } from '../text/visible.js';
import { warningText } from './failure.js';
import type { Page } from './fit-report.js';
import { firstOf, tableLines, wrapList } from './layout.js';
import { count, percent, plural } from './quantity.js';

const SIZES_SHOWN = 20;
const NAMES_SHOWN = 12;

/** The report of `predict`, for stderr. */
export function predictReport(
  report: PredictReport,
  source: string,
  { paint, width }: Page,
): string {
  const { rows, dropped, filled, sizes, ignored, warnings } = report;
  const names = wrapList(firstOf(ignored.map(visible), NAMES_SHOWN), width - 12);
  const ignoredText = names.map((line, at) => {
    return `  ${at === 0 ? paint.faint('ignored   ') : ' '.repeat(10)}${line}\n`;
  });
  const [titles = '', ...lines] = sizeTable(rows - dropped, sizes);
  return [
    `${paint.heading(`${plural(rows - dropped, 'row')} labelled`)} ${paint.faint('in')} ${paint.path(visible(source))}\n`,
    dropped > 0 ? `\n  ${plural(dropped, 'row')} without a label, for a missing cell\n` : '',
    filled > 0 ? `\n  ${plural(filled, 'missing cell')} filled as the model says\n` : '',
    ignoredText.length > 0 ? `\n${ignoredText.join('')}` : '',
    rows > 0 ? `\n  ${paint.heading(titles)}\n${lines.map((line) => `  ${line}\n`).join('')}` : '',
    warnings.length > 0 ? `\n${warnings.map((text) => warningText(text, paint)).join('')}` : '',
  ].join('');
}

/** The largest clusters by label; a model of a thousand clusters must not flood the terminal. */
function sizeTable(rows: number, sizes: readonly number[]): string[] {
  const clusters = sizes.map((size, cluster) => ({ cluster, size }));
  const largest = clusters.toSorted((a, b) => b.size - a.size).slice(0, SIZES_SHOWN);
  const shown = largest.sort((a, b) => a.cluster - b.cluster);
  const lines = tableLines([
    { title: 'cluster', cells: shown.map(({ cluster }) => String(cluster)) },
    { title: 'size', cells: shown.map(({ size }) => count(size)) },
    { title: 'share', cells: shown.map(({ size }) => percent(rows > 0 ? size / rows : 0)) },
  ]);
  const hidden = sizes.length - shown.length;
  return hidden > 0 ? [...lines, `… and ${plural(hidden, 'more cluster')}`] : lines;
}
