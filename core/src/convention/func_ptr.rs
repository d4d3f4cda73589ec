//! The plugin's function pointers, for the host to call.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use super::arguments::Arguments;
use super::call::Func;
use super::host::{Plain, one_value_to_guest};
use super::lift::{Lift, LiftPointer};
use super::lower::Lower;
use super::results::{FromGuest, Target, one_value};
use super::room::Room;
use crate::error::Result;
use crate::plugin::{AsGuest, Guest};
use crate::runtime::Runtime;

/// A function pointer of the plugin's, with the types that the host expects behind it: `A` the tuple
/// of arguments, `R` the result.
///
/// It is an index into the plugin's function table, which nobody has checked yet:
/// [`func`](Self::func) and [`call`](Self::call) do, and refuse a function of another type with the
/// C prototypes that would fit.
///
/// ```text
/// // int32_t call_me(int32_t (*f)(int32_t), int32_t x);
/// linker.func("host", "call_me", |guest: &mut Guest<'_, ()>, f: FuncPtr<(i32,), i32>, x: i32| {
///     f.call(guest, (x,))
/// })?;
/// ```
///
/// A pointer that the plugin may leave out is an `Option<FuncPtr<A, R>>`. To call one many times
/// resolve it once, by [`func`](Self::func).
pub struct FuncPtr<A, R> {
    index: u32,
    signature: PhantomData<fn(A) -> R>,
}

impl<A, R> Clone for FuncPtr<A, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A, R> Copy for FuncPtr<A, R> {}

impl<A, R> fmt::Debug for FuncPtr<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FuncPtr({})", self.index)
    }
}

impl<A, R> FuncPtr<A, R> {
    /// The function at an index of the plugin's table, such as a field of a struct holds.
    pub const fn new(index: u32) -> Self {
        FuncPtr { index, signature: PhantomData }
    }

    /// The index.
    pub const fn index(self) -> u32 {
        self.index
    }

    /// The function, its signature checked, to be called many times.
    ///
    /// # Errors
    ///
    /// [`TableError`](crate::error::TableError) if the table has no function there,
    /// [`LinkError::PointerSignature`](crate::error::LinkError::PointerSignature) if it has another
    /// type.
    pub fn func<P>(self, plugin: &mut P) -> Result<Func<P::Backend, A, R>>
    where
        P: AsGuest,
        A: Arguments,
        R: FromGuest<P::Backend, A::Flat>,
    {
        let mut guest = plugin.as_guest();
        let cx = guest.context();
        let ty = <P::Backend as Runtime>::table_func_type(cx, self.index)?;
        Func::resolve(cx, &Target::Table(self.index), &ty)
    }

    /// Calls the function.
    ///
    /// # Errors
    ///
    /// Those of [`func`](Self::func) and of [`Func::call`].
    pub fn call<P>(self, plugin: &mut P, arguments: A::At<'_>) -> Result<R>
    where
        P: AsGuest,
        A: Arguments,
        R: FromGuest<P::Backend, A::Flat>,
    {
        self.func(plugin)?.call(plugin, arguments)
    }
}

const C: &str = "void (*)()";

impl<A: 'static, R: 'static> Lower for FuncPtr<A, R> {
    type Flat = (i32,);
    type Static = Self;
    type At<'a> = Self;
    type Prepared = ();

    fn c_params() -> Vec<String> {
        Vec::from([C.to_owned()])
    }
    #[inline]
    fn lower(&self, (): (), _: &mut Room<'_>) -> (i32,) {
        (self.index.cast_signed(),)
    }
}

impl<A: 'static, R: 'static> Lower for Option<FuncPtr<A, R>> {
    type Flat = (i32,);
    type Static = Self;
    type At<'a> = Self;
    type Prepared = ();

    fn c_params() -> Vec<String> {
        Vec::from([C.to_owned()])
    }
    #[inline]
    fn lower(&self, (): (), _: &mut Room<'_>) -> (i32,) {
        (self.map_or(0, |pointer| pointer.index.cast_signed()),)
    }
}

impl<A, R> Lift for FuncPtr<A, R> {
    type Flat = (i32,);

    fn c_params() -> Vec<String> {
        Vec::from([C.to_owned()])
    }
    #[inline]
    fn lift<B: Runtime, T: Send + 'static>(
        (index,): (i32,),
        _: &mut Guest<'_, B, T>,
        _: &mut u32,
    ) -> Result<Self> {
        Ok(FuncPtr::new(index.cast_unsigned()))
    }
}

impl<A, R> LiftPointer for FuncPtr<A, R> {
    #[inline]
    fn is_null((index,): (i32,)) -> bool {
        index == 0
    }
}

impl<A, R> Plain for FuncPtr<A, R> {}

impl<A, R> Plain for Option<FuncPtr<A, R>> {}

one_value_to_guest! {
    [A: 'static, R: 'static] FuncPtr<A, R> => i32 as C; |guest, value| value.index.cast_signed();
    [A: 'static, R: 'static] Option<FuncPtr<A, R>> => i32 as C;
        |guest, value| value.map_or(0, |pointer| pointer.index.cast_signed());
}

one_value! {
    [A, R] FuncPtr<A, R> => i32 as C; |guest, index| Ok(FuncPtr::new(index.cast_unsigned()));
    [A, R] Option<FuncPtr<A, R>> => i32 as C; |guest, index| {
        Ok((index != 0).then_some(FuncPtr::new(index.cast_unsigned())))
    };
}
