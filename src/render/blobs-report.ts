import type { WrittenBlobs } from '../api/blobs.js';
import type { Paint } from './paint.js';
import { plural } from './quantity.js';

/** The one line of `blobs`, for stderr. */
export function blobsReport({ shape, centroids }: WrittenBlobs, paint: Paint): string {
  const [rows, columns] = shape;
  const size = `${plural(rows, 'row')} × ${plural(columns, 'column')}`;
  return `${paint.heading(`${size} around ${plural(centroids.length, 'centre')}`)}\n`;
}
