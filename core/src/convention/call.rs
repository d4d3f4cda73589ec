//! One call: room for the arguments, the call, the result, and the room given back.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use super::error::ConventionError;
use super::flat::Flat;
use super::lower::{Arguments, Room};
use super::results::{FromGuest, wrong_export};
use crate::allocate;
use crate::context::Context;
use crate::error::{Mismatch, Result};
use crate::export::Export;
use crate::plugin::{AsGuest, Guest};
use crate::runtime::Runtime;
use crate::types::WasmTypes;
use crate::value::{FuncType, Value};

/// A plugin's function, found and its signature checked once, to be called many times.
///
/// Made by [`Plugin::func`](crate::Plugin::func). `A` is the tuple of argument types with
/// `'static` lifetimes, as in `Func<B, (&'static str, u32), String>`; arguments of any lifetime
/// may be passed.
pub struct Func<B, A, R>
where
    B: Runtime,
    A: Arguments,
    R: FromGuest<B, A::Flat>,
{
    func: R::Func,
    signature: PhantomData<fn(A) -> R>,
}

impl<B, A, R> Clone for Func<B, A, R>
where
    B: Runtime,
    A: Arguments,
    R: FromGuest<B, A::Flat>,
{
    fn clone(&self) -> Self {
        Func { func: self.func.clone(), signature: PhantomData }
    }
}

impl<B, A, R> fmt::Debug for Func<B, A, R>
where
    B: Runtime,
    A: Arguments,
    R: FromGuest<B, A::Flat>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Func<{}, {}>", core::any::type_name::<A>(), core::any::type_name::<R>())
    }
}

impl<B, A, R> Func<B, A, R>
where
    B: Runtime,
    A: Arguments,
    R: FromGuest<B, A::Flat>,
{
    /// Finds the export and picks the shape of its result.
    pub(crate) fn resolve<S: Send + 'static>(
        cx: &mut B::Context<'_, S>,
        instance: &B::Instance,
        name: &str,
        ty: &FuncType,
    ) -> Result<Self> {
        match R::resolve(cx, instance, name, ty)? {
            Some(func) => Ok(Func { func, signature: PhantomData }),
            None => Err(wrong_export(name, ty, R::accepted(), A::c_params()).into()),
        }
    }

    /// Calls the plugin's function.
    ///
    /// `plugin` is a [`Plugin`](crate::Plugin), or the [`Guest`] that a host function was given.
    ///
    /// # Errors
    ///
    /// [`Error::Trap`](crate::Error::Trap); the error of a host function on the way;
    /// [`Error::Alloc`](crate::Error::Alloc) if the arguments do not fit;
    /// [`Error::Convention`](crate::Error::Convention) if the result breaks the convention;
    /// [`Error::Poisoned`](crate::Error::Poisoned) after an earlier trap. The arguments are
    /// released in every case.
    #[inline]
    pub fn call<P>(&self, plugin: &mut P, arguments: A::At<'_>) -> Result<R>
    where
        P: AsGuest<Backend = B>,
    {
        self.call_guest(&mut plugin.as_guest(), arguments)
    }

    #[inline]
    pub(crate) fn call_guest<T, X>(&self, guest: &mut Guest<'_, B, T>, arguments: X) -> Result<R>
    where
        T: Send + 'static,
        X: Arguments<Flat = A::Flat>,
    {
        // Before anything happens, and apart from what a host function on the way may fail with.
        if !R::belongs(guest.context(), &self.func) {
            return Err(Mismatch::FunctionOfOtherStore.into());
        }
        let returns_struct = R::MAY_RETURN_STRUCT && R::returns_struct(&self.func);
        let mut frame = Frame::enter(guest)?;
        let (params, out) = if X::IN_MEMORY || returns_struct {
            frame.lower(arguments)?
        } else {
            (arguments.lower(&mut Room::none()), 0)
        };
        let result = R::call(frame.guest.context(), &self.func, params, out);
        frame.leave(result)?
    }
}

/// A call by wasm signature, with the same care for depth and poison.
pub(crate) fn call_flat<B, T, P, R>(
    guest: &mut Guest<'_, B, T>,
    func: &<B as Export<P, R>>::Func,
    params: P,
) -> Result<R>
where
    B: Export<P, R>,
    T: Send + 'static,
    P: WasmTypes,
    R: WasmTypes,
{
    let frame = Frame::enter(guest)?;
    let result = <B as Export<P, R>>::call(frame.guest.context(), func, params);
    frame.leave(result)
}

/// The same for a signature that is only known at run time.
pub(crate) fn call_dynamic<B: Runtime, T: Send + 'static>(
    guest: &mut Guest<'_, B, T>,
    instance: &B::Instance,
    name: &str,
    arguments: &[Value],
) -> Result<Vec<Value>> {
    let frame = Frame::enter(guest)?;
    let result = B::call_dynamic(frame.guest.context(), instance, name, arguments);
    frame.leave(result)
}

/// One call in progress: its depth, and the block that holds its arguments, given back on every
/// way out, a host function's panic included.
///
/// The block is lent to the plugin, so the heap refuses to free it. It begins with a head of 16
/// bytes: 8 that nobody is told of, then room for a struct return.
struct Frame<'g, 'a, B: Runtime, T: Send + 'static> {
    guest: &'g mut Guest<'a, B, T>,
    block: Option<u32>,
    /// The plugin came back, or never ran. Otherwise it was unwound, and is poisoned.
    left: bool,
}

const HEAD: u32 = 16;
const OUT: u32 = 8;

impl<'g, 'a, B: Runtime, T: Send + 'static> Frame<'g, 'a, B, T> {
    #[inline]
    fn enter(guest: &'g mut Guest<'a, B, T>) -> Result<Self> {
        guest.enter()?;
        Ok(Frame { guest, block: None, left: false })
    }

    /// Makes room, writes the arguments, and returns them with the offset for a struct return.
    #[inline]
    fn lower<X: Arguments<Flat: Flat>>(&mut self, arguments: X) -> Result<(X::Flat, u32)> {
        let lowered = self.try_lower(arguments);
        // Nothing has run: the plugin is none the worse for arguments that do not fit.
        self.left = lowered.is_err();
        lowered
    }

    #[inline]
    fn try_lower<X: Arguments<Flat: Flat>>(&mut self, arguments: X) -> Result<(X::Flat, u32)> {
        let bytes = arguments.room();
        let too_large = || ConventionError::ArgumentsTooLarge { bytes };
        let room = u32::try_from(bytes).map_err(|_| too_large())?;
        let size = room.checked_add(HEAD).ok_or_else(too_large)?;
        let cx = self.guest.context();
        let block = allocate::lend(cx, size)?;
        self.block = Some(block);
        // Neither sum can wrap: the block lies within linear memory.
        let bytes = cx.bytes_mut(block + HEAD, room)?;
        Ok((arguments.lower(&mut Room::new(bytes, block + HEAD)), block + OUT))
    }

    #[inline]
    fn leave<R>(mut self, result: Result<R>) -> Result<R> {
        self.left = result.is_ok();
        result
    }
}

impl<B: Runtime, T: Send + 'static> Drop for Frame<'_, '_, B, T> {
    #[inline]
    fn drop(&mut self) {
        if let Some(block) = self.block {
            allocate::take_back(self.guest.context(), block);
        }
        self.guest.leave(self.left);
    }
}
