#!/bin/sh
# Stands in for rustc: what reads bytes is built with libFuzzer's counters, by a pass of LLVM that stable rustc can be told to run.
# Everything else is built as ever: the engine's kernels with counters in them took ten times as long to compile.
rustc=$1
shift
case " $* " in
*" --crate-name kmeans_io "* | *" --crate-name kmeans_model "* | *" --crate-name kmeans_fuzz "* | *" targets/"* | \
  *" --crate-name csv_core "* | *" --crate-name arrow_ipc "* | *" --crate-name serde_json "*)
  exec "$rustc" "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table
  ;;
esac
exec "$rustc" "$@"
