//! wasmer's own API.

#![allow(unsafe_code, reason = "wasmer offers plain slices through unsafe code only")]

use super::{Raw, exports};
use ::wasmer::sys::Cranelift;
use ::wasmer::{Engine, Instance, Memory, Module, Store, TypedFunction, imports};
use anyhow::Result;

macro_rules! define {
    ($($name:ident($($arg:ident: $ty:ty),*) -> $result:ty;)*) => {
        /// An instance. One parameter alone is no tuple to wasmer.
        #[allow(unused_parens, reason = "around one parameter")]
        pub(in crate::systems) struct Wasmer {
            store: Store,
            memory: Memory,
            $($name: TypedFunction<($($ty),*), $result>,)*
        }

        impl Raw for Wasmer {
            const NAME: &'static str = "wasmer";

            fn load(wasm: &[u8]) -> Result<Self> {
                let mut store = Store::new(Engine::from(Cranelift::default()));
                let module = Module::from_binary(&store, wasm)?;
                let instance = Instance::new(&mut store, &module, &imports! {})?;
                Ok(Wasmer {
                    memory: instance.exports.get_memory("memory")?.clone(),
                    $($name: instance
                        .exports
                        .get_typed_function(&store, stringify!($name))?,)*
                    store,
                })
            }

            #[inline]
            fn slice(&mut self) -> &mut [u8] {
                let view = self.memory.view(&self.store);
                let (start, len) = (view.data_ptr(), view.data_size() as usize);
                // SAFETY: the memory is live, not shared and not empty; only running the guest or
                // growing the memory could move or change it, and both need `self`.
                unsafe { std::slice::from_raw_parts_mut(start, len) }
            }

            #[inline]
            fn write(&mut self, at: u32, bytes: &[u8]) -> Result<()> {
                Ok(self.memory.view(&self.store).write(u64::from(at), bytes)?)
            }

            #[inline]
            fn read(&mut self, at: u32, len: u32) -> Result<Vec<u8>> {
                // Not copy_range_to_vec, which zeroes 40 KiB for a start.
                let mut bytes = vec![0; len as usize];
                self.memory.view(&self.store).read(u64::from(at), &mut bytes)?;
                Ok(bytes)
            }

            $(
                #[inline]
                fn $name(&mut self, $($arg: $ty),*) -> Result<$result> {
                    Ok(self.$name.call(&mut self.store, $($arg),*)?)
                }
            )*
        }
    };
}
exports!(define);
