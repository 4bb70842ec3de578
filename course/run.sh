#!/bin/sh
# Runs every program of the course and renews the pictures beside the sections.
# With --quick the programs do less, and the pictures stay as they are.
set -eu
cd "$(dirname "$0")/.."
rm -rf out/course
for name in $(sed -n 's/^name = "\([0-9].*\)"$/\1/p' course/Cargo.toml); do
  echo "== $name"
  cargo run --release --locked --quiet -p switchnet-course --example "$name" -- "$@"
done
if [ $# = 0 ]; then cp -r out/course/. course/; fi
