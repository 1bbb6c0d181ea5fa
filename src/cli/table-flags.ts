/** How tables are read and written: the flags that every command with an input has. */
import type { FitOptions } from '../api/fit.js';
import { character, type Flags, grouped, text, toggle } from './flags.js';

type TableOptions = Pick<FitOptions, 'header' | 'delimiter' | 'decimal' | 'comment' | 'format'>;

export const tableFlags: Flags<TableOptions> = grouped('Input:', {
  header: toggle(
    '--header',
    'the first row holds the names, --no-header: it does not (default: found out)',
    '--no-header',
  ),
  delimiter: character(
    '--delimiter <c>',
    'what separates fields, tab for \\t (default: found out)',
  ),
  decimal: text('--decimal <c>', 'what stands before decimals, . or , (default: found out)'),
  comment: text(
    '--comment <c>',
    'what lines begin with that are no rows, or none (default: # if the first line does)',
  ),
  format: text('--format <name>', 'format of the input (default: by its name or first bytes)'),
});

type AddedOptions = Pick<FitOptions, 'to' | 'distance' | 'second' | 'margin' | 'distances'>;

/** They belong to the group of outputs, below the files. */
export const addedFlags: Flags<AddedOptions> = {
  to: text('--to <name>', 'format of an output whose name does not tell it, such as stdout'),
  distance: toggle('--distance', 'add the distance to the own centroid to the rows'),
  second: toggle('--second', 'add the second nearest cluster'),
  margin: toggle('--margin', 'add how much farther the second nearest centroid is'),
  distances: toggle('--distances', 'add the distance to each centroid'),
};
