/** What help says about options comes from the engine: a default is written once, in Rust. */
export {
  algorithms,
  blobsDefaults,
  fitDefaults,
  formats,
  missingPolicies,
  scales,
  writtenFormats,
} from '#native';
