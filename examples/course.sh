#!/bin/sh
# Runs the examples of the course, one after the other, and renews the pictures of docs/course.md.
set -eu
cd "$(dirname "$0")/.."
rm -rf out/course
for example in examples/0[1-9]_*.rs examples/1[0-2]_*.rs; do
  name=$(basename "$example" .rs)
  echo "== $name"
  cargo run --release --quiet --example "$name"
done
mkdir -p docs/pictures/course
cp out/course/* docs/pictures/course/
