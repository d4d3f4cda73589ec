#!/usr/bin/env python3
"""Builds the corpus of modules that layout discovery is tested on, and writes down the truth.

  tests/corpus/build.py                 build all of modules.txt into modules/, write corpus.json
  tests/corpus/build.py --only NAME     what NAME is part of; the manifest keeps the others
  tests/corpus/build.py --check DIR     build into DIR, with a manifest of its own, and say for each
                                        module whether it equals the committed one

Environment: HOSTHEAP_NODE_MODULES (default: node_modules here, from `npm ci`), ZIG.
HOSTHEAP_REQUIRE_COMPILERS=1: a compiler that is missing is a failure; else it is said which
modules were not built. Targets of rustup's are never required.

--check succeeds when everything builds that can be: another version of a compiler gives other
bytes, and that is no fault. Whether hostheap is right about them is for the tests.
"""

import argparse
import json
import os
import re
import shlex
import shutil
import sys
import tempfile
import time
from pathlib import Path

import reader
import toolchains
from toolchains import HERE, Failed, Missing

COMMITTED = HERE / "modules"
MANIFEST = "corpus.json"
REQUIRE = "HOSTHEAP_REQUIRE_COMPILERS"
FAMILY = ["malloc", "calloc", "realloc", "free", "aligned_alloc", "memalign", "posix_memalign",
          "malloc_usable_size"]
KINDS = ["none", "imports", "exports", "hidden", "forwards", "two"]


class Entry:
    """A line of modules.txt."""

    def __init__(self, line):
        cells = [cell.strip() for cell in line.split("|")] + ["", ""]
        self.name, self.tool, sources, allocator = cells[:4]
        self.sources = sources.split()
        self.compile, self.link, self.after = (shlex.split(cell) for cell in cells[4:7])
        # Too large to commit: built where there is a compiler, and only there.
        self.local = "local" in self.after
        self.after = [word for word in self.after if word != "local"]
        self.kind, *words = allocator.split()
        assert self.kind in KINDS, f"{self.name}: allocator {self.kind}"
        facts = dict(word.split("=") for word in words)
        self.imported = facts.pop("in", "").split(",") if "in" in facts else []
        self.exported = facts.pop("out", "").split(",") if "out" in facts else []
        self.own = facts.pop("own", None)
        assert not facts, f"{self.name}: {facts}"


def entries():
    found = []
    for line in (HERE / "modules.txt").read_text().splitlines():
        line = line.partition("#")[0].strip()
        if not line:
            continue
        choices = re.search(r"\{([^}]*)\}", line.partition("|")[0])
        for choice in choices.group(1).split(",") if choices else [None]:
            found.append(Entry(re.sub(r"\{[^}]*\}", choice, line) if choice else line))
    names = [entry.name for entry in found]
    assert len(set(names)) == len(names), "a name stands twice"
    return found


def truth(entry, plain, directory):
    """What the twin says. It must be the same module but for its exports."""
    twin_path = directory / "twin.wasm"
    if not twin_path.exists():
        text = (toolchains.SOURCES / entry.sources[0]).read_text()
        line = re.search(r";; truth: (.*)", text).group(1)
        known = {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", line)}
        return {key: known.get(key) for key in ("heap_base", "data_end", "stack_pointer")}
    twin = reader.Module(twin_path.read_bytes())
    assert twin.memory == plain.memory, f"{entry.name}: the twin has another memory"
    assert twin.segments == plain.segments, f"{entry.name}: the twin has other data"
    base = twin.exported("heap_base", "func")
    if entry.tool == "asc":
        value = reader.returned_constant(twin, reader.disassembly(twin_path), base)
        return {"heap_base": value, "data_end": None, "stack_pointer": None}
    found = {name: twin.exported_value(f"__{name}")
             for name in ("heap_base", "data_end")}
    return found | {"stack_pointer": twin.stack_pointer()}


def layout(known, segments):
    """Where the stack is, told from the linker's own symbols."""
    base, end, stack = known["heap_base"], known["data_end"], known["stack_pointer"]
    if base is None or end is None or stack is None:
        return None
    # Without data, or without a stack, its end is the heap base in both; the data's place tells.
    above = end < stack or (segments is not None and segments[1] <= stack)
    return "stack_last" if stack == base and above else "stack_first"


def expected(module, text):
    """What can be known of the heap base from the finished module alone."""
    if module.memory["memory64"]:
        return "refused", "memory64"
    if module.memory["shared"]:
        return "refused", "shared_memory"
    extent, whole = module.data_extent()
    exported = module.exported_value("__heap_base")
    if exported is not None and extent and exported < extent[1]:
        return "refused", "heap_base_below_data"
    if exported is not None:
        return "exact", "exported_global"
    function = module.exported("heap_base", "func")
    if function is not None and reader.returned_constant(module, text, function) is not None:
        return "exact", "exported_function"
    stack = module.stack_pointer()
    if stack is not None and extent and whole and stack >= extent[1]:
        return "exact", "stack_pointer"
    end = module.exported_value("__data_end")
    if None not in (end, stack) and extent and whole and stack <= extent[0] and extent[1] <= end:
        return "exact", "data_end"
    return "safe", None


def facts(entry, tool, done, known, path):
    """One module's entry in the manifest."""
    module = reader.Module(path.read_bytes())
    text = None if module.memory["memory64"] else reader.disassembly(path)
    imported = {name for place, name, kind in module.imports
                if kind == "func" and place == "env" and name in FAMILY}
    exported = {name for name, kind, _ in module.exports if kind == "func" and name in FAMILY}
    assert imported == set(entry.imported), f"{entry.name} imports {sorted(imported)}"
    assert exported == set(entry.exported), f"{entry.name} exports {sorted(exported)}"
    certainty, evidence = expected(module, text)
    extent, whole = module.data_extent()
    return {
        "name": entry.name,
        "committed": not entry.local,
        "sources": entry.sources,
        "tool": entry.tool,
        **tool,
        "compile": entry.compile,
        "link": entry.link,
        "after": entry.after,
        "after_tool": done,
        **known,
        "memory_min": module.memory["min"] << 16,
        "memory_imported": module.memory["imported"],
        "segments": extent,
        "segments_known": whole,
        "start": module.start is not None,
        "certainty": certainty,
        "evidence": evidence,
        "allocator": {"kind": entry.kind, "imported": entry.imported, "exported": entry.exported,
                      "own": entry.own},
        "memory_grow": text and "memory.grow" in text,
        "memory_size": text and "memory.size" in text,
        "producers": module.producers,
        "function_names": module.function_names,
        "bytes": module.size,
    }


def build(wanted, scratch, output):
    """Builds what can be built; returns the facts, and what could not be."""
    built, missing, versions = [], {}, {}
    if not shutil.which("wasm-objdump"):
        names = [entry.name for entry in wanted]
        return [], {"all tools": ("no wasm-objdump: apt-get install wabt", names, True)}
    every = toolchains.tools()
    for name in dict.fromkeys(entry.tool for entry in wanted):
        tool, group = every[name], [entry for entry in wanted if entry.tool == name]
        try:
            versions[name] = tool.describe()
        except Missing as error:
            missing[name] = (str(error), [entry.name for entry in group], tool.required)
            continue
        jobs = [(entry, scratch / entry.name) for entry in group]
        for _, directory in jobs:
            directory.mkdir()
        before = time.monotonic()
        tool.build_all(jobs)
        print(f"{name}: {len(jobs)} modules in {time.monotonic() - before:.0f} s", file=sys.stderr)
    for entry in wanted:
        if entry.tool in missing:
            continue
        directory = scratch / entry.name
        try:
            module = directory / "module.wasm"
            plain = reader.Module(module.read_bytes())
            known = truth(entry, plain, directory)
            known["layout"] = layout(known, plain.data_extent()[0])
            try:
                done = toolchains.after(entry, module)
            except Missing as error:
                at = missing.setdefault(entry.after[0], (str(error), [], True))
                at[1].append(entry.name)
                continue
            path = output / f"{entry.name}.wasm"
            shutil.copyfile(module, path)
            built.append(facts(entry, versions[entry.tool], done, known, path))
        except AssertionError as error:
            raise Failed(f"{entry.name}: {error}") from error
    return built, missing


def measure(built, output):
    """Runs the modules that have an allocator inside, to see which memory it takes. Whether it
    could."""
    names = [[fact["name"], fact["heap_base"]] for fact in built if fact["allocator"]["own"]]
    if not names or not shutil.which("node"):
        return not names
    with tempfile.NamedTemporaryFile("w", suffix=".json") as listing:
        json.dump(names, listing)
        listing.flush()
        said = toolchains.run(["node", HERE / "claims.mjs", output.resolve(), listing.name])
    measured = {}
    for line in said.splitlines():
        found = json.loads(line)
        measured[found.pop("name")] = None if "error" in found else found
    for fact in built:
        fact["claims"] = measured.get(fact["name"])
    return True


def compare(built, output):
    same = 0
    for fact in built:
        name = f"{fact['name']}.wasm"
        committed = COMMITTED / name
        if not committed.exists():
            print(f"only here  {name}")
        elif committed.read_bytes() == (output / name).read_bytes():
            same += 1
            print(f"same       {name}")
        else:
            print(f"different  {name}")
    print(f"{len(built)} modules built, {same} the same as the committed ones")


def write_manifest(path, built, order):
    """One line a module, in the table's order, so that a difference reads well."""
    known = {}
    if path.exists():
        known = {fact["name"]: fact for fact in json.loads(path.read_text())}
    for fact in built:
        known[fact["name"]] = {**known.get(fact["name"], {}), **fact}
    lines = [json.dumps(known[name]) for name in order if name in known]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", metavar="DIR", type=Path)
    parser.add_argument("--only", metavar="NAME", default="")
    options = parser.parse_args()
    table = entries()
    wanted = [entry for entry in table if options.only in entry.name]
    output = options.check or COMMITTED
    output.mkdir(parents=True, exist_ok=True)
    manifest = (options.check or HERE) / MANIFEST
    if options.check:
        manifest.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        try:
            built, missing = build(wanted, Path(scratch), output)
            measured = measure(built, output)
        except Failed as error:
            sys.exit(f"error: {error}")
    write_manifest(manifest, built, [entry.name for entry in table])
    if options.check:
        compare(built, output)
    else:
        large = [entry.name for entry in wanted if entry.local]
        for name in large:
            (output / f"{name}.wasm").unlink(missing_ok=True)
        print(f"{len(built)} modules, {sum(f['bytes'] for f in built if f['committed'])} bytes")
    insist = os.environ.get(REQUIRE) == "1"
    failed = insist and not measured
    if not measured:
        print("NOT MEASURED: which memory allocators take: no node: apt-get install nodejs", file=sys.stderr)
    for name, (reason, names, required) in missing.items():
        print(f"NOT BUILT: {len(names)} modules of {name}: {reason}", file=sys.stderr)
        failed |= insist and required
    if failed:
        sys.exit(f"error: {REQUIRE}=1, and compilers are missing")


if __name__ == "__main__":
    main()
