#!/usr/bin/env bash
# Runs the engine's tests for arm64 on an x86-64 Debian, as root: test/arm64.sh [words for cargo test]
#
# rustup may have no arm64 target to give, and a stable Debian's compiler is too old; Debian testing has a recent one
# for both. So a tree of testing is made once (2 GB), and all runs in it: the compiler natively, the tests under
# qemu-user. The tree is in $KMEANS_ARM64, or else in the user's cache; who removes it gets a newer one. Ends with 75 where
# there can be no tree, or no crates in it: that says nothing of the code.
set -euo pipefail

project=$(cd "$(dirname "$0")/.." && pwd)
tree=${KMEANS_ARM64:-${XDG_CACHE_HOME:-$HOME/.cache}/kmeans-arm64}

make_tree() {
  if ! type mmdebstrap mount &> /dev/null; then
    apt-get update
    apt-get install -y --no-install-recommends mmdebstrap mount
  fi
  # The mirror that this machine has its own packages from; the security archive has another label.
  mirror=$(apt-get indextargets --format '$(REPO_URI) $(LABEL)' | sed -n 's/ Debian$//p' | head -1)
  [ -n "$mirror" ] || { echo "apt knows no Debian mirror; has apt-get update been run?" >&2; return 1; }
  mkdir -p "$(dirname "$tree")"
  rm -rf --one-file-system "$tree.part" # left by a run that was cut short
  # A mirror that stands still outlives the date on its release file. Signatures are checked all the same.
  mmdebstrap --variant=apt --architectures=amd64,arm64 --aptopt='Acquire::Check-Valid-Until "false"' \
    --include=cargo,libstd-rust-dev:arm64,gcc-aarch64-linux-gnu,libc6-dev-arm64-cross,qemu-user,ca-certificates \
    testing "$tree.part" "$mirror"
  mkdir "$tree.part/project"
  mv "$tree.part" "$tree"
}

if [ ! -d "$tree" ]; then
  # In a shell of its own: set -e does not hold in a function that is asked whether it failed.
  export -f make_tree
  export tree
  bash -euo pipefail -c make_tree || exit 75
fi

# Crates are fetched as this machine would: with its name servers and its certificates.
cp /etc/resolv.conf "$tree/etc/resolv.conf"
if [ -e /etc/ssl/certs/ca-certificates.crt ]; then cp /etc/ssl/certs/ca-certificates.crt "$tree/etc/ssl/certs/"; fi

# The mounts are in a name space of their own and end with it.
unshare --mount true || exit 75
export tree project
unshare --mount bash -euc '
  mount --rbind /proc "$tree/proc"
  mount --rbind /dev "$tree/dev"
  mount --bind "$project" "$tree/project"
  inside() {
    chroot "$tree" env -i PATH=/usr/bin:/bin HOME=/root RUST_BACKTRACE=1 \
      CARGO_BUILD_TARGET=aarch64-unknown-linux-gnu CARGO_TARGET_DIR=/target \
      CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
      CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER=qemu-aarch64 \
      cargo "$1" --manifest-path /project/native/Cargo.toml --locked "${@:2}"
  }
  inside fetch --quiet || exit 75
  inside test -p kmeans-engine "$@"
' - "${@:---lib}"
