//! Host functions that speak the convention.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::marker::PhantomData;

use super::flat::Flat;
use super::lift::{Parameters, Returned};
use super::results::{pair_types, prototypes};
use crate::allocate;
use crate::context::Context;
use crate::error::{Error, LinkError, Result};
use crate::import::{HostFn, Import};
use crate::plugin::{Guest, State};
use crate::runtime::Runtime;
use crate::types::{WasmTypes, func_type};
use crate::value::FuncType;

/// What a host function's closure may return: a [`ToGuest`] value, or a `Result` of one.
///
/// The error may be this crate's [`Error`], `anyhow::Error`, any other error type, or a string; it
/// becomes a trap in the plugin and comes out of the guest call as itself.
pub trait Outcome {
    /// The value on success.
    type Value;
    /// As this crate's `Result`.
    ///
    /// # Errors
    ///
    /// The closure's.
    fn outcome(self) -> Result<Self::Value>;
}

impl<V: Plain> Outcome for V {
    type Value = V;
    #[inline]
    fn outcome(self) -> Result<V> {
        Ok(self)
    }
}

impl<V: Plain, E> Outcome for Result<V, E>
where
    E: Into<Box<dyn core::error::Error + Send + Sync + 'static>> + 'static,
{
    type Value = V;
    #[inline]
    fn outcome(self) -> Result<V> {
        self.map_err(Error::from_closure)
    }
}

/// Marks the types that are values and not `Result`s, for the two impls above.
#[diagnostic::on_unimplemented(
    message = "a host function cannot return `{Self}` to a plugin",
    note = "return `()`, integers, floats, `bool`, `char`, `&'static str`, `String`, `Vec<u8>`, \
            or a `Result` of one of these"
)]
pub trait Plain {}

/// A host value that a host function with flat parameters `P` can return to a plugin.
///
/// | host type | the plugin's C result |
/// |---|---|
/// | `()`, integers, floats, `bool`, `char` | the same |
/// | `String`, `&'static str`, `Cow<'static, str>`, `Vec<u8>` | pointer and length, in the shape that the plugin's import declares; the plugin frees the block |
pub trait ToGuest<B: Runtime, T: Send + 'static, P>: Plain + Sized {
    /// Registers `f` in the shape that `ty` asks for.
    ///
    /// # Errors
    ///
    /// [`LinkError::ImportSignature`] if `ty` is no shape of this value, and those of
    /// [`Import::import`].
    fn define<F>(
        linker: &mut B::Linker<State<B, T>>,
        import: ImportName<'_>,
        ty: &FuncType,
        f: F,
    ) -> Result<()>
    where
        F: Fn(&mut Guest<'_, B, T>, P) -> Result<Self> + Send + Sync + 'static;
}

/// The name of an import, and its C parameters for messages.
#[derive(Clone, Copy)]
pub struct ImportName<'a> {
    pub(crate) module: &'a str,
    pub(crate) name: &'a str,
    pub(crate) c_params: fn() -> Vec<&'static str>,
}

impl core::fmt::Debug for ImportName<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}.{}", self.module, self.name)
    }
}

impl ImportName<'_> {
    fn wrong_type(self, found: &FuncType, accepted: Vec<(FuncType, &'static str)>) -> LinkError {
        LinkError::ImportSignature {
            module: self.module.into(),
            name: self.name.into(),
            found: found.clone(),
            accepted: prototypes(self.name, accepted, (self.c_params)()),
        }
    }
}

/// A closure over flat values as a raw host function: `L` lowers its result.
struct Raw<F, L, V> {
    f: F,
    lower: L,
    value: PhantomData<fn() -> V>,
}

impl<B, T, P, R, V, F, L> HostFn<B, State<B, T>, P, R> for Raw<F, L, V>
where
    B: Runtime,
    T: Send + 'static,
    V: 'static,
    F: Fn(&mut Guest<'_, B, T>, P) -> Result<V> + Send + Sync + 'static,
    L: Fn(&mut Guest<'_, B, T>, V) -> Result<R> + Send + Sync + 'static,
{
    #[inline]
    fn call(&self, cx: B::Context<'_, State<B, T>>, params: P) -> Result<R> {
        let mut guest = Guest::new(cx);
        let value = (self.f)(&mut guest, params)?;
        (self.lower)(&mut guest, value)
    }
}

/// The same for a struct return, whose pointer comes in front of the parameters `P`.
struct StructReturn<P, F, V> {
    f: F,
    signature: PhantomData<fn(P) -> V>,
}

impl<B, T, P, V, F> HostFn<B, State<B, T>, P::WithOut, ()> for StructReturn<P, F, V>
where
    B: Runtime,
    T: Send + 'static,
    P: Flat,
    V: AsRef<[u8]> + 'static,
    F: Fn(&mut Guest<'_, B, T>, P) -> Result<V> + Send + Sync + 'static,
{
    #[inline]
    fn call(&self, cx: B::Context<'_, State<B, T>>, params: P::WithOut) -> Result<()> {
        let mut guest = Guest::<B, T>::new(cx);
        let (out, params) = P::without_out(params);
        let out = out.cast_unsigned();
        // Before the host function runs, so that a wild pointer has no effect at all.
        guest.context().bytes(out, 8)?;
        let value = (self.f)(&mut guest, params)?;
        let Returned { offset, len } = give(&mut guest, value.as_ref())?;
        let mut pair = [0; 8];
        pair[..4].copy_from_slice(&offset.to_le_bytes());
        pair[4..].copy_from_slice(&len.to_le_bytes());
        guest.context().write(out, &pair)
    }
}

/// Copies bytes to a new block, which is the plugin's from now on.
fn give<B: Runtime, T: Send + 'static>(
    guest: &mut Guest<'_, B, T>,
    bytes: &[u8],
) -> Result<Returned> {
    let too_large = super::ConventionError::ArgumentsTooLarge { bytes: bytes.len() as u64 };
    let len = u32::try_from(bytes.len()).map_err(|_| too_large)?;
    let cx = guest.context();
    let offset = allocate::malloc(cx, len)?;
    cx.write(offset, bytes)?;
    Ok(Returned { offset, len })
}

macro_rules! scalar {
    ($($host:ty => $wasm:ty as $c:literal = |$v:ident| $lower:expr;)*) => {
        $(impl Plain for $host {}
        impl<B, T, P> ToGuest<B, T, P> for $host
        where
            T: Send + 'static,
            P: WasmTypes,
            B: Import<P, $wasm>,
        {
            fn define<F>(
                linker: &mut B::Linker<State<B, T>>,
                import: ImportName<'_>,
                ty: &FuncType,
                f: F,
            ) -> Result<()>
            where
                F: Fn(&mut Guest<'_, B, T>, P) -> Result<Self> + Send + Sync + 'static,
            {
                let mine = func_type::<P, $wasm>();
                if *ty != mine {
                    return Err(import.wrong_type(ty, Vec::from([(mine, $c)])).into());
                }
                let lower = |_: &mut Guest<'_, B, T>, $v: $host| -> Result<$wasm> { Ok($lower) };
                let raw = Raw { f, lower, value: PhantomData };
                <B as Import<P, $wasm>>::import(linker, import.module, import.name, raw)
            }
        })*
    };
}
scalar! {
    () => () as "void" = |v| v;
    i8 => i32 as "int8_t" = |v| i32::from(v);
    u8 => i32 as "uint8_t" = |v| i32::from(v);
    i16 => i32 as "int16_t" = |v| i32::from(v);
    u16 => i32 as "uint16_t" = |v| i32::from(v);
    i32 => i32 as "int32_t" = |v| v;
    u32 => i32 as "uint32_t" = |v| v.cast_signed();
    i64 => i64 as "int64_t" = |v| v;
    u64 => i64 as "uint64_t" = |v| v.cast_signed();
    f32 => f32 as "float" = |v| v;
    f64 => f64 as "double" = |v| v;
    bool => i32 as "bool" = |v| i32::from(v);
    char => i32 as "uint32_t" = |v| u32::from(v).cast_signed();
}

macro_rules! pair {
    ($($host:ty = |$v:ident| $bytes:expr;)*) => {
        $(impl Plain for $host {}
        impl<B, T, P> ToGuest<B, T, P> for $host
        where
            T: Send + 'static,
            P: Flat,
            B: Import<P, i64> + Import<P, (i32, i32)> + Import<P::WithOut, ()>,
        {
            fn define<F>(
                linker: &mut B::Linker<State<B, T>>,
                import: ImportName<'_>,
                ty: &FuncType,
                f: F,
            ) -> Result<()>
            where
                F: Fn(&mut Guest<'_, B, T>, P) -> Result<Self> + Send + Sync + 'static,
            {
                define_pair::<B, T, P, _, _>(linker, import, ty, move |guest, params| {
                    f(guest, params).map(Bytes)
                })
            }
        }
        impl AsRef<[u8]> for Bytes<$host> {
            fn as_ref(&self) -> &[u8] {
                let $v = &self.0;
                $bytes
            }
        })*
    };
}
pair! {
    Vec<u8> = |v| v;
    String = |v| v.as_bytes();
    &'static [u8] = |v| v;
    &'static str = |v| v.as_bytes();
    Cow<'static, str> = |v| v.as_bytes();
}

/// Text and bytes alike, as bytes.
struct Bytes<V>(V);

fn define_pair<B, T, P, V, F>(
    linker: &mut B::Linker<State<B, T>>,
    import: ImportName<'_>,
    ty: &FuncType,
    f: F,
) -> Result<()>
where
    B: Import<P, i64> + Import<P, (i32, i32)> + Import<P::WithOut, ()>,
    T: Send + 'static,
    P: Flat,
    V: AsRef<[u8]> + 'static,
    F: Fn(&mut Guest<'_, B, T>, P) -> Result<V> + Send + Sync + 'static,
{
    let ImportName { module, name, .. } = import;
    if *ty == func_type::<P, i64>() {
        let lower = |guest: &mut Guest<'_, B, T>, v: V| Ok(give(guest, v.as_ref())?.to_packed());
        let raw = Raw { f, lower, value: PhantomData };
        <B as Import<P, i64>>::import(linker, module, name, raw)
    } else if *ty == func_type::<P, (i32, i32)>() {
        let lower = |guest: &mut Guest<'_, B, T>, v: V| {
            let Returned { offset, len } = give(guest, v.as_ref())?;
            Ok((offset.cast_signed(), len.cast_signed()))
        };
        let raw = Raw { f, lower, value: PhantomData };
        <B as Import<P, (i32, i32)>>::import(linker, module, name, raw)
    } else if *ty == func_type::<P::WithOut, ()>() {
        let raw = StructReturn { f, signature: PhantomData::<fn(P) -> V> };
        <B as Import<P::WithOut, ()>>::import(linker, module, name, raw)
    } else {
        Err(import.wrong_type(ty, pair_types::<P>()).into())
    }
}

/// A closure that the convention can offer to plugins with user state `T` on backend `B`.
///
/// Implemented for `Fn(&mut Guest<'_, B, T>, A1, …, An) -> R` with [`Lift`](super::Lift)
/// parameters and an [`Outcome`] of a [`ToGuest`] value.
#[diagnostic::on_unimplemented(
    message = "this closure cannot be a host function",
    note = "write `|guest: &mut Guest<'_, T>, a: A, …| -> R`, with `T` the state of the linker",
    note = "parameters: integers, floats, `bool`, `char`, `String`, `Vec<u8>`, `GuestStr`, \
            `GuestBytes`; results: the same without the last two, or a `Result` of them"
)]
pub trait HostFunction<B: Runtime, T: Send + 'static, A, R>: Send + Sync + 'static {
    /// Registers it under a name, in the shape that the importing module declares.
    ///
    /// # Errors
    ///
    /// [`LinkError::ImportSignature`], [`LinkError::DuplicateImport`].
    fn define(
        self: Arc<Self>,
        linker: &mut B::Linker<State<B, T>>,
        module: &str,
        name: &str,
        ty: &FuncType,
    ) -> Result<()>;
}

macro_rules! host_function {
    ($($A:ident)*) => {
        impl<B, T, F, R, $($A),*> HostFunction<B, T, ($($A,)*), R> for F
        where
            B: Runtime,
            T: Send + 'static,
            ($($A,)*): Parameters,
            R: Outcome<Value: ToGuest<B, T, <($($A,)*) as Parameters>::Flat>>,
            F: for<'g, 'a> Fn(&'g mut Guest<'a, B, T>, $($A),*) -> R + Send + Sync + 'static,
        {
            fn define(
                self: Arc<Self>,
                linker: &mut B::Linker<State<B, T>>,
                module: &str,
                name: &str,
                ty: &FuncType,
            ) -> Result<()> {
                let c_params = <($($A,)*) as Parameters>::c_params;
                let import = ImportName { module, name, c_params };
                R::Value::define(linker, import, ty, move |guest: &mut Guest<'_, B, T>, flat| {
                    #[allow(non_snake_case, reason = "type names double as value names")]
                    let ($($A,)*) = <($($A,)*) as Parameters>::lift(flat, guest.context())?;
                    self(guest, $($A),*).outcome()
                })
            }
        }
    };
}
host_function!();
host_function!(A1);
host_function!(A1 A2);
host_function!(A1 A2 A3);
host_function!(A1 A2 A3 A4);
host_function!(A1 A2 A3 A4 A5);
host_function!(A1 A2 A3 A4 A5 A6);
host_function!(A1 A2 A3 A4 A5 A6 A7);
host_function!(A1 A2 A3 A4 A5 A6 A7 A8);
host_function!(A1 A2 A3 A4 A5 A6 A7 A8 A9);
host_function!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10);
host_function!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11);
host_function!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12);
