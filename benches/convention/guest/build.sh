#!/bin/sh
# Builds the plugins of this benchmark beside their sources.
#
#   build.sh            all of them
#   build.sh c          hostheap.wasm and by_hand.wasm
#   build.sh component  component.wasm
#   build.sh extism     extism.wasm
#
# The two in C need clang and wasm-ld (Debian: clang-19 lld-19) and, for by_hand,
# wasi-libc's libc.a; the two in Rust the target wasm32-unknown-unknown; the
# component also wasm-tools (cargo install wasm-tools@1.263.0 --locked).
#
# Environment: CLANG, WASM_LD, CARGO, WASM_TOOLS name the tools; WASI_LIBC is
# wasi-libc's libc.a.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
guest=$here/../../../guest/c
clang=${CLANG:-clang-19}
wasm_ld=${WASM_LD:-wasm-ld-19}
cargo=${CARGO:-cargo}
wasm_tools=${WASM_TOOLS:-wasm-tools}
wasi_libc=${WASI_LIBC:-/usr/lib/wasm32-wasi/libc.a}
what=${1:-all}

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# The flags of guest/build.sh; why each is there stands in it.
cflags="--target=wasm32 -mcpu=mvp -mbulk-memory -msign-ext
    -std=c99 -O2 -ffreestanding -Wall -Wextra -Werror -pedantic"
ldflags='--no-entry --stack-first --strip-debug --gc-sections --fatal-warnings'

# compile SOURCE OBJECT
compile() {
    # shellcheck disable=SC2086 # cflags are words
    "$clang" $cflags -I "$guest" -c "$1" -o "$2"
}

# link OUTPUT [FLAG OR FILE...]
link() {
    output=$1
    shift
    # shellcheck disable=SC2086 # ldflags are words
    "$wasm_ld" $ldflags "$@" -o "$here/$output"
    chmod -x "$here/$output"
}

# rust NAME: builds the crate of that name; no path of this machine gets into it.
rust() {
    (cd "$here/$1" &&
        RUSTFLAGS="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src=crates" "$cargo" build --quiet --release --locked \
            --target wasm32-unknown-unknown --target-dir "$tmp/$1")
    module=$tmp/$1/wasm32-unknown-unknown/release/convention_$1.wasm
}

case $what in all | c)
    compile "$here/hostheap.c" "$tmp/hostheap.o"
    compile "$guest/hostheap.c" "$tmp/memory.o"
    compile "$here/by_hand.c" "$tmp/by_hand.o"
    link hostheap.wasm --export=__heap_base "$tmp/hostheap.o" "$tmp/memory.o"
    link by_hand.wasm --export=malloc --export=free "$tmp/by_hand.o" "$wasi_libc"
    ;;
esac
case $what in all | component)
    rust component
    "$wasm_tools" component new "$module" -o "$here/component.wasm"
    "$wasm_tools" strip "$here/component.wasm" -o "$here/component.wasm"
    ;;
esac
case $what in all | extism)
    rust extism
    cp "$module" "$here/extism.wasm"
    ;;
esac
chmod -x "$here"/*.wasm
wc -c "$here"/*.wasm
