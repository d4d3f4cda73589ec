//! wasm_runtime_layer, on its wasmtime backend: by hand through an interface for several runtimes.

use super::raw::unpack;
use super::raw::wasmtime::engine;
use super::{BY_HAND, System, to_bytes, to_numbers, to_string};
use anyhow::{Context as _, Result, bail, ensure};
use wasm_runtime_layer::{Engine, Func, Imports, Instance, Memory, Module, Store, Val};

type Backend = wasmtime_runtime_layer::Engine;

/// The plugin that exports its malloc.
pub(super) struct Layer {
    store: Store<(), Backend>,
    memory: Memory,
    malloc: Func,
    free: Func,
    nothing: Func,
    greet: Func,
    twice: Func,
    strings: Func,
    pass: Func,
    fetch: Func,
    sum: Func,
    reverse: Func,
}

/// An exported function.
fn export(instance: &Instance, store: &Store<(), Backend>, name: &str) -> Result<Func> {
    let found = instance.get_export(store, name).context("no such export")?;
    found.into_func().context("no function")
}

/// Calls a function that returns an `i32`.
macro_rules! small {
    ($this:ident.$func:ident($($arg:expr),*)) => {{
        let mut out = [Val::I32(0)];
        $this.$func.call(&mut $this.store, &[$(Val::I32($arg as i32)),*], &mut out)?;
        match out {
            [Val::I32(value)] => value.cast_unsigned(),
            _ => bail!("another type of result"),
        }
    }};
}

/// Calls a function that returns an `i64`.
macro_rules! large {
    ($this:ident.$func:ident($($arg:expr),*)) => {{
        let mut out = [Val::I64(0)];
        $this.$func.call(&mut $this.store, &[$(Val::I32($arg as i32)),*], &mut out)?;
        match out {
            [Val::I64(value)] => value.cast_unsigned(),
            _ => bail!("another type of result"),
        }
    }};
}

impl Layer {
    /// A running plugin and its functions.
    pub(super) fn new() -> Result<Self> {
        let engine = Engine::new(Backend::new(engine()?));
        let mut store = Store::new(&engine, ());
        let module = Module::new(&engine, BY_HAND)?;
        let instance = Instance::new(&mut store, &module, &Imports::default())?;
        export(&instance, &store, "_initialize")?.call(&mut store, &[], &mut [])?;
        let func = |name: &str| export(&instance, &store, name);
        let memory = instance.get_export(&store, "memory").context("no memory")?;
        Ok(Layer {
            memory: memory.into_memory().context("no memory")?,
            malloc: func("malloc")?,
            free: func("free")?,
            nothing: func("nothing")?,
            greet: func("greet")?,
            twice: func("twice")?,
            strings: func("strings")?,
            pass: func("pass")?,
            fetch: func("fetch")?,
            sum: func("sum")?,
            reverse: func("reverse")?,
            store,
        })
    }

    #[inline]
    fn malloc(&mut self, size: usize) -> Result<u32> {
        let block = small!(self.malloc(size));
        ensure!(block != 0 || size == 0, "the plugin has no memory");
        Ok(block)
    }

    #[inline]
    fn free(&mut self, block: u32) -> Result<()> {
        self.free.call(&mut self.store, &[Val::I32(block.cast_signed())], &mut [])
    }

    #[inline]
    fn write(&mut self, at: u32, bytes: &[u8]) -> Result<()> {
        self.memory.write(&mut self.store, at as usize, bytes)
    }

    /// Places bytes in a block of their own.
    #[inline]
    fn put(&mut self, bytes: &[u8]) -> Result<u32> {
        let block = self.malloc(bytes.len())?;
        self.write(block, bytes)?;
        Ok(block)
    }

    /// Copies a block out and frees it.
    #[inline]
    fn take(&mut self, packed: u64) -> Result<Vec<u8>> {
        let (at, len) = unpack(packed);
        let mut bytes = vec![0; len as usize];
        self.memory.read(&self.store, at as usize, &mut bytes)?;
        self.free(at)?;
        Ok(bytes)
    }
}

impl System for Layer {
    #[inline]
    fn nothing(&mut self) -> Result<()> {
        self.nothing.call(&mut self.store, &[], &mut [])
    }

    #[inline]
    fn greet(&mut self, name: &str) -> Result<String> {
        let block = self.put(name.as_bytes())?;
        let packed = large!(self.greet(block, name.len()));
        self.free(block)?;
        to_string(self.take(packed)?)
    }

    #[inline]
    fn twice(&mut self, numbers: &[f64; 8]) -> Result<[f64; 8]> {
        let block = self.malloc(128)?;
        self.write(block, &to_bytes(numbers))?;
        let arguments = [block + 64, block].map(|at| Val::I32(at.cast_signed()));
        self.twice.call(&mut self.store, &arguments, &mut [])?;
        let mut bytes = [0; 64];
        self.memory.read(&self.store, block as usize + 64, &mut bytes)?;
        self.free(block)?;
        to_numbers(&bytes)
    }

    #[inline]
    fn strings(&mut self, strings: &[&str]) -> Result<u64> {
        // One block for everything: the array, and behind it the strings.
        let array = strings.len() * 8;
        let block = self.malloc(array + strings.iter().map(|it| it.len()).sum::<usize>())?;
        let mut at = block + array as u32;
        let mut pieces = Vec::with_capacity(array);
        for string in strings {
            self.write(at, string.as_bytes())?;
            pieces.extend_from_slice(&at.to_le_bytes());
            pieces.extend_from_slice(&(string.len() as u32).to_le_bytes());
            at += string.len() as u32;
        }
        self.write(block, &pieces)?;
        let total = large!(self.strings(block, strings.len()));
        self.free(block)?;
        Ok(total)
    }

    #[inline]
    fn pass(&mut self, bytes: &[u8]) -> Result<u32> {
        let block = self.put(bytes)?;
        let first = small!(self.pass(block, bytes.len()));
        self.free(block)?;
        Ok(first)
    }

    #[inline]
    fn fetch(&mut self, len: u32) -> Result<Vec<u8>> {
        let packed = large!(self.fetch(len));
        self.take(packed)
    }

    #[inline]
    fn sum(&mut self, bytes: &[u8]) -> Result<u64> {
        let block = self.put(bytes)?;
        let sum = large!(self.sum(block, bytes.len()));
        self.free(block)?;
        Ok(sum)
    }

    #[inline]
    fn reverse(&mut self, bytes: &[u8]) -> Result<Vec<u8>> {
        let block = self.put(bytes)?;
        let packed = large!(self.reverse(block, bytes.len()));
        self.free(block)?;
        self.take(packed)
    }
}
