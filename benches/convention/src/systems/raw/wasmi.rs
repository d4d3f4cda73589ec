//! wasmi's own API.

use super::{Raw, exports, range, told};
use ::wasmi::{Config, Engine, Instance, Linker, Memory, Module, Store, TypedFunc};
use anyhow::{Context as _, Result};

macro_rules! define {
    ($($name:ident($($arg:ident: $ty:ty),*) -> $result:ty;)*) => {
        /// An instance.
        pub(in crate::systems) struct Wasmi {
            store: Store<()>,
            memory: Memory,
            $($name: TypedFunc<($($ty,)*), $result>,)*
        }

        impl Raw for Wasmi {
            const NAME: &'static str = "wasmi";

            fn load(wasm: &[u8]) -> Result<Self> {
                let engine = engine();
                let module = Module::new(&engine, wasm).map_err(told)?;
                let mut store = Store::new(&engine, ());
                let instance: Instance = Linker::new(&engine)
                    .instantiate_and_start(&mut store, &module)
                    .map_err(told)?;
                let memory = instance.get_memory(&mut store, "memory").context("no memory")?;
                Ok(Wasmi {
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
fn engine() -> Engine {
    const STACK: usize = 1_000_000;
    let mut config = Config::default();
    config.set_min_stack_height(1_000);
    config.set_max_stack_height(STACK);
    config.set_max_recursion_depth(STACK / 32);
    Engine::new(&config)
}
