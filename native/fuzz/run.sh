#!/usr/bin/env bash
# Runs every fuzz target for some seconds each: native/fuzz/run.sh [seconds] [target…]. What it finds is left in artifacts/.
# With PROFILE=dev it takes what `cargo test` has built and is ready in a minute; without, each input costs half as much, a hard one a tenth.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-60}
targets=("${@:2}")
[ ${#targets[@]} -gt 0 ] || for file in targets/*.rs; do targets+=("$(basename "$file" .rs)"); done
case ${PROFILE:-release} in
dev) build=../target built=../target/debug longest=60 ;;
*) build=target built=target/release longest=10 ;;
esac

python3 seeds.py seeds
RUSTC_WRAPPER=$PWD/counted.sh cargo build --quiet --profile "${PROFILE:-release}" --target-dir "$build" -j 2

# Memory: what is resident is limited for every target to the constant of docs/cli.md and what libFuzzer takes itself, and one
# allocation to 300 MB. Where Arrow or Parquet may be in the bytes it is 5 GB: a page may claim what 31 bits can, and the crates
# ask for as much, without touching it.
for target in "${targets[@]}"; do
  mkdir -p "corpus/$target" artifacts
  case $target in
  arrow | packed | parquet) allocation=5000 ;;
  *) allocation=300 ;;
  esac
  options=(-max_total_time="$seconds" -timeout=$longest -rss_limit_mb=1000 -malloc_limit_mb=$allocation -max_len=16384 -print_final_stats=1 -verbosity=0)
  [ ! -e "dictionaries/$target.dict" ] || options+=(-dict="dictionaries/$target.dict")
  echo "$target:"
  "$built/$target" "${options[@]}" -artifact_prefix="artifacts/$target-" "corpus/$target" "seeds/$target"
done
