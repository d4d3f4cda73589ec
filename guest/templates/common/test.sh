#!/bin/sh
# Checks the plugin against the host's contract, and calls it on every runtime that `hostheap` has.
#
#   sh test.sh PLUGIN.wasm
set -eu
plugin=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
hostheap=$(command -v "${HOSTHEAP:-hostheap}") || { echo "there is no hostheap: set HOSTHEAP" >&2; exit 1; }
case $hostheap in
/*) ;;
*) hostheap=$PWD/$hostheap ;;
esac
cd "$(dirname "$0")"

"$hostheap" check "$plugin" --contract contract.toml

expect() { # RESULT EXPORT ARGUMENTS...
    expected=$1
    shift
    found=$("$hostheap" call "$plugin" "$@" --backend all --quiet)
    if [ "$found" != "$expected" ]; then
        echo "$*: '$found' where '$expected' was expected" >&2
        exit 1
    fi
    echo "$*: $found"
}
expect 'Hello, World!' greet World
expect 'Hello, !' greet ''
expect 6 sum i32s:1,2,3
expect 0 sum i32s:
echo "all tests pass"
