#!/usr/bin/env python3
"""Puts wasmtime's C API, which no distribution has, into a directory as its releases are laid out:

    DIR/include/wasmtime.h and the rest
    DIR/lib/libwasmtime.so

The library is the one inside the wheel `wasmtime` of PyPI, the headers are those of the crate
`wasmtime-c-api-impl` of the same version. PyPI has no patch releases of wasmtime 48: this is 48.0.0,
where Cargo.lock has the latest 48.0.x. It is for tests and benchmarks only.

    fetch.py DIR      needs pip and cargo; what is there already stays
"""

import ctypes
import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
VERSION = "48.0.0"

# conf.h says what the library was built with. Each feature that a header asks for, and a function
# that is there only with it.
FEATURES = {
    "ASYNC": "wasmtime_call_future_poll",
    "CACHE": "wasmtime_config_cache_config_load",
    "COMPONENT_MODEL": "wasmtime_component_new",
    "COMPONENT_MODEL_ASYNC": "wasmtime_config_wasm_component_model_async_set",
    "CRANELIFT": "wasmtime_config_cranelift_opt_level_set",
    "GC": "wasmtime_anyref_clone",
    "PARALLEL_COMPILATION": "wasmtime_config_parallel_compilation_set",
    "POOLING_ALLOCATOR": "wasmtime_pooling_allocation_config_new",
    "PROFILING": "wasmtime_guestprofiler_new",
    "THREADS": "wasmtime_sharedmemory_new",
    "WASI": "wasi_config_new",
    "WASI_HTTP": "wasmtime_component_linker_add_wasi_http",
    "WAT": "wasmtime_wat2wasm",
}


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def library(scratch):
    """The library inside the wheel, and the name that linkers look for."""
    run(
        sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
        "--no-deps", "--only-binary", ":all:", "--target", str(scratch), f"wasmtime=={VERSION}",
    )
    machine = {"AMD64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())
    names = {"linux": ("_libwasmtime.so", "libwasmtime.so"),
             "darwin": ("_libwasmtime.dylib", "libwasmtime.dylib")}
    inside, name = names[sys.platform]
    return scratch / "wasmtime" / f"{sys.platform}-{machine}" / inside, name


def headers():
    """The directory of the crate's headers, where cargo keeps it."""
    manifest = HERE / "Cargo.toml"
    host = next(line.split()[1] for line in run("rustc", "-vV").splitlines() if line.startswith("host:"))
    metadata = json.loads(run(
        "cargo", "metadata", "--quiet", "--locked", "--format-version", "1",
        "--filter-platform", host, "--manifest-path", str(manifest),
    ))
    package = next(p for p in metadata["packages"] if p["name"] == "wasmtime-c-api-impl")
    if package["version"] != VERSION:
        sys.exit(f"the headers are those of {package['version']}, the library is {VERSION}")
    return Path(package["manifest_path"]).parent / "include"


def configure(template, loaded):
    """conf.h out of conf.h.in, by what the library has."""
    lines = []
    for line in template.splitlines():
        if line.startswith("#cmakedefine "):
            name = line.split()[1]
            probe = FEATURES.get(name.removeprefix("WASMTIME_FEATURE_"))
            on = probe is not None and hasattr(loaded, probe)
            line = f"#define {name}" if on else f"/* #undef {name} */"
        lines.append(line)
    return "\n".join(lines) + "\n"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    target = Path(sys.argv[1]).resolve()
    stamp = target / "version"
    if stamp.exists() and stamp.read_text() == VERSION:
        return
    shutil.rmtree(target, ignore_errors=True)
    (target / "lib").mkdir(parents=True)
    source, name = library(target / "wheel")
    shutil.move(source, target / "lib" / name)
    shutil.rmtree(target / "wheel")
    include = headers()
    shutil.copytree(include, target / "include")
    loaded = ctypes.CDLL(str(target / "lib" / name))
    conf = configure((include / "wasmtime/conf.h.in").read_text(), loaded)
    (target / "include/wasmtime/conf.h").write_text(conf)
    stamp.write_text(VERSION)


main()
