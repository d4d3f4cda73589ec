//! Results of a plugin's functions, in each shape that C compilers give them.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::flat::Flat;
use super::lift::{LiftLimits, Returned, take, text, to_char};
use crate::allocate::HasHeap;
use crate::context::Context;
use crate::error::{LinkError, Result};
use crate::export::Export;
use crate::runtime::Runtime;
use crate::types::{WasmTypes, func_type};
use crate::value::FuncType;

/// A host value that can be the result of a plugin's function with flat parameters `P`.
///
/// | host type | wasm results | the plugin's C result |
/// |---|---|---|
/// | `()` | none | `void` |
/// | integers, floats, `bool`, `char` | one | the same |
/// | `String`, `Vec<u8>` | `i64` | `uint64_t`: pointer in the high half, length in the low |
/// | | none, and an `i32` parameter in front | `struct { const char *ptr; size_t len; }` |
/// | | `i32, i32` | the same struct, by clang's multi-value ABI |
///
/// The three shapes of pointer and length are told apart by the export's own type.
#[diagnostic::on_unimplemented(
    message = "a plugin's function cannot return `{Self}` on this runtime",
    note = "return `()`, integers, floats, `bool`, `char`, `String` or `Vec<u8>`"
)]
pub trait FromGuest<B: Runtime, P>: Sized {
    /// The export, resolved in the shape it has.
    type Func: Clone + Send + Sync + 'static;
    /// Whether the shape may need room in memory for a struct return.
    const MAY_RETURN_STRUCT: bool = false;

    /// Every function type that would do, with the C result type and what precedes the
    /// parameters; for messages.
    fn accepted() -> Vec<(FuncType, &'static str)>;

    /// Resolves the export in the shape its type asks for; `None` if it has none of them.
    ///
    /// # Errors
    ///
    /// Those of [`Export::func`].
    fn resolve<S: Send + 'static>(
        cx: &mut B::Context<'_, S>,
        instance: &B::Instance,
        name: &str,
        ty: &FuncType,
    ) -> Result<Option<Self::Func>>;

    /// Whether this export returns a struct, so that its caller must make room for one.
    #[inline]
    fn returns_struct(_: &Self::Func) -> bool {
        false
    }

    /// Whether the export lives in this context's store.
    fn belongs<S: Send + 'static>(cx: &B::Context<'_, S>, func: &Self::Func) -> bool;

    /// Calls the export and lifts what it returned. `out` is the offset of the room for a struct
    /// return.
    ///
    /// # Errors
    ///
    /// The outer error is that of [`Export::call`]: the plugin did not come back. The inner one is
    /// that of lifting, and leaves the plugin whole.
    fn call<S: HasHeap + LiftLimits>(
        cx: &mut B::Context<'_, S>,
        func: &Self::Func,
        params: P,
        out: u32,
    ) -> Result<Result<Self>>;
}

macro_rules! scalar {
    ($($host:ty => $wasm:ty as $c:literal = |$v:ident| $lift:expr;)*) => {
        $(impl<B, P> FromGuest<B, P> for $host
        where
            P: WasmTypes,
            B: Export<P, $wasm>,
        {
            type Func = <B as Export<P, $wasm>>::Func;

            fn accepted() -> Vec<(FuncType, &'static str)> {
                Vec::from([(func_type::<P, $wasm>(), $c)])
            }

            fn resolve<S: Send + 'static>(
                cx: &mut B::Context<'_, S>,
                instance: &B::Instance,
                name: &str,
                ty: &FuncType,
            ) -> Result<Option<Self::Func>> {
                if *ty != func_type::<P, $wasm>() {
                    return Ok(None);
                }
                <B as Export<P, $wasm>>::func(cx, instance, name).map(Some)
            }

            #[inline]
            fn belongs<S: Send + 'static>(cx: &B::Context<'_, S>, func: &Self::Func) -> bool {
                <B as Export<P, $wasm>>::belongs(cx, func)
            }

            #[inline]
            fn call<S: HasHeap + LiftLimits>(
                cx: &mut B::Context<'_, S>,
                func: &Self::Func,
                params: P,
                _: u32,
            ) -> Result<Result<Self>> {
                let $v = <B as Export<P, $wasm>>::call(cx, func, params)?;
                Ok($lift)
            }
        })*
    };
}
scalar! {
    () => () as "void" = |v| Ok(v);
    i8 => i32 as "int8_t" = |v| Ok(v as i8);
    u8 => i32 as "uint8_t" = |v| Ok(v as u8);
    i16 => i32 as "int16_t" = |v| Ok(v as i16);
    u16 => i32 as "uint16_t" = |v| Ok(v as u16);
    i32 => i32 as "int32_t" = |v| Ok(v);
    u32 => i32 as "uint32_t" = |v| Ok(v.cast_unsigned());
    i64 => i64 as "int64_t" = |v| Ok(v);
    u64 => i64 as "uint64_t" = |v| Ok(v.cast_unsigned());
    f32 => f32 as "float" = |v| Ok(v);
    f64 => f64 as "double" = |v| Ok(v);
    bool => i32 as "bool" = |v| Ok(v & 1 != 0);
    char => i32 as "uint32_t" = |v| to_char(v).map_err(Into::into);
}

/// An export that returns pointer and length, in the shape it has.
pub enum PairFunc<B, P>
where
    P: Flat,
    B: Export<P, i64> + Export<P, (i32, i32)> + Export<P::WithOut, ()>,
{
    /// `offset << 32 | length` in one `i64`.
    Packed(<B as Export<P, i64>>::Func),
    /// Two results.
    Two(<B as Export<P, (i32, i32)>>::Func),
    /// Written to where the first parameter points.
    Struct(<B as Export<P::WithOut, ()>>::Func),
}

impl<B, P> core::fmt::Debug for PairFunc<B, P>
where
    P: Flat,
    B: Export<P, i64> + Export<P, (i32, i32)> + Export<P::WithOut, ()>,
{
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            PairFunc::Packed(_) => "PairFunc::Packed",
            PairFunc::Two(_) => "PairFunc::Two",
            PairFunc::Struct(_) => "PairFunc::Struct",
        })
    }
}

impl<B, P> Clone for PairFunc<B, P>
where
    P: Flat,
    B: Export<P, i64> + Export<P, (i32, i32)> + Export<P::WithOut, ()>,
{
    fn clone(&self) -> Self {
        match self {
            PairFunc::Packed(f) => PairFunc::Packed(f.clone()),
            PairFunc::Two(f) => PairFunc::Two(f.clone()),
            PairFunc::Struct(f) => PairFunc::Struct(f.clone()),
        }
    }
}

/// The three function types of a pointer-and-length result, with the C result types that make
/// them.
pub(crate) fn pair_types<P: Flat>() -> Vec<(FuncType, &'static str)> {
    Vec::from([
        (func_type::<P, i64>(), "uint64_t /* (uint64_t)pointer << 32 | length */"),
        (func_type::<P::WithOut, ()>(), "struct { const char *ptr; size_t len; }"),
        (
            func_type::<P, (i32, i32)>(),
            "struct { const char *ptr; size_t len; } /* -mmultivalue -Xclang -target-abi -Xclang \
             experimental-mv */",
        ),
    ])
}

impl<B, P> PairFunc<B, P>
where
    P: Flat,
    B: Export<P, i64> + Export<P, (i32, i32)> + Export<P::WithOut, ()>,
{
    fn resolve<S: Send + 'static>(
        cx: &mut B::Context<'_, S>,
        instance: &B::Instance,
        name: &str,
        ty: &FuncType,
    ) -> Result<Option<Self>> {
        Ok(Some(if *ty == func_type::<P, i64>() {
            PairFunc::Packed(<B as Export<P, i64>>::func(cx, instance, name)?)
        } else if *ty == func_type::<P, (i32, i32)>() {
            PairFunc::Two(<B as Export<P, (i32, i32)>>::func(cx, instance, name)?)
        } else if *ty == func_type::<P::WithOut, ()>() {
            PairFunc::Struct(<B as Export<P::WithOut, ()>>::func(cx, instance, name)?)
        } else {
            return Ok(None);
        }))
    }

    #[inline]
    fn call<S: HasHeap + LiftLimits>(
        &self,
        cx: &mut B::Context<'_, S>,
        params: P,
        out: u32,
    ) -> Result<Returned> {
        match self {
            PairFunc::Packed(f) => {
                Ok(Returned::from_packed(<B as Export<P, i64>>::call(cx, f, params)?))
            }
            PairFunc::Two(f) => {
                let (offset, len) = <B as Export<P, (i32, i32)>>::call(cx, f, params)?;
                Ok(Returned { offset: offset.cast_unsigned(), len: len.cast_unsigned() })
            }
            PairFunc::Struct(f) => {
                let params = params.with_out(out.cast_signed());
                <B as Export<P::WithOut, ()>>::call(cx, f, params)?;
                let mut pair = [0; 8];
                cx.read(out, &mut pair)?;
                let [a, b, c, d, e, f, g, h] = pair;
                Ok(Returned {
                    offset: u32::from_le_bytes([a, b, c, d]),
                    len: u32::from_le_bytes([e, f, g, h]),
                })
            }
        }
    }
}

macro_rules! pair {
    ($($host:ty = |$bytes:ident, $offset:ident| $copy:expr;)*) => {
        $(impl<B, P> FromGuest<B, P> for $host
        where
            P: Flat,
            B: Export<P, i64> + Export<P, (i32, i32)> + Export<P::WithOut, ()>,
        {
            type Func = PairFunc<B, P>;
            const MAY_RETURN_STRUCT: bool = true;

            fn accepted() -> Vec<(FuncType, &'static str)> {
                pair_types::<P>()
            }

            fn resolve<S: Send + 'static>(
                cx: &mut B::Context<'_, S>,
                instance: &B::Instance,
                name: &str,
                ty: &FuncType,
            ) -> Result<Option<Self::Func>> {
                PairFunc::resolve(cx, instance, name, ty)
            }

            #[inline]
            fn belongs<S: Send + 'static>(cx: &B::Context<'_, S>, func: &Self::Func) -> bool {
                match func {
                    PairFunc::Packed(f) => <B as Export<P, i64>>::belongs(cx, f),
                    PairFunc::Two(f) => <B as Export<P, (i32, i32)>>::belongs(cx, f),
                    PairFunc::Struct(f) => <B as Export<P::WithOut, ()>>::belongs(cx, f),
                }
            }

            #[inline]
            fn returns_struct(func: &Self::Func) -> bool {
                matches!(func, PairFunc::Struct(_))
            }

            #[inline]
            fn call<S: HasHeap + LiftLimits>(
                cx: &mut B::Context<'_, S>,
                func: &Self::Func,
                params: P,
                out: u32,
            ) -> Result<Result<Self>> {
                let returned = func.call(cx, params, out)?;
                let $offset = returned.offset;
                Ok(take(cx, returned, |$bytes| Ok($copy)))
            }
        })*
    };
}
pair! {
    Vec<u8> = |bytes, _offset| bytes.into();
    String = |bytes, offset| text(bytes, offset)?.into();
}

/// The link error for an export of a type that the call cannot use, with the prototypes that do.
pub(crate) fn wrong_export(
    name: &str,
    found: &FuncType,
    accepted: Vec<(FuncType, &'static str)>,
    c_params: Vec<&'static str>,
) -> LinkError {
    LinkError::ExportSignature {
        name: name.into(),
        found: found.clone(),
        accepted: prototypes(name, accepted, c_params),
    }
}

/// C prototypes of `name` for each accepted function type.
pub(crate) fn prototypes(
    name: &str,
    accepted: Vec<(FuncType, &'static str)>,
    c_params: Vec<&'static str>,
) -> Vec<(FuncType, String)> {
    let params = if c_params.is_empty() { "void".into() } else { c_params.join(", ") };
    let prototype = |result: &str| match result.split_once(" /*") {
        Some((result, note)) => format!("{result} {name}({params}) /*{note}"),
        None => format!("{result} {name}({params})"),
    };
    accepted.into_iter().map(|(ty, result)| (ty, prototype(result))).collect()
}
