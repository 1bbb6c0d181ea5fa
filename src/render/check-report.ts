/** What a table holds and what to think about before a fit, for a person. */
import type { CheckedColumn, CheckReport } from '../api/report.js';
import { pathWord } from '../text/shell.js';
import { visible } from '../text/visible.js';
import { warningText } from './failure.js';
import type { Page } from './fit-report.js';
import { type Column, firstOf, shorten, tableLines, wrapText } from './layout.js';
import { count, measure, percent, plural } from './quantity.js';

const COLUMNS_SHOWN = 40;
const FINDINGS_SHOWN = 20;
const SKIPPED_SHOWN = 6;
const LONGEST_NAME = 28;
const LONGEST_TEXTS = 40;

/** The report of `check`, for stdout. */
export function checkReport(
  report: CheckReport,
  inputs: readonly string[],
  { paint, width }: Page,
): string {
  const { rows, columns, skipped, findings, warnings, format } = report;
  const sources = inputs.map((input) => (input === '-' ? 'standard input' : input));
  const shown = columns.slice(0, COLUMNS_SHOWN);
  const [titles = '', ...lines] = tableLines(tableColumns(shown, rows));
  const more = columns.length - shown.length;
  const rest = more > 0 ? [`… and ${plural(more, 'more column')}`] : [];
  const unused = skipped.filter(({ name }) => !columns.some((column) => column.name === name));
  const unusedLines = firstOf(
    unused.map(({ name, reason }) => visible(`${name}: ${reason}`)),
    SKIPPED_SHOWN,
  );
  const points = firstOf(
    findings.map(({ message }) => visible(message)),
    FINDINGS_SHOWN,
  ).flatMap((text) =>
    wrapText(text, width - 4).map((line, at) => (at === 0 ? `- ${line}` : `  ${line}`)),
  );
  return [
    `${paint.heading(`${plural(rows, 'row')} × ${plural(columns.length + unused.length, 'column')}`)}`,
    ` ${paint.faint('in')} ${paint.path(visible(firstOf(sources, 3).join(', ')))}`,
    ` ${paint.faint(`(${format})`)}\n`,
    `\n  ${paint.heading(titles)}\n${[...lines, ...rest].map((line) => `  ${line}\n`).join('')}`,
    unusedLines.length > 0
      ? `\n${unusedLines.map((line) => `  ${paint.faint('not used')}  ${line}\n`).join('')}`
      : '',
    points.length > 0 ? `\n${points.map((line) => `  ${line}\n`).join('')}` : '',
    warnings.length > 0 ? `\n${warnings.map((text) => warningText(text, paint)).join('')}` : '',
    `\n  ${paint.faint('then, with the number of clusters you want:')}\n`,
    `  kmeans fit ${[...inputs.map(pathWord), '-k 3', ...report.flags, '-m model.json'].join(' ')}\n`,
  ].join('');
}

function tableColumns(columns: readonly CheckedColumn[], rows: number): Column[] {
  const number = (value: number | undefined): string =>
    value === undefined ? '' : measure(brief(value));
  const missing = (cells: number): string =>
    cells === 0 ? '' : `${count(cells)} (${percent(rows > 0 ? cells / rows : 0)})`;
  const cells = (cell: (column: CheckedColumn) => string): string[] => columns.map(cell);
  return [
    {
      title: 'column',
      cells: cells(({ name }) => shorten(visible(name), LONGEST_NAME)),
      left: true,
    },
    { title: 'type', cells: cells(({ kind }) => kind), left: true },
    { title: 'missing', cells: cells((column) => missing(column.missing)) },
    { title: 'distinct', cells: cells(distinct) },
    { title: 'min', cells: cells(({ min }) => number(min)) },
    { title: 'median', cells: cells(({ quartiles }) => number(quartiles?.[1])) },
    { title: 'max', cells: cells(({ max }) => number(max)) },
    { title: 'spread', cells: cells(({ deviation }) => number(deviation)) },
    { title: '', cells: cells(({ texts }) => examples(texts)), left: true },
  ];
}

/** Of texts no more than a thousand are told apart. */
function distinct({ kind, distinct }: CheckedColumn): string {
  if (distinct === undefined) return '';
  return kind === 'text' && distinct > 1000 ? 'over 1000' : count(distinct);
}

function examples(texts: readonly string[] | undefined): string {
  return texts === undefined ? '' : shorten(visible(texts.join(', ')), LONGEST_TEXTS);
}

/** Five digits are enough to see what a column is. */
function brief(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(5));
}
