"""The compilers of the corpus: whether they are here, which versions they are, and how each builds
a module and its twin (the same with the linker's symbols exported)."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "sources"
NODE_MODULES = Path(os.environ.get("HOSTHEAP_NODE_MODULES", HERE / "node_modules"))
SYMBOLS = ["__heap_base", "__data_end", "__stack_pointer"]
TWIN = [f"--export={symbol}" for symbol in SYMBOLS]


class Missing(Exception):
    """A tool is not here; says what installs it."""


class Failed(Exception):
    """A tool is here, and refused."""


def run(command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          cwd=SOURCES, **options)
    if done.returncode:
        shown = " ".join(str(word) for word in command)
        raise Failed(f"{shown}\n{done.stderr}{done.stdout}")
    return done.stdout


def version(command):
    return re.search(r"\d+\.\d+\.\d+", run(command)).group()


def need(program, install):
    found = shutil.which(program)
    if not found:
        raise Missing(f"no {program}: {install}")
    return found


def npm(path):
    found = NODE_MODULES / path
    if not found.exists():
        raise Missing(f"no {path} in {NODE_MODULES}: (cd tests/corpus && npm ci)")
    return found


def node_jobs(node, script, compiler, jobs):
    """Runs a list of jobs in one process of node's."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as listing:
        json.dump(jobs, listing)
        listing.flush()
        return run([node, HERE / script, compiler, listing.name])


class Tool:
    # Whether HOSTHEAP_REQUIRE_COMPILERS may insist on it.
    required = True

    def describe(self):
        """Compiler and linker with their versions, as the manifest has them."""
        raise NotImplementedError

    def build_all(self, jobs):
        """Builds a list of (entry, directory): directory/module.wasm and directory/twin.wasm."""
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda job: self.build(*job), jobs))


def clang_flags(entry, target):
    """What all of clang's modules are compiled with."""
    flags = [] if any(f.startswith("--target") for f in entry.compile) else [f"--target={target}"]
    flags += [] if any(f.startswith("-O") for f in entry.compile) else ["-O2"]
    return flags + entry.compile


class Clang(Tool):
    """clang without a libc. Linked by wasm-ld itself: clang would run wasm-opt on the result if it
    finds one."""

    def __init__(self, major):
        self.major = major

    def describe(self):
        install = f"apt-get install clang-{self.major} lld-{self.major}"
        self.clang = need(f"clang-{self.major}", install)
        self.ld = need(f"wasm-ld-{self.major}", install)
        return {"compiler": ["clang", version([self.clang, "--version"])],
                "linker": ["wasm-ld", version([self.ld, "--version"])], "libc": None}

    target = "wasm32"
    base_flags = ["-ffreestanding", "-nostdlib"]

    def start(self, entry):
        """The linker's first words, and its last."""
        return ["--no-entry"], []

    def build(self, entry, directory):
        objects = []
        for source in entry.sources:
            objects.append(directory / f"{source}.o")
            run([self.clang, *clang_flags(entry, self.target), *self.flags_for(source), "-c",
                 source, "-o", objects[-1]])
        first, last = self.start(entry)
        words = [w for w in entry.link if w not in ("reactor", "command")]
        for name, extra in (("module", []), ("twin", TWIN)):
            run([self.ld, *first, *words, *extra, *objects, *last, "-o",
                 directory / f"{name}.wasm"])

    def flags_for(self, source):
        # Else 14 would not export the stack pointer. --no-check-features would, and lay data out
        # in another way: with it, .bss in an imported memory is filled by a start function.
        flags = [*self.base_flags, "-mmutable-globals"]
        return flags + (["-fno-builtin"] if source == "family.c" else [])


def crt(entry, libraries):
    """A libc's start file, entry point and libraries."""
    model = "reactor" if "reactor" in entry.link else "command"
    start = "_initialize" if model == "reactor" else "_start"
    cxx = ["-lc++", "-lc++abi"] if entry.sources[0].endswith(".cpp") else []
    return ([f"-L{libraries}", f"{libraries}/crt1-{model}.o", "--entry", start], [*cxx, "-lc"])


class WasiClang(Clang):
    """Debian's clang with Debian's wasi-libc."""

    target = "wasm32-wasi"
    base_flags = []
    libraries = "/usr/lib/wasm32-wasi"

    def describe(self):
        found = super().describe()
        if not Path(self.libraries, "libc.a").exists():
            raise Missing("no wasi-libc: apt-get install wasi-libc")
        # The table has C++ for this one.
        if self.major == 19 and not Path(self.libraries, "libc++.a").exists():
            raise Missing("no libc++: apt-get install libc++-19-dev-wasm32 libc++abi-19-dev-wasm32 "
                          "libclang-rt-19-dev-wasm32")
        package = run(["dpkg-query", "-W", "-f", "${Version}", "wasi-libc"]).strip()
        return found | {"libc": ["wasi-libc", package]}

    def start(self, entry):
        builtins = "/usr/lib/llvm-19/lib/clang/19/lib/wasi/libclang_rt.builtins-wasm32.a"
        first, last = crt(entry, self.libraries)
        return first, last + ([builtins] if Path(builtins).exists() else [])


class Yowasp(Tool):
    """LLVM 22 from npm, run by node, with a wasi-libc of its own."""

    def __init__(self, wasi):
        self.wasi = wasi
        self.target = "wasm32-wasip1" if wasi else "wasm32"

    def describe(self):
        self.node = need("node", "apt-get install nodejs npm")
        self.bundle = npm("@yowasp/clang/gen/bundle.js")
        probe = {"name": "version", "files": {}, "commands": [["clang", "--version"]],
                 "outputs": {}, "print": True}
        found = re.search(r"clang version (\d+\.\d+\.\d+)", node_jobs(self.node, "yowasp.mjs", self.bundle, [probe])).group(1)
        return {"compiler": ["clang", found], "linker": ["wasm-ld", found],
                "libc": ["wasi-libc", "of @yowasp/clang"] if self.wasi else None}

    def build_all(self, jobs):
        node_jobs(self.node, "yowasp.mjs", self.bundle, [self.job(*job) for job in jobs])

    def job(self, entry, directory):
        files = {"corpus.h": str(SOURCES / "corpus.h")}
        commands, objects = [], []
        for source in entry.sources:
            files[source] = str(SOURCES / source)
            objects.append(f"{source}.o")
            flags = [] if self.wasi else ["-ffreestanding"]
            flags += ["-fno-builtin"] if source == "family.c" else []
            # clang++ takes a C file for C++.
            driver = "clang++" if source.endswith(".cpp") else "clang"
            commands.append([driver, *clang_flags(entry, self.target), *flags, "-c", source,
                             "-o", objects[-1]])
        first, last = ["--no-entry"], []
        if self.wasi:
            first, last = crt(entry, "/usr/lib/wasm32-wasip1")
            last += ["/usr/lib/wasm32-unknown-wasip1/libclang_rt.builtins.a"]
        words = [w for w in entry.link if w not in ("reactor", "command")]
        for name, extra in (("module", []), ("twin", TWIN)):
            commands.append(["wasm-ld", *first, *words, *extra, *objects, *last, "-o",
                             f"{name}.wasm"])
        outputs = {f"{n}.wasm": str(directory / f"{n}.wasm") for n in ("module", "twin")}
        return {"name": entry.name, "files": files, "commands": commands, "outputs": outputs}


class Emscripten(Tool):
    def describe(self):
        self.emcc = need("emcc", "apt-get install emscripten")
        return {"compiler": ["emcc", version([self.emcc, "--version"])],
                "linker": ["wasm-ld", "of emcc"], "libc": ["emscripten", "of emcc"]}

    def build(self, entry, directory):
        flags = entry.compile
        flags = flags if any(f.startswith(("-O", "-g")) for f in flags) else ["-O2", *flags]
        driver = [self.emcc] if entry.sources[0].endswith(".c") else [self.emcc.replace("emcc", "em++")]
        # Its optimizer refuses to export a mutable global; names tell the stack pointer as well.
        twin = ["-Wl,--export=__heap_base,--export=__data_end", "--profiling-funcs"]
        # With JavaScript beside it the module is another one, even if nobody looks at the script.
        words = [w for w in entry.link if w != "js"]
        ending = "js" if "js" in entry.link else "wasm"
        for name, extra in (("module", []), ("twin", twin)):
            run([*driver, *flags, *entry.sources, *words, "--no-entry", *extra, "-o",
                 directory / f"{name}.{ending}"])


class Rustc(Tool):
    required = False

    def __init__(self, target):
        self.target = target

    def describe(self):
        self.rustc = need("rustc", "rustup")
        libraries = run([self.rustc, "--print", "target-libdir", "--target", self.target]).strip()
        if not Path(libraries).exists():
            raise Missing(f"no std for {self.target}: rustup target add {self.target}")
        found = version([self.rustc, "--version"])
        wasi = self.target != "wasm32-unknown-unknown"
        return {"compiler": ["rustc", found], "linker": ["rust-lld", "of rustc"],
                "libc": ["wasi-libc", "of rustc"] if wasi else None}

    def build(self, entry, directory):
        twin = [w for flag in TWIN for w in ("-C", f"link-arg={flag}")]
        for name, extra in (("module", []), ("twin", twin)):
            # The crate's name and the sources' paths get into the module: both are always the same.
            run([self.rustc, "--edition", "2021", "--crate-type", "cdylib", "--crate-name",
                 "corpus", "--target", self.target, "--cap-lints", "allow", *entry.compile,
                 *entry.link, *extra, entry.sources[0], "-o", directory / f"{name}.wasm"])


class Zig(Tool):
    def describe(self):
        zig = os.environ.get("ZIG")
        if zig:
            self.zig = [zig]
        elif importlib.util.find_spec("ziglang"):
            self.zig = [sys.executable, "-m", "ziglang"]
        else:
            raise Missing("no zig: pip install ziglang (or set ZIG)")
        return {"compiler": ["zig", version([*self.zig, "version"])],
                "linker": ["zig", "of zig"], "libc": None}

    def build(self, entry, directory):
        source = (SOURCES / entry.sources[0]).read_text()
        exports = [f"--export={name}" for name in re.findall(r"^export fn (\w+)", source, re.M)]
        target = [] if "-target" in entry.compile else ["-target", "wasm32-freestanding"]
        symbols = [f"--export={symbol}" for symbol in SYMBOLS]
        for name, extra in (("module", []), ("twin", symbols)):
            run([*self.zig, "build-exe", entry.sources[0], *target, "-fno-entry", *entry.compile,
                 *exports, *entry.link, *extra, "--cache-dir", directory.parent / "zig-cache",
                 f"-femit-bin={directory / name}.wasm"])


class Asc(Tool):
    """Its twin has one function more, `heap_base`; it has no symbols to export."""

    def describe(self):
        self.node = need("node", "apt-get install nodejs npm")
        self.asc = npm("assemblyscript/dist/asc.js")
        program = npm("assemblyscript/bin/asc.js")
        return {"compiler": ["asc", version([self.node, program, "--version"])],
                "linker": None, "libc": None}

    def build_all(self, jobs):
        commands = []
        for entry, directory in jobs:
            twin = [] if "base.ts" in entry.sources else ["base.ts"]
            for name, extra in (("module", []), ("twin", twin)):
                commands.append([*entry.sources, *extra, *entry.compile, *entry.link, "-o",
                                 os.path.relpath(directory / f"{name}.wasm", SOURCES)])
        node_jobs(self.node, "asc.mjs", self.asc, commands)


class Wat(Tool):
    """By hand: the truth is in the text."""

    def describe(self):
        self.wat = need("wat2wasm", "apt-get install wabt")
        return {"compiler": ["wat2wasm", version([self.wat, "--version"])],
                "linker": None, "libc": None}

    def build(self, entry, directory):
        run([self.wat, "--enable-all", "--debug-names", entry.sources[0], "-o",
             directory / "module.wasm"])


def tools():
    every = {"emscripten": Emscripten(), "zig": Zig(), "asc": Asc(), "wat": Wat(),
             "clang-22": Yowasp(False), "wasi-22": Yowasp(True)}
    for major in (14, 19):
        every[f"clang-{major}"] = Clang(major)
        every[f"wasi-{major}"] = WasiClang(major)
    for target in ("wasm32-unknown-unknown", "wasm32-wasip1"):
        every[f"rustc {target}"] = Rustc(target)
    return every


def after(entry, module):
    """What is done to a finished module, and by which version of what."""
    if not entry.after:
        return None
    program, *flags = entry.after
    if program == "wasm-strip":
        need("wasm-strip", "apt-get install wabt")
        run(["wasm-strip", module])
        return ["wasm-strip", version(["wasm-strip", "--version"])]
    if program.startswith("npm-"):
        program = program.removeprefix("npm-")
        command = ["node", npm(f"binaryen/bin/{program}")]
        found = json.loads(npm("binaryen/package.json").read_text())["version"]
    else:
        command = [need(program, "apt-get install binaryen")]
        found = re.search(r"version (\d+)", run([*command, "--version"])).group(1)
    run([*command, *flags, module, "-o", module])
    return [program, found]
