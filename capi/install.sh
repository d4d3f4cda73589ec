#!/bin/sh
# Builds libhostheap and installs header, libraries, pkg-config and CMake files.
#
#   capi/install.sh [PREFIX]     default: /usr/local
#
#   FEATURES   runtimes: "wasmtime wasmer wasmi", some of them, or "" for the bare heap alone;
#              default: all
#   LIBDIR     folder for libraries below PREFIX; default: lib
#   DESTDIR    is put before all paths that are written, for packagers
#   CC         the C compiler that links the shared library; default: cc
#   ARCHIVE    a libhostheap.a that is there already, built with FEATURES; nothing is built then
#
# On Linux the shared library is linked here, of the static one, and not by cargo: so it gets a soname
# and versioned symbols, and exports nothing but hh_*. On other systems it is cargo's as it is.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
prefix=${1:-/usr/local}
libdir=${LIBDIR:-lib}
features=${FEATURES-wasmtime wasmer wasmi}
cc=${CC:-cc}
root=${DESTDIR:-}

version=$(sed -n 's/^#define HH_VERSION "\(.*\)"/\1/p' "$here/include/hostheap.h")
major=${version%%.*}
minor=${version#*.}
minor=${minor%%.*}

case $(uname -s) in
Linux) system_libs="-lgcc_s -lutil -lrt -lpthread -lm -ldl -lc" ;;
Darwin) system_libs="-liconv -lm" ;;
*)
    echo "install.sh knows Linux and macOS; see docs/c for other systems" >&2
    exit 1
    ;;
esac

if [ -z "${ARCHIVE:-}" ]; then
    target=${CARGO_TARGET_DIR:-$here/../target}
    (cd "$here" && CARGO_TARGET_DIR=$target cargo build --release --locked --no-default-features --features "$features")
    ARCHIVE=$target/release/libhostheap.a
fi

mkdir -p "$root$prefix/include" "$root$prefix/$libdir/pkgconfig" "$root$prefix/$libdir/cmake/hostheap"
mkdir -p "$root$prefix/include/hostheap"
install -m 644 "$here"/include/*.h* "$root$prefix/include"
install -m 644 "$here"/include/hostheap/*.hpp "$root$prefix/include/hostheap"
install -m 644 "$ARCHIVE" "$root$prefix/$libdir/libhostheap.a"

case $(uname -s) in
Linux)
    # 0.x is compatible within the same x only, as pkg/hostheap-config-version.cmake has it.
    soname=libhostheap.so.$major
    if [ "$major" = 0 ]; then
        soname=$soname.$minor
    fi
    shared=libhostheap.so.$version
    "$cc" -shared -o "$root$prefix/$libdir/$shared" \
        -Wl,--whole-archive "$ARCHIVE" -Wl,--no-whole-archive \
        -Wl,-soname,"$soname" -Wl,--version-script="$here/pkg/hostheap.map" \
        -Wl,--gc-sections -Wl,-z,relro,-z,now -Wl,--no-undefined $system_libs
    ln -sf "$shared" "$root$prefix/$libdir/$soname"
    ln -sf "$soname" "$root$prefix/$libdir/libhostheap.so"
    ;;
Darwin)
    soname=@rpath/libhostheap.dylib
    shared=libhostheap.dylib
    if [ -f "${ARCHIVE%.a}.dylib" ]; then
        install -m 755 "${ARCHIVE%.a}.dylib" "$root$prefix/$libdir/$shared"
        install_name_tool -id "$soname" "$root$prefix/$libdir/$shared"
    fi
    ;;
esac

# A library without a runtime has a part of the header only.
cflags=""
definitions=""
if [ -z "$features" ]; then
    cflags=" -DHOSTHEAP_BARE"
    definitions=HOSTHEAP_BARE
fi
# From the folder of CMake's files up to the prefix.
up=$(echo "$libdir/cmake/hostheap" | sed 's,[^/][^/]*,..,g')
cmake_libs=$(echo "$system_libs" | sed 's/-l//g; s/ /;/g')

fill() {
    sed -e "s,@PREFIX@,$prefix,g" -e "s,@LIBDIR@,\${prefix}/$libdir,g" \
        -e "s,@LIBDIR_NAME@,$libdir,g" -e "s,@INCLUDEDIR@,\${prefix}/include,g" \
        -e "s,@VERSION@,$version,g" -e "s,@MAJOR@,$major,g" -e "s,@MINOR@,$minor,g" \
        -e "s,@CFLAGS@,$cflags,g" -e "s,@DEFINITIONS@,$definitions,g" \
        -e "s,@SYSTEM_LIBS@,$system_libs,g" -e "s,@CMAKE_LIBS@,$cmake_libs,g" \
        -e "s,@UP@,$up,g" -e "s,@SHARED_FILE@,$shared,g" -e "s,@SONAME@,$soname,g" \
        "$here/pkg/$1.in" >"$root$prefix/$libdir/$2/$1"
}
fill hostheap.pc pkgconfig
fill hostheap-config.cmake cmake/hostheap
fill hostheap-config-version.cmake cmake/hostheap

echo "libhostheap $version is installed in $prefix"
