/** The plain records that the engine hands out, for the library's callers and for render/. */
export type {
  CheckedColumn,
  CheckReport,
  ClassCounts,
  ClusterSummary,
  ColumnSummary,
  Finding,
  FitReport,
  PredictReport,
  Progress,
  SkippedColumn,
  TruthReport,
} from '#native';
