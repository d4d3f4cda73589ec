//! malloc and its family as host functions: registered once, for every runtime.
//!
//! Module `env` and the C names are what every C toolchain emits for an undefined `malloc`.

use crate::allocate::{self, HasHeap, tolerate};
use crate::context::Context;
use crate::error::{AllocError, Error, Result};
use crate::import::Import;
use crate::module::Member;
use crate::runtime::Runtime;
use crate::types::func_type;
use crate::value::FuncType;

/// The import module of the family.
pub const MODULE: &str = "env";

/// `EINVAL` as wasi-libc and Emscripten number it.
///
/// Source: WASI preview 1, `errno::inval`; Emscripten uses the same numbers.
pub const EINVAL: i32 = 28;

/// `ENOMEM` as wasi-libc and Emscripten number it.
///
/// Source: WASI preview 1, `errno::nomem`.
pub const ENOMEM: i32 = 48;

/// What the family needs of a runtime; every backend has it.
pub trait HeapImports:
    Runtime
    + Import<(i32,), i32>
    + Import<(i32,), ()>
    + Import<(i32, i32), i32>
    + Import<(i32, i32, i32), i32>
{
}

impl<B> HeapImports for B where
    B: Runtime
        + Import<(i32,), i32>
        + Import<(i32,), ()>
        + Import<(i32, i32), i32>
        + Import<(i32, i32, i32), i32>
{
}

/// Name and type of each member of the family, in the order of this page.
///
/// | function | C prototype |
/// |---|---|
/// | `malloc` | `void *malloc(size_t size)` |
/// | `free` | `void free(void *p)` |
/// | `calloc` | `void *calloc(size_t count, size_t size)` |
/// | `realloc` | `void *realloc(void *p, size_t size)` |
/// | `reallocarray` | `void *reallocarray(void *p, size_t count, size_t size)` |
/// | `aligned_alloc` | `void *aligned_alloc(size_t align, size_t size)` |
/// | `memalign` | `void *memalign(size_t align, size_t size)` |
/// | `posix_memalign` | `int posix_memalign(void **out, size_t align, size_t size)` |
/// | `malloc_usable_size` | `size_t malloc_usable_size(void *p)` |
pub fn family() -> [(&'static str, FuncType); 9] {
    [
        ("malloc", func_type::<(i32,), i32>()),
        ("free", func_type::<(i32,), ()>()),
        ("calloc", func_type::<(i32, i32), i32>()),
        ("realloc", func_type::<(i32, i32), i32>()),
        ("reallocarray", func_type::<(i32, i32, i32), i32>()),
        ("aligned_alloc", func_type::<(i32, i32), i32>()),
        ("memalign", func_type::<(i32, i32), i32>()),
        ("posix_memalign", func_type::<(i32, i32, i32), i32>()),
        ("malloc_usable_size", func_type::<(i32,), i32>()),
    ]
}

/// Registers the whole family in module `env`.
///
/// # Errors
///
/// [`LinkError::DuplicateImport`](crate::error::LinkError::DuplicateImport) if one of the names is
/// taken.
pub fn define_family<B: HeapImports, S: HasHeap>(linker: &mut B::Linker<S>) -> Result<()> {
    for (name, _) in family() {
        define::<B, S>(linker, name)?;
    }
    Ok(())
}

/// Registers one member of the family in module `env` and says whether there is one of that name.
///
/// # Errors
///
/// [`LinkError::DuplicateImport`](crate::error::LinkError::DuplicateImport).
pub fn define<B: HeapImports, S: HasHeap>(linker: &mut B::Linker<S>, name: &str) -> Result<bool> {
    // Each closure is one member of the family below, in the types of its signature.
    match name {
        "malloc" => <B as Import<(i32,), i32>>::import(
            linker,
            MODULE,
            name,
            |mut cx: B::Context<'_, S>, size: i32| malloc(&mut cx, size),
        ),
        "free" => <B as Import<(i32,), ()>>::import(
            linker,
            MODULE,
            name,
            |mut cx: B::Context<'_, S>, p: i32| free(&mut cx, p),
        ),
        "calloc" => <B as Import<(i32, i32), i32>>::import(
            linker,
            MODULE,
            name,
            |mut cx: B::Context<'_, S>, count: i32, size: i32| calloc(&mut cx, count, size),
        ),
        "realloc" => <B as Import<(i32, i32), i32>>::import(
            linker,
            MODULE,
            name,
            |mut cx: B::Context<'_, S>, p: i32, size: i32| realloc(&mut cx, p, size),
        ),
        "reallocarray" => <B as Import<(i32, i32, i32), i32>>::import(
            linker,
            MODULE,
            name,
            |mut cx: B::Context<'_, S>, p: i32, count: i32, size: i32| {
                reallocarray(&mut cx, p, count, size)
            },
        ),
        "aligned_alloc" | "memalign" => <B as Import<(i32, i32), i32>>::import(
            linker,
            MODULE,
            name,
            |mut cx: B::Context<'_, S>, align: i32, size: i32| aligned_alloc(&mut cx, align, size),
        ),
        "posix_memalign" => <B as Import<(i32, i32, i32), i32>>::import(
            linker,
            MODULE,
            name,
            |mut cx: B::Context<'_, S>, out: i32, align: i32, size: i32| {
                posix_memalign(&mut cx, out, align, size)
            },
        ),
        "malloc_usable_size" => <B as Import<(i32,), i32>>::import(
            linker,
            MODULE,
            name,
            |cx: B::Context<'_, S>, p: i32| usable_size(&cx, p),
        ),
        _ => return Ok(false),
    }?;
    Ok(true)
}

/// Does what a member of the family does when a guest calls it, for hosts that bind it to a runtime
/// by themselves: the same as [`define`] registers, with the arguments as plain bits.
///
/// The answer is the guest's result, 0 for [`Member::Free`], which has none. Missing arguments are 0,
/// further ones are ignored.
///
/// # Errors
///
/// What the guest should trap with: [`Error::InvalidPointer`], unless such pointers are to be
/// [ignored](crate::allocate::OnInvalidPointer), and failures of the context. A lack of memory is no
/// error but the guest's NULL.
pub fn invoke<C: Context<State: HasHeap>>(
    cx: &mut C,
    member: Member,
    arguments: &[u32],
) -> Result<u32> {
    let at = |index: usize| arguments.get(index).copied().unwrap_or(0).cast_signed();
    let result = match member {
        Member::Malloc => malloc(cx, at(0)),
        Member::Free => free(cx, at(0)).map(|()| NULL),
        Member::Calloc => calloc(cx, at(0), at(1)),
        Member::Realloc => realloc(cx, at(0), at(1)),
        Member::ReallocArray => reallocarray(cx, at(0), at(1), at(2)),
        Member::AlignedAlloc | Member::Memalign => aligned_alloc(cx, at(0), at(1)),
        Member::PosixMemalign => posix_memalign(cx, at(0), at(1), at(2)),
        Member::UsableSize => usable_size(cx, at(0)),
    };
    result.map(i32::cast_unsigned)
}

const NULL: i32 = 0;

/// NULL where the heap refuses: a guest's own failed allocation is its to handle, as in C.
#[inline]
fn pointer(result: Result<u32>) -> Result<i32> {
    match result {
        Ok(offset) => Ok(offset.cast_signed()),
        Err(Error::Alloc(_)) => Ok(NULL),
        Err(other) => Err(other),
    }
}

// Parameters are named after C's: sizes and offsets are unsigned in C and plain bits in wasm.

#[inline(always)]
fn malloc<C: Context<State: HasHeap>>(cx: &mut C, size: i32) -> Result<i32> {
    pointer(allocate::malloc(cx, size.cast_unsigned()))
}

#[inline(always)]
fn free<C: Context<State: HasHeap>>(cx: &mut C, p: i32) -> Result<()> {
    match allocate::free(cx, p.cast_unsigned()) {
        Ok(()) => Ok(()),
        refused => tolerate(cx, refused, ()),
    }
}

#[inline(always)]
fn calloc<C: Context<State: HasHeap>>(cx: &mut C, count: i32, size: i32) -> Result<i32> {
    pointer(allocate::calloc(cx, count.cast_unsigned(), size.cast_unsigned()))
}

fn realloc<C: Context<State: HasHeap>>(cx: &mut C, p: i32, size: i32) -> Result<i32> {
    let moved = allocate::realloc(cx, p.cast_unsigned(), size.cast_unsigned());
    tolerate(cx, pointer(moved), NULL)
}

fn reallocarray<C: Context<State: HasHeap>>(
    cx: &mut C,
    p: i32,
    count: i32,
    size: i32,
) -> Result<i32> {
    match count.cast_unsigned().checked_mul(size.cast_unsigned()) {
        Some(bytes) => realloc(cx, p, bytes.cast_signed()),
        None => Ok(NULL),
    }
}

fn aligned_alloc<C: Context<State: HasHeap>>(cx: &mut C, align: i32, size: i32) -> Result<i32> {
    pointer(allocate::aligned_alloc(cx, align.cast_unsigned(), size.cast_unsigned()))
}

/// POSIX: an alignment that is no power of two, or no multiple of a pointer's size, is EINVAL;
/// `*out` is written on success only.
fn posix_memalign<C: Context<State: HasHeap>>(
    cx: &mut C,
    out: i32,
    align: i32,
    size: i32,
) -> Result<i32> {
    let (out, align) = (out.cast_unsigned(), align.cast_unsigned());
    if !align.is_power_of_two() || align < 4 {
        return Ok(EINVAL);
    }
    // Before the allocation, so that a wild `out` costs nothing.
    cx.bytes(out, 4)?;
    match allocate::aligned_alloc(cx, align, size.cast_unsigned()) {
        Ok(offset) => {
            cx.write(out, &offset.to_le_bytes())?;
            Ok(0)
        }
        Err(Error::Alloc(AllocError::BadAlignment { .. })) => Ok(EINVAL),
        Err(Error::Alloc(_)) => Ok(ENOMEM),
        Err(other) => Err(other),
    }
}

fn usable_size<C: Context<State: HasHeap>>(cx: &C, p: i32) -> Result<i32> {
    let size = allocate::usable_size(cx, p.cast_unsigned());
    Ok(tolerate(cx, size, 0)?.cast_signed())
}
