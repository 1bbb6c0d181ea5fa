/**
 * Exact, reproducible k-means.
 *
 * @example
 * import { fit, predict } from 'kmeans';
 *
 * const { model, report } = await fit('customers.csv', { clusters: 5 });
 * await model.save('model.json');
 * const { labels } = await predict('model.json', [[34, 51_000], [61, 28_500]]);
 *
 * @packageDocumentation
 */

export { type Blobs, type BlobsOptions, blobs, type WrittenBlobs } from './api/blobs.js';
export { type CheckOptions, check } from './api/check.js';
export { type ErrorCode, type ErrorParts, KMeansError } from './api/errors.js';
export { type FitOptions, type FitResult, fit } from './api/fit.js';
export type { Input, Matrix, Rows } from './api/input.js';
export type { Control } from './api/job.js';
export { type Feature, Model, type ModelDocument } from './api/model.js';
export { NO_LABEL, type Seed } from './api/options.js';
export { predict } from './api/predict.js';
export type { Prediction, PredictOptions, WriteOptions } from './api/predict-rows.js';
export type {
  CheckedColumn,
  CheckReport,
  ClusterSummary,
  ColumnSummary,
  Finding,
  FitReport,
  PredictReport,
  Progress,
  SkippedColumn,
} from './api/report.js';
