//! One call: room for the arguments, the call, the result, and the room given back.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use super::arguments::Arguments;
use super::error::ConventionError;
use super::results::{FromGuest, Target, wrong_type};
use super::room::{Back, Room};
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
    /// Finds the function and picks the shape of its result.
    pub(crate) fn resolve<S: Send + 'static>(
        cx: &mut B::Context<'_, S>,
        target: &Target<'_, B>,
        ty: &FuncType,
    ) -> Result<Self> {
        match R::resolve(cx, target, ty)? {
            Some(func) => Ok(Func { func, signature: PhantomData }),
            None => Err(wrong_type(target, ty, R::accepted(), &A::c_params()).into()),
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
        // What the function writes as its result comes first in the block, then the arguments. All of
        // this stands here, and not in a function of its own, so that nothing but numbers is moved.
        let out_room = R::out_size(&self.func).next_multiple_of(ALIGN);
        let room = if X::IN_MEMORY { arguments.room() } else { 0 };
        let bytes = room.saturating_add(out_room.into());
        let Ok(size) = u32::try_from(bytes) else {
            return Err(ConventionError::ArgumentsTooLarge { bytes }.into());
        };
        // Neither is more than their sum.
        let room = room as u32;
        let mut params = None;
        let block = if size == 0 {
            guest.enter()?;
            0
        } else if room == 0 || X::PREPARES {
            guest.enter_lending(size)?
        } else {
            let write = |bytes: &mut [u8], at| {
                arguments.lower(X::Prepared::default(), &mut Room::new(bytes, at))
            };
            match guest.enter_writing(size, out_room, room, write) {
                Some((block, lowered)) => {
                    params = Some(lowered);
                    block
                }
                None => guest.enter_lending(size)?,
            }
        };
        let mut frame = Frame { guest, block, running: false };
        let at = block.wrapping_add(out_room);
        let params = match params {
            Some(params) => params,
            None => frame.lower(&arguments, at, room)?,
        };
        frame.running = true;
        let result = R::call(frame.guest, &self.func, params, block)?;
        frame.running = false;
        if X::COPIES_BACK && room > 0 {
            let bytes = frame.guest.context().bytes(at, room)?;
            arguments.copy_back(&mut Back::new(bytes, at))?;
        }
        result
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
    run(Frame::enter(guest)?, func, params)
}

/// A call of a plugin's own allocator, on behalf of a call that is counted already: it may be one
/// level deeper than others.
pub(crate) fn call_allocator<B, T, P, R>(
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
    run(Frame::enter_deeper(guest, 1)?, func, params)
}

fn run<B, T, P, R>(
    mut frame: Frame<'_, '_, B, T>,
    func: &<B as Export<P, R>>::Func,
    params: P,
) -> Result<R>
where
    B: Export<P, R>,
    T: Send + 'static,
    P: WasmTypes,
    R: WasmTypes,
{
    frame.running = true;
    let result = <B as Export<P, R>>::call(frame.guest.context(), func, params)?;
    frame.running = false;
    Ok(result)
}

/// The same for a signature that is only known at run time.
pub(crate) fn call_dynamic<B: Runtime, T: Send + 'static>(
    guest: &mut Guest<'_, B, T>,
    instance: &B::Instance,
    name: &str,
    arguments: &[Value],
) -> Result<Vec<Value>> {
    let mut frame = Frame::enter(guest)?;
    frame.running = true;
    let result = B::call_dynamic(frame.guest.context(), instance, name, arguments)?;
    frame.running = false;
    Ok(result)
}

/// One call in progress: its depth, and the block that holds its arguments, given back on every
/// way out, a host function's panic included.
pub(super) struct Frame<'g, 'a, B: Runtime, T: Send + 'static> {
    pub(super) guest: &'g mut Guest<'a, B, T>,
    /// Offset of the block, which is lent to the plugin, so that the heap refuses to free it; 0 if
    /// the call needs none.
    pub(super) block: u32,
    /// The plugin runs. If this is still so when the frame is dropped, the plugin was unwound.
    pub(super) running: bool,
}

/// What a struct return takes, so that the arguments behind it are aligned.
pub(super) const ALIGN: u32 = 16;

impl<'g, 'a, B: Runtime, T: Send + 'static> Frame<'g, 'a, B, T> {
    fn enter(guest: &'g mut Guest<'a, B, T>) -> Result<Self> {
        guest.enter()?;
        Ok(Frame { guest, block: 0, running: false })
    }

    /// Prepares the arguments and writes them to the block.
    #[inline]
    fn lower<X: Arguments>(&mut self, arguments: &X, at: u32, room: u32) -> Result<X::Flat> {
        let prepared = arguments.prepare(self.guest)?;
        if room == 0 {
            return Ok(arguments.lower(prepared, &mut Room::none()));
        }
        match self.guest.context().bytes_mut(at, room) {
            Ok(bytes) => Ok(arguments.lower(prepared, &mut Room::new(bytes, at))),
            Err(error) => {
                X::abandon(prepared, self.guest);
                Err(error)
            }
        }
    }

    /// The same for a call that may be `spare` levels deeper than others.
    fn enter_deeper(guest: &'g mut Guest<'a, B, T>, spare: u32) -> Result<Self> {
        guest.enter_deeper(spare)?;
        Ok(Frame { guest, block: 0, running: false })
    }
}

impl<B: Runtime, T: Send + 'static> Drop for Frame<'_, '_, B, T> {
    #[inline]
    fn drop(&mut self) {
        match self.block {
            0 => self.guest.leave(!self.running),
            block => self.guest.leave_taking(!self.running, block),
        }
    }
}
