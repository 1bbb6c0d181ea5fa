/** The plain records that the engine hands out, for the library's callers and for render/. */
export type {
  ClassCounts,
  ClusterSummary,
  ColumnSummary,
  FitReport,
  PredictReport,
  Progress,
  SkippedColumn,
  TruthReport,
} from '#native';
