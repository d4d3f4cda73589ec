#!/bin/sh
# Builds the plugins of the heap benchmark: one driver, with each allocator.
#
#   build.sh DIR      builds into DIR
#
# Prints a line for each plugin: its name, or its name and why it is missing,
#
#   built <TAB> NAME
#   missing <TAB> NAME <TAB> WHY
#
# and writes DIR/NAME.wasm for each that is built. A missing tool costs the
# plugins that need it; only clang and wasm-ld are needed by all.
#
# Environment: CLANG, WASM_LD, CARGO name the tools; WASI_LIBC is wasi-libc's
# libc.a, EMMALLOC is Emscripten's emmalloc.c. With FETCH=no nothing is
# downloaded.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
guest=$here/../../../guest/c
[ $# -eq 1 ] || { echo "usage: build.sh DIR" >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
rm -f "$out"/*.wasm

clang=${CLANG:-clang-19}
wasm_ld=${WASM_LD:-wasm-ld-19}
cargo=${CARGO:-cargo}

# The flags of guest/build.sh; why each is there stands in it. All plugins begin
# with the same memory, of which about 250 KiB are left for the heap.
cflags="--target=wasm32 -mcpu=mvp -mbulk-memory -msign-ext
    -std=c99 -O2 -ffreestanding -Wall -Wextra -Werror -pedantic"
ldflags='--no-entry --export=__heap_base --stack-first --strip-debug
    --gc-sections --fatal-warnings --initial-memory=786432'

built() {
    printf 'built\t%s\n' "$1"
}

missing() {
    printf 'missing\t%s\t%s\n' "$1" "$2"
}

# link NAME [FILE...]: the driver with an allocator.
link() {
    name=$1
    shift
    # shellcheck disable=SC2086 # ldflags are words
    "$wasm_ld" $ldflags "$out/trace.o" "$@" -o "$out/$name.wasm" >&2
    chmod -x "$out/$name.wasm"
    built "$name"
}

# shellcheck disable=SC2086 # cflags are words
"$clang" $cflags -I "$guest" -c "$here/trace.c" -o "$out/trace.o"
# shellcheck disable=SC2086
"$clang" $cflags -I "$guest" -c "$guest/hostheap.c" -o "$out/memory.o"

# Nothing else: malloc and its family are imported.
link imports

# wasi-libc's, as its package has it.
wasi_libc=${WASI_LIBC:-/usr/lib/wasm32-wasi/libc.a}
if [ -f "$wasi_libc" ]; then
    link wasi-libc "$wasi_libc"
else
    missing wasi-libc "no libc.a of wasi-libc; on Debian: apt-get install wasi-libc"
fi

# Emscripten's emmalloc: installed, kept from last time, or out of the package.
find_emmalloc() {
    for file in ${EMMALLOC:-/usr/share/emscripten/system/lib/emmalloc.c} "$out/emmalloc.c"; do
        if [ -f "$file" ]; then
            emmalloc=$file
            return
        fi
    done
    [ "${FETCH:-yes}" = yes ] || return 1
    command -v apt-get >/dev/null 2>&1 || return 1
    echo "fetching Emscripten's package for its emmalloc.c" >&2
    rm -rf "$out/package"
    mkdir "$out/package"
    (cd "$out/package" && apt-get download emscripten >&2 2>&1 &&
        dpkg-deb --fsys-tarfile emscripten_*.deb |
            tar -xO ./usr/share/emscripten/system/lib/emmalloc.c >emmalloc.c) || true
    if [ -s "$out/package/emmalloc.c" ]; then
        mv "$out/package/emmalloc.c" "$out/emmalloc.c"
        emmalloc=$out/emmalloc.c
    fi
    rm -rf "$out/package"
    [ -n "$emmalloc" ]
}
emmalloc=
if find_emmalloc; then
    # Emscripten's own target, where max_align_t has 8 bytes as the file wants.
    # It reads sizes and pointers through each other's types, which clang 19 punishes
    # with a realloc that traps: hence -fno-strict-aliasing.
    "$clang" --target=wasm32-unknown-emscripten -mcpu=mvp -mbulk-memory -msign-ext \
        -std=gnu11 -O2 -fno-strict-aliasing -ffreestanding -DNDEBUG -w -I "$here/emmalloc" \
        -DEMMALLOC_C="\"$emmalloc\"" -c "$here/emmalloc/emmalloc.c" -o "$out/emmalloc.o"
    link emmalloc "$out/emmalloc.o" "$out/memory.o"
else
    missing emmalloc "no emmalloc.c; install Emscripten, or set EMMALLOC"
fi

# Rust's, each as a static library with C's functions.
for name in dlmalloc rlsf talc; do
    if "$cargo" build --quiet --release --locked --target wasm32-unknown-unknown \
        --manifest-path "$here/allocators/Cargo.toml" --target-dir "$out/cargo" \
        --features "$name" >&2; then
        cp "$out/cargo/wasm32-unknown-unknown/release/libhostheap_bench_allocators.a" \
            "$out/$name.a"
        link "rust-$name" "$out/$name.a"
    else
        missing "rust-$name" "cargo could not build it; perhaps: rustup target add wasm32-unknown-unknown"
    fi
done
