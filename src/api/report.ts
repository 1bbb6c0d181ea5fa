/** The plain records that the engine hands out, for the library's callers and for render/. */
export type {
  ClusterSummary,
  ColumnSummary,
  FitReport,
  PredictReport,
  Progress,
  SkippedColumn,
} from '#native';
