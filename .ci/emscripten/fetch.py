#!/usr/bin/env python3
"""Puts a current Emscripten into a directory, on a Debian whose own is older; nothing is installed.

    fetch.py DIR [SUITE]     needs apt (not root) and node; what is there already stays

leaves DIR/bin/emcc, em++, emar, emranlib and emcmake. The version is the one that SUITE (default: sid)
has today. apt itself resolves and downloads it, with lists and a cache of its own in DIR, and checks
the archive's signature and each package's sum; an index past its date (a mirror that stands still) is
taken with a note. The compiler gets the C library it was built against, which lies in DIR too, so that
the machine's may be older. Emscripten's own libraries are compiled here once, by building a small
program in C++.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

# What a plugin's build runs. Libraries come on top.
TOOLS = ["clang", "lld", "llvm-ar", "llvm-nm", "llvm-objcopy", "llvm-dwarfdump", "llvm-cxxfilt"]
COMMANDS = ["emcc", "em++", "emar", "emranlib", "emcmake"]

# These come from the machine: told to apt as if they were installed.
FROM_THE_MACHINE = ["nodejs", "python3", "ccache"]

PROGRAM = """#include <map>
#include <string>
#include <vector>
extern "C" __attribute__((export_name("probe"), used)) int probe(int n) {
    std::map<std::string, std::vector<int>> all;
    for (int i = 0; i < n; i++) all[std::to_string(i % 7)].push_back(i);
    return (int)all["3"].size();
}
"""

# Each stands for libraries that are built by themselves.
GROWING = ["-fno-exceptions", "-sALLOW_MEMORY_GROWTH=1"]
BUILDS = [["-O2"], ["-O0", "-g"], ["-O2", *GROWING], ["-O0", "-g", *GROWING]]


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, **options)
    if done.returncode:
        sys.exit(f"{' '.join(str(word) for word in command)}\n{done.stderr}{done.stdout}")
    return done.stdout


class Apt:
    """apt over one suite, with nothing of the machine's but its keys."""

    def __init__(self, directory, suite):
        self.suite = suite
        for name in ["none", "state/lists/partial", "cache/archives/partial"]:
            (directory / name).mkdir(parents=True, exist_ok=True)
        keys = "/usr/share/keyrings/debian-archive-keyring.gpg"
        (directory / "sources.list").write_text(
            f"deb [signed-by={keys}] http://deb.debian.org/debian {suite} main\n")
        status = "\n".join(f"Package: {name}\nStatus: install ok installed\nArchitecture: all\n"
                           "Multi-Arch: allowed\nVersion: 9999\nMaintainer: nobody\n"
                           "Description: of the machine\n" for name in FROM_THE_MACHINE)
        (directory / "status").write_text(status)
        none = directory / "none"
        self.config = directory / "apt.conf"
        self.config.write_text("\n".join([
            f'Dir::Etc::sourcelist "{directory}/sources.list";',
            *(f'Dir::Etc::{what} "{none}";'
              for what in ["sourceparts", "parts", "preferences", "preferencesparts"]),
            f'Dir::State "{directory}/state";',
            f'Dir::State::status "{directory}/status";',
            f'Dir::Cache "{directory}/cache";',
            'Acquire::Languages "none";',
            'APT::Install-Recommends "false";',
        ]) + "\n")

    def __call__(self, *words, **options):
        return run(*words, env={**os.environ, "APT_CONFIG": str(self.config), "LC_ALL": "C"}, **options)

    def update(self):
        """A mirror that has stood still for more than a week is taken, and said."""
        environment = {**os.environ, "APT_CONFIG": str(self.config), "LC_ALL": "C"}
        done = subprocess.run(["apt-get", "update"], env=environment, text=True, capture_output=True)
        if done.returncode and "is expired" in done.stderr:
            print(f"note: {done.stderr.strip().splitlines()[-1]}\n"
                  "note: its signature is good; taken all the same", flush=True)
            with self.config.open("a") as config:
                config.write('Acquire::Check-Valid-Until "false";\n')
            self("apt-get", "update")
        elif done.returncode:
            sys.exit(done.stderr)

    def packages(self, *names):
        """What the suite says of packages, of each its newest version."""
        found = {}
        for text in self("apt-cache", "show", "--no-all-versions", *names).split("\n\n"):
            fields = dict(re.findall(r"^([\w-]+): (.*)$", text, re.M))
            if fields:
                found[fields["Package"]] = fields
        return found

    def solution(self, package):
        """The packages apt would install for it."""
        output = self("apt-get", "install", "--simulate", package)
        return re.findall(r"^Inst (\S+)", output, re.M)


def needed(apt):
    """The packages to take: the tools, and the libraries under them. A whole solution has a C
    compiler for this machine besides, and much else."""
    all_of_it = apt.packages(*apt.solution("emscripten"), "patchelf")
    depends = all_of_it["emscripten"]["Depends"]
    major = re.search(r"\bclang-(\d+)", depends).group(1)
    tools = ["emscripten", "binaryen", f"clang-{major}", f"lld-{major}", "patchelf"]
    take = [*tools, f"llvm-{major}", f"libclang-common-{major}-dev", "node-acorn"]
    rest = list(tools)
    while rest:
        fields = all_of_it[rest.pop()]
        words = re.findall(r"[a-z0-9][a-z0-9.+-]+", re.sub(r"\([^)]*\)", "", fields.get("Depends", "")))
        for name in words:
            library = all_of_it.get(name, {}).get("Section") == "libs"
            if library and name not in take and not name.startswith("libclang1-"):
                take.append(name)
                rest.append(name)
    return major, {name: all_of_it[name] for name in take}


def unpack(apt, packages, root, debs):
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    debs.mkdir(exist_ok=True)
    names = [f"{name}={fields['Version']}" for name, fields in packages.items()]
    apt("apt-get", "download", *names, cwd=debs)
    for deb in debs.glob("*.deb"):
        run("dpkg-deb", "-x", deb, root)


def own_libraries(root, bin_llvm):
    """Has programs use the C library of `root`, and the other libraries there."""
    loader = next((root / "usr/lib").glob("*/ld-linux-*.so.*"), None) or next(
        (root / "usr/lib").glob("ld-linux-*.so.*"))
    libraries = [loader.parent, root / "usr/lib", bin_llvm.parent / "lib"]
    path = ":".join(str(library) for library in libraries)
    patchelf = [loader, "--library-path", path, root / "usr/bin/patchelf"]
    programs = {(bin_llvm / tool).resolve() for tool in TOOLS}
    programs |= {file for file in (root / "usr/bin").iterdir()
                 if not file.is_symlink() and file.read_bytes()[:4] == b"\x7fELF"
                 and file.name != "patchelf"}
    for library in sorted(loader.parent.glob("*.so*")):
        # A path of its own would hide the program's.
        if not library.is_symlink() and run(*patchelf, "--print-rpath", library).strip():
            run(*patchelf, "--remove-rpath", library)
    for program in sorted(programs):
        # RPATH, not RUNPATH: it holds for what a library needs in turn.
        run(*patchelf, "--set-interpreter", loader, "--force-rpath", "--set-rpath", path, program)


def trim(root, bin_llvm):
    """Programs that no build runs, and documentation."""
    keep = {(bin_llvm / tool).resolve() for tool in TOOLS}
    for file in bin_llvm.iterdir():
        if file.resolve() not in keep:
            file.unlink()
    for link in (root / "usr/bin").iterdir():
        if not link.exists():
            link.unlink()
    for name in ["usr/share/doc", "usr/share/man", "usr/share/emscripten/docs"]:
        shutil.rmtree(root / name, ignore_errors=True)


def commands(target, bin_llvm):
    root = target / "root"
    node = shutil.which("node") or shutil.which("nodejs")
    if not node:
        sys.exit("no node: apt-get install nodejs")
    (target / "config").write_text(
        f"LLVM_ROOT = {str(bin_llvm)!r}\nBINARYEN_ROOT = {str(root / 'usr')!r}\n"
        f"NODE_JS = {node!r}\nCACHE = {str(target / 'cache')!r}\n")
    # Where its scripts look for acorn; older ones do by NODE_PATH, below.
    modules = root / "usr/share/node_modules"
    if not modules.exists():
        modules.symlink_to("nodejs")
    bin_dir = target / "bin"
    bin_dir.mkdir(exist_ok=True)
    for name in COMMANDS:
        (bin_dir / name).write_text(
            f"#!/bin/sh\nexport EM_CONFIG='{target}/config' NODE_PATH='{root}/usr/share/nodejs'\n"
            f"exec '{root}/usr/share/emscripten/{name}' \"$@\"\n")
        (bin_dir / name).chmod(0o755)


def build_libraries(target):
    """By their first use: later builds find them in the cache."""
    source = target / "probe.cpp"
    source.write_text(PROGRAM)
    for flags in BUILDS:
        run(target / "bin/em++", *flags, "--no-entry", source, "-o", target / "probe.wasm")
    for left in target.glob("probe.*"):
        left.unlink()


def megabytes(count):
    return f"{count / 1e6:.0f} MB"


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    target = Path(sys.argv[1]).resolve()
    suite = sys.argv[2] if len(sys.argv) == 3 else "sid"
    stamp = target / "version"
    if stamp.exists():
        print(f"emscripten {stamp.read_text().strip()} is in {target}")
        return
    # Only what this script began is cleared away.
    marker = target / ".hostheap-emscripten"
    if target.exists() and any(target.iterdir()) and not marker.exists():
        sys.exit(f"{target} is not empty, and not of this script's: give another directory")
    began = time.monotonic()
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    marker.touch()
    apt = Apt(target / "apt", suite)
    apt.update()
    major, packages = needed(apt)
    size = sum(int(fields["Size"]) for fields in packages.values())
    version = packages["emscripten"]["Version"]
    print(f"emscripten {version} of {suite}, with LLVM {major} and binaryen "
          f"{packages['binaryen']['Version']}: {len(packages)} packages, {megabytes(size)}", flush=True)
    root = target / "root"
    bin_llvm = root / f"usr/lib/llvm-{major}/bin"
    unpack(apt, packages, root, target / "debs")
    own_libraries(root, bin_llvm)
    trim(root, bin_llvm)
    commands(target, bin_llvm)
    for name in ["apt", "debs"]:
        shutil.rmtree(target / name)
    unpacked = time.monotonic()
    print(f"unpacked after {unpacked - began:.0f} s; building its libraries", flush=True)
    build_libraries(target)
    stamp.write_text(version + "\n")
    used = sum(f.lstat().st_size for f in target.rglob("*") if f.is_file() and not f.is_symlink())
    print(f"ready after {time.monotonic() - began:.0f} s, {megabytes(used)} on disk: {target}/bin/emcc")


main()
