//! A linker of our own: it lays memory out as the real ones do, so the truth is what it decided,
//! whatever the module shows of it.

use wasm_encoder::{
    CodeSection, ConstExpr, CustomSection, DataSection, EntityType, ExportKind, ExportSection,
    Function, FunctionSection, GlobalSection, GlobalType, ImportSection, Instruction,
    MemorySection, MemoryType, Module, NameMap, NameSection, RawSection, StartSection, TypeSection,
    ValType,
};

use crate::plan::{HeapBase, Lie, Memory, PAGE, Place, Plan, StackPointer, Truth};

impl Plan {
    /// The module, with these lies in it.
    pub(crate) fn link(&self, lies: &[Lie]) -> Vec<u8> {
        Linking { plan: self, truth: self.truth(), lies }.module()
    }
}

struct Linking<'a> {
    plan: &'a Plan,
    truth: Truth,
    lies: &'a [Lie],
}

/// Of the functions that the module defines: one that does nothing, and the heap base's.
const FUNCTIONS: u32 = 2;

impl Linking<'_> {
    fn lie<T>(&self, told: impl Fn(Lie) -> Option<T>) -> Option<T> {
        self.lies.iter().find_map(|&lie| told(lie))
    }

    fn memory(&self) -> MemoryType {
        let pages = self.truth.memory_bytes / PAGE;
        let pages =
            self.lie(|lie| if let Lie::Pages(n) = lie { Some(n) } else { None }).unwrap_or(pages);
        MemoryType {
            minimum: pages.into(),
            maximum: self.plan.growth.map(|growth| (pages + growth).into()),
            memory64: false,
            shared: false,
            page_size_log2: None,
        }
    }

    fn heap_base(&self) -> i32 {
        let lie = self.lie(|lie| if let Lie::HeapBase(at) = lie { Some(at) } else { None });
        lie.unwrap_or(self.truth.heap_base).cast_signed()
    }

    /// How it is shown: a lie about it must be.
    fn heap_base_shown(&self) -> HeapBase {
        let mutable = self.lies.iter().any(|lie| matches!(lie, Lie::MutableHeapBase));
        let told = self.lies.iter().any(|lie| matches!(lie, Lie::HeapBase(_)));
        match self.plan.heap_base {
            _ if mutable => HeapBase::Global,
            HeapBase::Hidden if told => HeapBase::Global,
            shown => shown,
        }
    }

    /// Index of the stack pointer's global: after an imported one.
    fn stack_pointer(&self) -> u32 {
        1 + self.plan.more.before.len() as u32
    }

    fn has_stack_pointer(&self) -> bool {
        self.plan.stack_pointer != StackPointer::Dropped
    }

    /// Globals other than the heap base's and the data end's.
    fn globals(&self) -> u32 {
        let more = &self.plan.more;
        1 + u32::from(self.has_stack_pointer()) + (more.before.len() + more.after.len()) as u32
    }

    fn module(&self) -> Vec<u8> {
        let (plan, more) = (self.plan, &self.plan.more);
        let mut module = Module::new();
        if let Some(len) = more.custom {
            let data = vec![0x55; len].into();
            module.section(&CustomSection { name: "padding".into(), data });
        }
        let mut types = TypeSection::new();
        types.ty().function([], []);
        types.ty().function([], [ValType::I32]);
        module.section(&types);

        let mut imports = ImportSection::new();
        for n in 0..more.imported_functions {
            imports.import("env", &format!("f{n}"), EntityType::Function(0));
        }
        let immutable = |mutable| GlobalType { val_type: ValType::I32, mutable, shared: false };
        imports.import("env", "__memory_base", EntityType::Global(immutable(false)));
        if plan.memory == Memory::Imported {
            imports.import("env", "memory", EntityType::Memory(self.memory()));
        }
        module.section(&imports);
        module.section(FunctionSection::new().function(0).function(1));
        if plan.memory != Memory::Imported {
            module.section(MemorySection::new().memory(self.memory()));
        }
        self.globals_and_exports(&mut module);
        if more.start {
            module.section(&StartSection { function_index: more.imported_functions });
        }
        let data = self.data();
        self.code(&mut module);
        module.section(&data);
        self.names(&mut module);
        module.finish()
    }

    fn globals_and_exports(&self, module: &mut Module) {
        let (plan, more) = (self.plan, &self.plan.more);
        let ty = |mutable| GlobalType { val_type: ValType::I32, mutable, shared: false };
        let number = ConstExpr::i32_const;
        let mut globals = GlobalSection::new();
        let mut exports = ExportSection::new();
        for other in &more.before {
            globals.global(ty(other.mutable), &number(other.value));
        }
        if self.has_stack_pointer() {
            let lie = self.lie(|lie| if let Lie::StackPointer(at) = lie { Some(at) } else { None });
            let value = lie.unwrap_or(self.truth.stack_pointer).cast_signed();
            let mutable = !self.lies.iter().any(|lie| matches!(lie, Lie::Immutable));
            globals.global(ty(mutable), &number(value));
        }
        for other in &more.after {
            globals.global(ty(other.mutable), &number(other.value));
        }
        let mut next = self.globals();

        let of = self.lie(|lie| if let Lie::ExportOf(n) = lie { Some(n) } else { None });
        let shown = matches!(plan.stack_pointer, StackPointer::Exported | StackPointer::Both);
        if let Some(n) = of {
            exports.export("__stack_pointer", ExportKind::Global, n % self.globals());
        } else if shown {
            exports.export("__stack_pointer", ExportKind::Global, self.stack_pointer());
        }
        if plan.memory == Memory::Exported {
            exports.export("memory", ExportKind::Memory, 0);
        }
        let lie = self.lie(|lie| if let Lie::DataEnd(at) = lie { Some(at) } else { None });
        if more.data_end || lie.is_some() {
            let value = lie.unwrap_or(self.truth.static_end).cast_signed();
            globals.global(ty(false), &number(value));
            exports.export("__data_end", ExportKind::Global, next);
            next += 1;
        }
        let function = more.imported_functions + 1;
        match self.heap_base_shown() {
            HeapBase::Hidden => {}
            HeapBase::Global => {
                let mutable = self.lies.iter().any(|lie| matches!(lie, Lie::MutableHeapBase));
                globals.global(ty(mutable), &number(self.heap_base()));
                exports.export("__heap_base", ExportKind::Global, next);
            }
            HeapBase::GlobalOfGlobal => {
                globals.global(ty(false), &number(self.heap_base()));
                globals.global(ty(false), &ConstExpr::global_get(next));
                exports.export("__heap_base", ExportKind::Global, next + 1);
            }
            HeapBase::Function(name) => _ = exports.export(name, ExportKind::Func, function),
            HeapBase::SlowFunction | HeapBase::Computed => {
                exports.export("heap_base", ExportKind::Func, function);
            }
        }
        exports.export("run", ExportKind::Func, more.imported_functions);
        module.section(&globals).section(&exports);
    }

    fn code(&self, module: &mut Module) {
        let mut nothing = Function::new([]);
        nothing.instruction(&Instruction::End);
        let value = Instruction::I32Const(self.heap_base());
        let slow = self.plan.heap_base == HeapBase::SlowFunction;
        let mut base = Function::new([(u32::from(slow), ValType::I32)]);
        match self.plan.heap_base {
            HeapBase::SlowFunction => {
                base.instruction(&value).instruction(&Instruction::LocalSet(0));
                base.instruction(&Instruction::LocalGet(0)).instruction(&Instruction::Return);
            }
            HeapBase::Computed => _ = base.instruction(&Instruction::MemorySize(0)),
            _ => _ = base.instruction(&value),
        }
        base.instruction(&Instruction::End);
        module.section(CodeSection::new().function(&nothing).function(&base));
    }

    fn data(&self) -> DataSection {
        let mut section = DataSection::new();
        let (starts, _) = self.plan.places();
        for (segment, start) in self.plan.segments.iter().zip(starts) {
            let bytes = vec![0xdd; segment.len as usize];
            let start = start.cast_signed();
            let offset = match segment.place {
                Place::Passive => {
                    section.passive(bytes);
                    continue;
                }
                Place::Number => ConstExpr::i32_const(start),
                Place::Sum => ConstExpr::i32_const(start - 7).with_i32_const(7).with_i32_add(),
                Place::ImportedGlobal => {
                    ConstExpr::global_get(0).with_i32_const(start).with_i32_add()
                }
            };
            section.active(0, &offset, bytes);
        }
        for lie in self.lies {
            if let Lie::Segment { at, len } = *lie {
                let bytes = vec![0xdd; len as usize];
                section.active(0, &ConstExpr::i32_const(at.cast_signed()), bytes);
            }
        }
        section
    }

    fn names(&self, module: &mut Module) {
        let (plan, more) = (self.plan, &self.plan.more);
        let named = matches!(plan.stack_pointer, StackPointer::Named | StackPointer::Both);
        let mut stack_pointers = Vec::new();
        for lie in self.lies {
            match *lie {
                Lie::NameOf(n) => stack_pointers.push(n % self.globals()),
                Lie::SecondName(n) => {
                    stack_pointers.extend([self.stack_pointer(), n % self.globals()]);
                }
                _ => {}
            }
        }
        if stack_pointers.is_empty() && named {
            stack_pointers.push(self.stack_pointer());
        }
        if !more.names && stack_pointers.is_empty() {
            return;
        }
        let mut names = NameSection::new();
        if more.names {
            names.module("plugin");
            let mut functions = NameMap::new();
            for n in 0..more.imported_functions + FUNCTIONS {
                functions.append(n, &format!("function {n}"));
            }
            names.functions(&functions);
        }
        let mut globals: Vec<(u32, &str)> = Vec::new();
        globals.extend(stack_pointers.into_iter().map(|n| (n, "__stack_pointer")));
        if more.names {
            let before = more.before.iter().zip(1..);
            let after = more.after.iter().zip(self.globals() - more.after.len() as u32..);
            let others = before.chain(after).map(|(other, n)| (n, other.name));
            globals.extend(others.filter(|(_, name)| !name.is_empty()));
        }
        globals.sort_by_key(|(n, _)| *n);
        let mut map = NameMap::new();
        globals.iter().for_each(|(n, name)| map.append(*n, name));
        names.globals(&map);
        module.section(&names);
    }
}

/// The sections of a module, with their numbers; what cannot be read is left out.
pub(crate) fn sections(wasm: &[u8]) -> Vec<(u8, &[u8])> {
    let payloads = wasmparser::Parser::new(0).parse_all(wasm).map_while(Result::ok);
    let found = payloads.filter_map(|payload| payload.as_section());
    // A section's stated length may be a lie.
    found.filter_map(|(id, range)| Some((id, wasm.get(range)?))).collect()
}

/// A module of these sections, in any order.
pub(crate) fn of_sections(sections: &[(u8, &[u8])]) -> Vec<u8> {
    let mut module = Module::new();
    for &(id, data) in sections {
        module.section(&RawSection { id, data });
    }
    module.finish()
}
