//! wasmtime's own API.

use super::{Raw, exports, range, told};
use ::wasmtime::{Config, Engine, Instance, Linker, Memory, Module, Store, TypedFunc};
use anyhow::{Context as _, Result};

macro_rules! define {
    ($($name:ident($($arg:ident: $ty:ty),*) -> $result:ty;)*) => {
        /// An instance.
        pub(in crate::systems) struct Wasmtime {
            store: Store<()>,
            memory: Memory,
            $($name: TypedFunc<($($ty,)*), $result>,)*
        }

        impl Raw for Wasmtime {
            const NAME: &'static str = "wasmtime";

            fn load(wasm: &[u8]) -> Result<Self> {
                let engine = engine()?;
                let module = Module::from_binary(&engine, wasm).map_err(told)?;
                let mut store = Store::new(&engine, ());
                let instance: Instance = Linker::new(&engine)
                    .instantiate(&mut store, &module)
                    .map_err(told)?;
                let memory = instance.get_memory(&mut store, "memory").context("no memory")?;
                Ok(Wasmtime {
                    memory,
                    $($name: instance
                        .get_typed_func(&mut store, stringify!($name))
                        .map_err(told)?,)*
                    store,
                })
            }

            #[inline]
            fn slice(&mut self) -> &mut [u8] {
                self.memory.data_mut(&mut self.store)
            }

            #[inline]
            fn write(&mut self, at: u32, bytes: &[u8]) -> Result<()> {
                let place = self.slice().get_mut(range(at, bytes.len()));
                place.context("out of bounds")?.copy_from_slice(bytes);
                Ok(())
            }

            #[inline]
            fn read(&mut self, at: u32, len: u32) -> Result<Vec<u8>> {
                let place = self.slice().get(range(at, len as usize));
                Ok(place.context("out of bounds")?.to_vec())
            }

            $(
                #[inline]
                fn $name(&mut self, $($arg: $ty),*) -> Result<$result> {
                    self.$name.call(&mut self.store, ($($arg,)*)).map_err(told)
                }
            )*
        }
    };
}
exports!(define);

/// An engine with the settings that hostheap makes.
pub(in crate::systems) fn engine() -> Result<Engine> {
    let mut config = Config::new();
    config.wasm_gc(false).wasm_function_references(false).wasm_exceptions(false);
    Engine::new(&config).map_err(told)
}
