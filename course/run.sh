#!/bin/sh
# Runs every program of the course and renews the pictures beside the sections.
# With --quick the programs do less, and the pictures stay as they are.
set -eu
cd "$(dirname "$0")/.."
# With the tests' packages beside it, so that the common crates are compiled as for them.
cargo build --release --locked --quiet -p switchnet-tests -p switchnet-cli -p switchnet-course --examples
rm -rf out/course
for name in $(sed -n 's/^name = "\([0-9].*\)"$/\1/p' course/Cargo.toml); do
  echo "== $name"
  "${CARGO_TARGET_DIR:-target}/release/examples/$name" "$@"
done
if [ $# = 0 ]; then cp -r out/course/. course/; fi
