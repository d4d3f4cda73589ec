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
        let out_size = R::out_size(&self.func);
        let (mut frame, params, out);
        if X::IN_MEMORY || out_size > 0 {
            frame = Frame::enter_with(guest, &arguments, out_size)?;
            (params, out) = frame.lower(&arguments)?;
        } else {
            frame = Frame::enter(guest)?;
            let prepared = arguments.prepare(frame.guest)?;
            (params, out) = (arguments.lower(prepared, &mut Room::none()), 0);
        }
        frame.running = true;
        let result = R::call(frame.guest, &self.func, params, out)?;
        frame.running = false;
        if X::COPIES_BACK {
            frame.copy_back(arguments)?;
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
///
/// The block is lent to the plugin, so the heap refuses to free it. Room for what the function
/// writes as its result comes first in it, then the arguments.
struct Frame<'g, 'a, B: Runtime, T: Send + 'static> {
    guest: &'g mut Guest<'a, B, T>,
    block: Option<Block>,
    /// The plugin runs. If this is still so when the frame is dropped, the plugin was unwound.
    running: bool,
}

/// The block of a call's arguments.
#[derive(Clone, Copy)]
struct Block {
    offset: u32,
    /// Where the arguments start.
    arguments: u32,
    /// Their length.
    room: u32,
}

/// What a struct return takes, so that the arguments behind it are aligned.
const ALIGN: u32 = 16;

impl<'g, 'a, B: Runtime, T: Send + 'static> Frame<'g, 'a, B, T> {
    #[inline]
    fn enter(guest: &'g mut Guest<'a, B, T>) -> Result<Self> {
        guest.enter()?;
        Ok(Frame { guest, block: None, running: false })
    }

    /// The same for a call that may be `spare` levels deeper than others.
    fn enter_deeper(guest: &'g mut Guest<'a, B, T>, spare: u32) -> Result<Self> {
        guest.enter_deeper(spare)?;
        Ok(Frame { guest, block: None, running: false })
    }

    /// The same with room for arguments, and for a result of `out_size` bytes.
    #[inline]
    fn enter_with<X: Arguments>(
        guest: &'g mut Guest<'a, B, T>,
        arguments: &X,
        out_size: u32,
    ) -> Result<Self> {
        let room = arguments.room();
        let out_room = out_size.next_multiple_of(ALIGN);
        let bytes = room.saturating_add(out_room.into());
        if bytes == 0 {
            // Nothing but `None`s.
            return Frame::enter(guest);
        }
        let size =
            u32::try_from(bytes).map_err(|_| ConventionError::ArgumentsTooLarge { bytes })?;
        let offset = guest.enter_lending(size)?;
        let block = Block { offset, arguments: offset.wrapping_add(out_room), room: room as u32 };
        Ok(Frame { guest, block: Some(block), running: false })
    }

    /// Writes the arguments, and returns them with the offset for the result.
    #[inline]
    fn lower<X: Arguments>(&mut self, arguments: &X) -> Result<(X::Flat, u32)> {
        let prepared = arguments.prepare(self.guest)?;
        let Some(Block { offset, arguments: at, room }) = self.block else {
            return Ok((arguments.lower(prepared, &mut Room::none()), 0));
        };
        match self.guest.context().bytes_mut(at, room) {
            Ok(bytes) => Ok((arguments.lower(prepared, &mut Room::new(bytes, at)), offset)),
            Err(error) => {
                X::abandon(prepared, self.guest);
                Err(error)
            }
        }
    }

    /// Copies back what the plugin wrote.
    #[inline]
    fn copy_back<X: Arguments>(&mut self, arguments: X) -> Result<()> {
        // Without a block there were nothing but `None`s.
        let Some(Block { arguments: offset, room, .. }) = self.block else { return Ok(()) };
        let bytes = self.guest.context().bytes(offset, room)?;
        Ok(arguments.copy_back(&mut Back::new(bytes, offset))?)
    }
}

impl<B: Runtime, T: Send + 'static> Drop for Frame<'_, '_, B, T> {
    #[inline]
    fn drop(&mut self) {
        match self.block {
            Some(block) => self.guest.leave_taking(!self.running, block.offset),
            None => self.guest.leave(!self.running),
        }
    }
}
