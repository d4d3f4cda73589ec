"""Reads from a module what the corpus wants to know of it. A reader of its own on purpose: what it
finds is held against what hostheap's finds."""

import re
import subprocess

SECTIONS = {1: "type", 2: "import", 3: "function", 4: "table", 5: "memory", 6: "global",
            7: "export", 8: "start", 9: "element", 10: "code", 11: "data", 12: "data count"}
KINDS = ["func", "table", "memory", "global", "tag"]
VALUE_TYPES = {0x7F: "i32", 0x7E: "i64", 0x7D: "f32", 0x7C: "f64", 0x7B: "v128"}
PASSIVE = 1
I32_CONST, GLOBAL_GET, END = 0x41, 0x23, 0x0B
I32_ADD = 0x6A


class Bytes:
    def __init__(self, data):
        self.data, self.at = data, 0

    def byte(self):
        self.at += 1
        return self.data[self.at - 1]

    def take(self, count):
        assert self.at + count <= len(self.data), "the module ends too early"
        self.at += count
        return self.data[self.at - count:self.at]

    def u(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def s(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value - (1 << shift) if byte & 0x40 else value

    def name(self):
        return self.take(self.u()).decode()

    def limits(self):
        flags = self.byte()
        low = self.u()
        return {"min": low, "max": self.u() if flags & 1 else None,
                "shared": bool(flags & 2), "memory64": bool(flags & 4)}


class Module:
    """What `parse` found: imports, exports, globals, memory, segments, names, producers."""

    def __init__(self, data):
        assert data[:8] == b"\0asm\1\0\0\0", "not a module"
        self.size = len(data)
        self.imports, self.exports, self.globals = [], [], []
        self.memory, self.start = None, None
        # (start or None if passive or unknown, bytes)
        self.segments = []
        self.function_names = False
        self.global_names, self.producers = {}, {}
        reader = Bytes(data)
        reader.at = 8
        while reader.at < len(data):
            kind = reader.byte()
            body = Bytes(reader.take(reader.u()))
            if kind == 0:
                self.custom(body)
            elif kind in SECTIONS:
                getattr(self, SECTIONS[kind].replace(" ", "_") + "_section", lambda _: None)(body)

    def import_section(self, body):
        for _ in range(body.u()):
            module, name, kind = body.name(), body.name(), KINDS[body.byte()]
            self.imports.append((module, name, kind))
            if kind == "func":
                body.u()
            elif kind == "table":
                body.byte()
                body.limits()
            elif kind == "memory":
                self.memory = body.limits() | {"imported": True}
            elif kind == "global":
                self.globals.append({"type": VALUE_TYPES.get(body.byte(), "ref"),
                                     "mutable": body.byte() == 1, "value": None})
            else:
                body.byte()
                body.u()

    def memory_section(self, body):
        if body.u():
            self.memory = body.limits() | {"imported": False}

    def global_section(self, body):
        for _ in range(body.u()):
            kind = VALUE_TYPES.get(body.byte(), "ref")
            mutable = body.byte() == 1
            self.globals.append({"type": kind, "mutable": mutable, "value": self.constant(body)})

    def export_section(self, body):
        for _ in range(body.u()):
            self.exports.append((body.name(), KINDS[body.byte()], body.u()))

    def start_section(self, body):
        self.start = body.u()

    def data_section(self, body):
        for _ in range(body.u()):
            flags = body.u()
            if flags == 2:
                body.u()
            start = None if flags & PASSIVE else self.constant(body)
            self.segments.append((start, body.take(body.u())))

    def constant(self, body):
        """The value of a constant expression of i32 constants, additions and globals."""
        stack = []
        while True:
            op = body.byte()
            if op == END:
                return stack[-1] if stack else None
            if op == I32_CONST:
                stack.append(body.s() & 0xFFFFFFFF)
            elif op == GLOBAL_GET:
                index = body.u()
                entry = self.globals[index]
                stack.append(None if entry["mutable"] else entry["value"])
            elif op == I32_ADD:
                right, left = stack.pop(), stack.pop()
                known = left is not None and right is not None
                stack.append((left + right) & 0xFFFFFFFF if known else None)
            elif op == 0x42:  # i64.const
                body.s()
                stack.append(None)
            elif op in (0x43, 0x44):  # f32.const, f64.const
                body.take(4 if op == 0x43 else 8)
                stack.append(None)
            elif op in (0xD0, 0xD2):  # ref.null, ref.func
                body.s()
                stack.append(None)
            else:
                raise ValueError(f"constant expression with opcode {op:#x}")

    def custom(self, body):
        section = body.name()
        if section == "name":
            while body.at < len(body.data):
                kind, sub = body.byte(), Bytes(body.take(body.u()))
                if kind == 1:
                    self.function_names = sub.u() > 0
                elif kind == 7:
                    for _ in range(sub.u()):
                        index = sub.u()
                        self.global_names[index] = sub.name()
        elif section == "producers":
            for _ in range(body.u()):
                field = body.name()
                self.producers[field] = [[body.name(), body.name()] for _ in range(body.u())]

    def exported(self, name, kind):
        return next((index for n, k, index in self.exports if (n, k) == (name, kind)), None)

    def exported_value(self, name):
        """The initial value of an exported global."""
        index = self.exported(name, "global")
        return None if index is None else self.globals[index]["value"]

    def stack_pointer(self):
        """Its initial value if an export or the name section tells which global it is."""
        value = self.exported_value("__stack_pointer")
        if value is not None:
            return value
        named = [i for i, name in self.global_names.items() if name == "__stack_pointer"]
        return self.globals[named[0]]["value"] if len(named) == 1 else None

    def data_extent(self):
        """Start and end of the active segments that hold anything, and whether that is all."""
        known = [(start, start + len(data)) for start, data in self.segments
                 if start is not None and data]
        whole = all(start is not None for start, _ in self.segments)
        if not known:
            return None, whole
        return [min(start for start, _ in known), max(end for _, end in known)], whole


def disassembly(path):
    """wabt's, which knows nothing of hostheap either."""
    run = subprocess.run(["wasm-objdump", "-d", str(path)], capture_output=True, text=True)
    assert run.returncode == 0, f"wasm-objdump {path}: {run.stderr}"
    return run.stdout


def returned_constant(module, text, function):
    """What a function returns whose first instruction is a constant, or a global that is one."""
    body = re.search(rf"func\[{function}\][^\n]*:\n((?: [^\n]*\n)*)", text)
    found = re.search(r"\| (i32\.const|global\.get) (-?\d+)", body.group(1)) if body else None
    if found is None:
        return None
    if found.group(1) == "i32.const":
        return int(found.group(2)) & 0xFFFFFFFF
    entry = module.globals[int(found.group(2))]
    return None if entry["mutable"] else entry["value"]
