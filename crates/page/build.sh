#!/usr/bin/env bash
# Builds the module of the live page, crates/page/module/switchnet.wasm, or the file named. It takes the target
# wasm32-unknown-unknown (rustup target add wasm32-unknown-unknown) and wasm-opt (Debian: binaryen).
set -euo pipefail
cd "$(dirname "$0")/../.."
to=${1:-crates/page/module/switchnet.wasm}

# Registers of 128 bits, which every browser has since 2023; no nets in single precision. Paths of this machine do not
# get into the module.
export RUSTFLAGS="-C target-feature=+simd128 --cfg switchnet_only_double --remap-path-prefix=$PWD= --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo"
cargo rustc --locked --profile page --target wasm32-unknown-unknown -p switchnet-page --lib --crate-type cdylib
features=(--enable-simd --enable-bulk-memory --enable-sign-ext --enable-mutable-globals
  --enable-nontrapping-float-to-int --enable-multivalue --enable-reference-types)
wasm-opt -O3 "${features[@]}" --strip-debug --strip-producers \
  "${CARGO_TARGET_DIR:-target}/wasm32-unknown-unknown/page/switchnet_page.wasm" -o "$to"
ls -l "$to"
