//! Function pointers: the host's closures for the plugin, and the plugin's functions for the host.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::{Any, TypeId};
use core::fmt;
use core::marker::PhantomData;

use super::block::{Item, Released};
use super::error::ConventionError;
use super::lower::Lower;
use super::room::Room;
use crate::context::Context;
use crate::error::Result;
use crate::import::{HostFn, Import};
use crate::plugin::{AsGuest, Guest, State};
use crate::runtime::Runtime;
use crate::types::WasmTypes;
use crate::value::{FuncType, Value};

/// A closure of the host's in the plugin's function table, until this guard is dropped.
///
/// Made by [`Guest::callback`](crate::Guest::callback). Passed as `&callback` it is a C function
/// pointer, which the plugin may store, and call as long as the guard lives. A call after that ends
/// with [`ConventionError::StaleCallback`].
///
/// Dropping the guard drops the closure, at the latest when the plugin is next called or allocated in;
/// [`remove`](Self::remove) does so at once.
///
/// Its place in the table is used again by later callbacks of the same signature, never of another:
/// a plugin that kept the pointer for too long calls the later one from then on.
#[derive(Debug)]
pub struct Callback {
    index: u32,
    slot: usize,
    generation: u32,
    /// Which plugin it belongs to.
    owner: Arc<Released>,
    /// Still to be taken away when dropped.
    armed: bool,
}

impl Callback {
    pub(crate) fn new(placed: Placed, owner: Arc<Released>) -> Self {
        let Placed { index, slot, generation } = placed;
        Callback { index, slot, generation, owner, armed: true }
    }

    /// Puts a closure into the function table, which `define` registers.
    pub(super) fn place<B: Runtime, T: Send + 'static>(
        guest: &mut Guest<'_, B, T>,
        define: impl FnOnce(super::Sink<'_, '_, B, T>) -> Result<()>,
    ) -> Result<Callback> {
        let mut placed = None;
        define(super::Sink::table(guest, &mut placed))?;
        let owner = Arc::clone(guest.state_of_plugin().released());
        match placed {
            Some(placed) => Ok(Callback::new(placed, owner)),
            None => Err(crate::error::Error::runtime("the callback was not placed")),
        }
    }

    /// The function pointer: an index into the plugin's function table.
    pub fn index(&self) -> u32 {
        self.index
    }

    /// Takes the closure away from the plugin and drops it now, unless it is running: then when it has
    /// returned. Dropping the guard does the same at the plugin's next use.
    ///
    /// # Errors
    ///
    /// [`ConventionError::StaleCallback`] if it belongs to another plugin.
    pub fn remove<P: AsGuest>(mut self, plugin: &mut P) -> Result<()> {
        let mut guest = plugin.as_guest();
        self.check(&guest)?;
        self.armed = false;
        guest.release(Item::Callback { slot: self.slot, generation: self.generation });
        Ok(())
    }

    pub(super) fn check<B: Runtime, T: Send + 'static>(
        &self,
        guest: &Guest<'_, B, T>,
    ) -> Result<()> {
        let state = guest.state_of_plugin();
        match state.owns(&self.owner) && state.callbacks().is_live(self.slot, self.generation) {
            true => Ok(()),
            false => Err(ConventionError::StaleCallback { index: self.index }.into()),
        }
    }
}

impl Drop for Callback {
    fn drop(&mut self) {
        if self.armed {
            let Self { slot, generation, .. } = *self;
            self.owner.push(Item::Callback { slot, generation });
        }
    }
}

impl Lower for &Callback {
    type Flat = (i32,);
    type Static = &'static Callback;
    type At<'b> = &'b Callback;
    type Prepared = ();
    const PREPARES: bool = true;

    fn c_params() -> Vec<String> {
        Vec::from(["void (*)()".to_owned()])
    }
    #[inline]
    fn prepare<B: Runtime, T: Send + 'static>(&self, guest: &mut Guest<'_, B, T>) -> Result<()> {
        self.check(guest)
    }
    #[inline]
    fn lower(&self, (): (), _: &mut Room<'_>) -> (i32,) {
        (self.index.cast_signed(),)
    }
}

impl Lower for Option<&Callback> {
    type Flat = (i32,);
    type Static = Option<&'static Callback>;
    type At<'b> = Option<&'b Callback>;
    type Prepared = ();
    const PREPARES: bool = true;

    fn c_params() -> Vec<String> {
        <&Callback>::c_params()
    }
    #[inline]
    fn prepare<B: Runtime, T: Send + 'static>(&self, guest: &mut Guest<'_, B, T>) -> Result<()> {
        self.map_or(Ok(()), |callback| callback.check(guest))
    }
    #[inline]
    fn lower(&self, (): (), _: &mut Room<'_>) -> (i32,) {
        (self.map_or(0, |callback| callback.index.cast_signed()),)
    }
}

/// Where a closure was put.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed {
    index: u32,
    slot: usize,
    generation: u32,
}

/// The closures in a plugin's function table.
///
/// A runtime keeps every function that was ever made in a store until the store is dropped. So the
/// functions in the table are dispatchers, one for each place, and which closure they run is looked
/// up here; a place is used again for closures of the same signature.
#[derive(Default)]
pub(crate) struct Callbacks {
    slots: Vec<Slot>,
}

struct Slot {
    /// Index in the plugin's table.
    index: u32,
    signature: Signature,
    generation: u32,
    /// An `Arc<dyn HostFn>` of that signature, or a [`DynClosure`].
    closure: Option<Box<dyn Any + Send + Sync>>,
}

/// What a dispatcher is called with.
#[derive(PartialEq)]
enum Signature {
    /// The tuple of parameters, and the results.
    Static(TypeId),
    /// Of a type that is known at run time.
    Dynamic(FuncType),
}

impl Callbacks {
    fn is_live(&self, slot: usize, generation: u32) -> bool {
        let slot = self.slots.get(slot);
        slot.is_some_and(|slot| slot.generation == generation && slot.closure.is_some())
    }

    fn closure<C: Clone + 'static>(&self, slot: usize) -> Option<C> {
        self.slots.get(slot)?.closure.as_ref()?.downcast_ref::<C>().cloned()
    }

    fn index(&self, slot: usize) -> u32 {
        self.slots.get(slot).map_or(0, |slot| slot.index)
    }

    /// Takes a closure out, to be dropped when nothing is borrowed.
    pub(crate) fn take(
        &mut self,
        slot: usize,
        generation: u32,
    ) -> Option<Box<dyn Any + Send + Sync>> {
        let slot = self.slots.get_mut(slot)?;
        if slot.generation == generation { slot.closure.take() } else { None }
    }
}

/// A closure over wasm values, as the dispatcher of its signature finds it.
type Closure<B, T, P, R> = Arc<dyn HostFn<B, State<B, T>, P, R>>;

/// What stands in the table.
struct Dispatch<P, R> {
    slot: usize,
    signature: PhantomData<fn(P) -> R>,
}

impl<B, T, P, R> HostFn<B, State<B, T>, P, R> for Dispatch<P, R>
where
    B: Runtime,
    T: Send + 'static,
    P: 'static,
    R: 'static,
{
    fn call(&self, cx: B::Context<'_, State<B, T>>, params: P) -> Result<R> {
        dispatch::<B, T, Closure<B, T, P, R>, _>(cx, self.slot, |closure, cx| {
            closure.call(cx, params)
        })
    }
}

/// Runs the closure at a place.
fn dispatch<B: Runtime, T: Send + 'static, C: Clone + 'static, R>(
    mut cx: B::Context<'_, State<B, T>>,
    slot: usize,
    call: impl FnOnce(&C, B::Context<'_, State<B, T>>) -> Result<R>,
) -> Result<R> {
    // The guard may have been dropped since the plugin was entered.
    if cx.state().released().any() {
        Guest::<B, T>::new(B::reborrow(&mut cx)).free_released();
    }
    let callbacks = cx.state().callbacks();
    match callbacks.closure::<C>(slot) {
        Some(closure) => call(&closure, cx),
        None => {
            let index = callbacks.index(slot);
            Err(ConventionError::StaleCallback { index }.into())
        }
    }
}

/// A closure over wasm values whose types are known at run time.
pub(crate) type DynClosure<B, T> = Arc<
    dyn Fn(<B as Runtime>::Context<'_, State<B, T>>, &[Value], &mut [Value]) -> Result<()>
        + Send
        + Sync,
>;

/// Puts a closure into the plugin's function table.
pub(crate) fn place<B, T, P, R>(
    guest: &mut Guest<'_, B, T>,
    closure: impl HostFn<B, State<B, T>, P, R>,
) -> Result<Placed>
where
    B: Import<P, R>,
    T: Send + 'static,
    P: WasmTypes,
    R: WasmTypes,
{
    let closure: Closure<B, T, P, R> = Arc::new(closure);
    let signature = Signature::Static(TypeId::of::<(P, R)>());
    put(guest, signature, Box::new(closure), &|cx, slot| {
        let dispatch = Dispatch::<P, R> { slot, signature: PhantomData };
        <B as Import<P, R>>::function(cx, dispatch)
    })
}

/// The same for a closure whose type is known at run time.
pub(crate) fn place_dynamic<B: Runtime, T: Send + 'static>(
    guest: &mut Guest<'_, B, T>,
    ty: &FuncType,
    closure: DynClosure<B, T>,
) -> Result<Placed> {
    put(guest, Signature::Dynamic(ty.clone()), Box::new(closure), &|cx, slot| {
        let dispatch =
            move |cx: B::Context<'_, State<B, T>>, params: &[Value], results: &mut [Value]| {
                dispatch::<B, T, DynClosure<B, T>, _>(cx, slot, |closure, cx| {
                    closure(cx, params, results)
                })
            };
        B::dyn_function::<State<B, T>, _>(cx, ty, dispatch)
    })
}

/// Makes the dispatcher of a place.
type Make<'m, B, T> = &'m dyn Fn(
    &mut <B as Runtime>::Context<'_, State<B, T>>,
    usize,
) -> Result<<B as Runtime>::FuncRef>;

/// Puts a closure to a place of its signature, which `make` makes a dispatcher for if there is none.
///
/// Compiled once for a plugin's type, not for each closure: every host function brings the way into
/// a table along.
fn put<B: Runtime, T: Send + 'static>(
    guest: &mut Guest<'_, B, T>,
    signature: Signature,
    closure: Box<dyn Any + Send + Sync>,
    make: Make<'_, B, T>,
) -> Result<Placed> {
    guest.free_released();
    let generation = guest.next_generation();
    let cx = guest.context();
    let slots = &mut cx.state_mut().callbacks_mut().slots;
    let is_free = |slot: &Slot| slot.closure.is_none() && slot.signature == signature;
    if let Some(slot) = slots.iter().position(is_free) {
        let free = &mut slots[slot];
        (free.generation, free.closure) = (generation, Some(closure));
        return Ok(Placed { index: free.index, slot, generation });
    }
    let slot = slots.len();
    let index = match B::table_grow(cx, 1)? {
        // The first place of a table is what a function pointer of NULL means.
        0 => B::table_grow(cx, 1)?,
        index => index,
    };
    let function = make(cx, slot)?;
    B::table_set(cx, index, Some(&function))?;
    let slots = &mut cx.state_mut().callbacks_mut().slots;
    slots.push(Slot { index, signature, generation, closure: Some(closure) });
    Ok(Placed { index, slot, generation })
}

impl fmt::Debug for Callbacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let live = self.slots.iter().filter(|slot| slot.closure.is_some()).count();
        write!(f, "Callbacks({live} of {})", self.slots.len())
    }
}

impl<B: Runtime, T: Send + 'static> Guest<'_, B, T> {
    /// Puts a closure into the plugin's function table: [`&callback`](Callback) is then a C
    /// function pointer, which the plugin may call until the guard is dropped.
    ///
    /// The closure is like a host function's, with the same types of parameters and results; it
    /// gets the plugin that calls it. In C its type is the one that compilers make of those: a
    /// string result is a struct return.
    ///
    /// ```text
    /// let descending = plugin.callback(|_: &mut Guest<'_, ()>, a: i32, b: i32| b - a)?;
    /// plugin.call::<_, ()>("sort", (&mut numbers, &descending))?;
    /// ```
    ///
    /// # Errors
    ///
    /// [`TableError`](crate::error::TableError) if the plugin has no function table (then nothing in
    /// it calls through a function pointer), or if there is no more room in it
    /// ([`LoadOptions::callback_slots`](crate::LoadOptions::callback_slots)).
    pub fn callback<A, R, F>(&mut self, f: F) -> Result<Callback>
    where
        F: super::HostFunction<B, T, A, R>,
    {
        Callback::place(self, |sink| Arc::new(f).define(sink))
    }
}
