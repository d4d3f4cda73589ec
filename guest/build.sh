#!/bin/sh
# Builds the plugins in this directory.
#
#   guest/build.sh              build each plugin beside its source
#   guest/build.sh --check DIR  build into DIR instead, and say for each plugin
#                               whether it equals the committed one
#
# Environment: CLANG, WASM_LD name the tools; else the usual names are tried.
#
# --check succeeds when everything builds: another version of clang gives other
# bytes, and that is no fault. Whether they behave alike is for the tests.
set -eu

guest=$(cd "$(dirname "$0")" && pwd)

# One line per plugin: its .wasm without the ending, and extra flags for clang.
plugins='
greeter/greeter
greeter/greeter_mv      -mmultivalue -Xclang -target-abi -Xclang experimental-mv
host_greeter/host_greeter
wordcount/wordcount
misbehaver/misbehaver
misbehaver/grower
ctors/ctors
convention/scalars
convention/pointers
convention/ownership
convention/results
convention/results_mv   -mmultivalue -Xclang -target-abi -Xclang experimental-mv
convention/callbacks
convention/hostfns
convention/hostfns_results
convention/hostfns_mv   -mmultivalue -Xclang -target-abi -Xclang experimental-mv
convention/legacy
convention/legacy_named
tour/tour
tour/tour_host
tour/tour_callbacks
tour/tour_legacy
cookbook/cookbook
sites/sites             -DHH_CALL_SITES
'

# -mcpu=mvp and two features: the same instructions from every clang, whatever
# its default, and ones that every runtime has.
# -ffreestanding: no libc, and mallocs stay where the source has them; otherwise
# clang at -O2 deletes a malloc whose block nobody looks at.
# No -g: nothing of the machine gets into the output. __FILE__ is as from here.
cflags='--target=wasm32 -mcpu=mvp -mbulk-memory -msign-ext
    -std=c99 -O2 -ffreestanding -Wall -Wextra -Werror -pedantic'

# Linking is done by wasm-ld itself: clang would run wasm-opt on the result if
# it finds one and is told to optimize, and that drops function names.
# --stack-first: a stack that overflows hits offset 0 and traps, instead of
# running into static data; and the layout is the same from every wasm-ld.
# --strip-debug keeps the name section: traps then come with function names.
ldflags='--no-entry --export=__heap_base --stack-first --strip-debug
    --fatal-warnings'

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

usage() {
    fail "usage: guest/build.sh [--check DIR]"
}

# Whether "$1" is a clang that makes WebAssembly: not every build does.
makes_wasm() {
    command -v "$1" >/dev/null 2>&1 &&
        echo 'int x;' | "$1" --target=wasm32 -x c -c - -o "$tmp/probe.o" 2>/dev/null
}

links_wasm() {
    "$1" --version >/dev/null 2>&1 &&
        "$1" --no-entry "$tmp/probe.o" -o "$tmp/probe.wasm" 2>/dev/null
}

find_clang() {
    for clang in ${CLANG:-clang-19 clang-20 clang-21 clang-22 clang}; do
        if makes_wasm "$clang"; then
            return
        fi
    done
    fail "error: no clang that can build for wasm32 (tried: ${CLANG:-clang-19 to clang-22, clang})" \
        "  Debian, Ubuntu:  apt-get install clang-19 lld-19" \
        "  Fedora:          dnf install clang lld" \
        "  macOS:           brew install llvm lld, as Apple's clang cannot; then" \
        "                   CLANG=\$(brew --prefix llvm)/bin/clang guest/build.sh" \
        "  or set CLANG to one."
}

# Prefers the linker that belongs to the compiler.
find_linker() {
    version=$("$clang" -dumpversion | cut -d. -f1)
    for wasm_ld in ${WASM_LD:-$("$clang" --print-prog-name=wasm-ld) "wasm-ld-$version" wasm-ld}; do
        if links_wasm "$wasm_ld"; then
            return
        fi
    done
    fail "error: no wasm-ld for $clang (version $version)" \
        "  Debian, Ubuntu:  apt-get install lld-$version" \
        "  Fedora:          dnf install lld" \
        "  macOS:           brew install lld" \
        "  or set WASM_LD to one."
}

# compile SOURCE OBJECT [FLAG...]
compile() {
    source=$1 object=$2
    shift 2
    # shellcheck disable=SC2086 # cflags are words
    "$clang" $cflags -I "$guest/c" "-fmacro-prefix-map=$guest/=" "$@" -c "$source" -o "$object"
}

# build NAME OUTPUT [FLAG...]
build() {
    name=$1 output=$2
    shift 2
    compile "$guest/plugins/$name.c" "$tmp/plugin.o" "$@"
    # Anew for each plugin: all objects of one must have the same ABI.
    compile "$guest/c/hostheap.c" "$tmp/hostheap.o" "$@"
    # shellcheck disable=SC2086 # ldflags are words
    "$wasm_ld" $ldflags "$tmp/plugin.o" "$tmp/hostheap.o" -o "$output"
    chmod -x "$output" # wasm-ld marks it executable
}

# What the plugins don't show: hosts without bulk memory, and C++.
check_header() {
    compile "$guest/c/hostheap.c" "$tmp/hostheap.o" -mno-bulk-memory
    printf '%s\n' '#include "hostheap.h"' 'HH_INITIALIZER' >"$tmp/header.cpp"
    compile "$tmp/header.cpp" "$tmp/header.o" -x c++ -std=c++17
}

compare() {
    if cmp -s "$1" "$2"; then
        echo "same       $3"
    else
        echo "different  $3"
    fi
}

check=
if [ $# -gt 0 ]; then
    { [ "$1" = --check ] && [ $# -eq 2 ]; } || usage
    mkdir -p "$2"
    check=$(cd "$2" && pwd)
fi

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
find_clang
find_linker
echo "$("$clang" --version | head -n 1), $("$wasm_ld" --version | head -n 1)"

[ -z "$check" ] || check_header

echo "$plugins" | while read -r name flags; do
    [ -n "$name" ] || continue
    committed=$guest/plugins/$name.wasm
    output=${check:+$check/${name##*/}.wasm}
    # shellcheck disable=SC2086 # flags are words
    build "$name" "${output:-$committed}" $flags
    if [ -n "$check" ]; then
        compare "$output" "$committed" "${name##*/}.wasm"
    else
        echo "$(wc -c <"$committed") bytes  plugins/$name.wasm"
    fi
done
