//! A plugin's function by its prototype, to be called many times.

use alloc::sync::Arc;
use core::fmt;

use super::answer::Answer;
use super::argument::{Argument, Prepared};
use super::plan::{PARAMS, Plan};
use super::raw::{RawFunc, resolve};
use super::slots::{MOST, Slots};
use crate::backend::Backend;
use crate::context::Context;
use crate::contract::{Prototype, Role};
use crate::convention::call::{ALIGN, Frame};
use crate::convention::error::ConventionError;
use crate::convention::results::{Target, wrong_type};
use crate::convention::room::{Back, Room};
use crate::error::{LinkError, Mismatch, Result};
use crate::plugin::{AsGuest, Guest, Plugin};
use crate::runtime::Runtime;
use crate::value::FuncType;

/// A plugin's function, found and its type checked once against a [`Prototype`], to be called many
/// times. What [`Func`](crate::convention::Func) is for types that are known when the host is
/// compiled.
///
/// Made by [`Plugin::dyn_func`].
pub struct DynFunc<B: Runtime, T: Send + 'static> {
    plan: Arc<Plan>,
    raw: Arc<dyn RawFunc<B, T>>,
}

impl<B: Runtime, T: Send + 'static> Clone for DynFunc<B, T> {
    fn clone(&self) -> Self {
        DynFunc { plan: self.plan.clone(), raw: self.raw.clone() }
    }
}

impl<B: Runtime, T: Send + 'static> fmt::Debug for DynFunc<B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DynFunc({})", self.plan.prototype)
    }
}

impl<B: Runtime, T: Send + 'static> DynFunc<B, T> {
    /// The prototype.
    pub fn prototype(&self) -> &Prototype {
        &self.plan.prototype
    }

    /// The function's type.
    pub fn ty(&self) -> &FuncType {
        &self.plan.ty
    }

    /// Calls the plugin's function.
    ///
    /// `size` is what the prototype does not say: how many bytes the result's struct has, or a struct
    /// in a `vec<struct …>`. For elements of other types it is 0, or what they have; for all other
    /// results it does not matter.
    ///
    /// # Errors
    ///
    /// Those of [`Func::call`](crate::convention::Func::call), and before the plugin runs
    /// [`ConventionError::WrongCount`], [`ConventionError::WrongArgument`] and, for a `size` that
    /// cannot be, [`ConventionError::WrongResult`].
    #[inline]
    pub fn call<P>(
        &self,
        plugin: &mut P,
        arguments: &mut [Argument<'_>],
        size: u32,
    ) -> Result<Answer>
    where
        P: AsGuest<Backend = B, State = T>,
    {
        self.call_guest(&mut plugin.as_guest(), arguments, size)
    }

    // As `Func::call_guest` does it, step by step.
    fn call_guest(
        &self,
        guest: &mut Guest<'_, B, T>,
        arguments: &mut [Argument<'_>],
        size: u32,
    ) -> Result<Answer> {
        let plan = &*self.plan;
        if !self.raw.belongs(guest.context()) {
            return Err(Mismatch::FunctionOfOtherStore.into());
        }
        let needs = plan.measure(arguments)?;
        let out_room = plan.out_size(size)?.next_multiple_of(ALIGN);
        let bytes = needs.room.saturating_add(out_room.into());
        let Ok(all) = u32::try_from(bytes) else {
            return Err(ConventionError::ArgumentsTooLarge { bytes }.into());
        };
        // Neither is more than their sum.
        let room = needs.room as u32;
        let mut slots: Slots = [0; MOST];
        let mut lowered = false;
        let block = if all == 0 {
            guest.enter()?;
            0
        } else if room == 0 || needs.prepares {
            guest.enter_lending(all)?
        } else {
            let write = |bytes: &mut [u8], at| {
                plan.lower(arguments, &[0; PARAMS], &mut Room::new(bytes, at), &mut slots);
            };
            match guest.enter_writing(all, out_room, room, write) {
                Some((block, ())) => {
                    lowered = true;
                    block
                }
                None => guest.enter_lending(all)?,
            }
        };
        let mut frame = Frame { guest, block, running: false };
        let at = block.wrapping_add(out_room);
        if !lowered {
            let prepared: Prepared = match needs.prepares {
                true => plan.prepare(frame.guest, arguments)?,
                false => [0; PARAMS],
            };
            if room == 0 {
                plan.lower(arguments, &prepared, &mut Room::none(), &mut slots);
            } else {
                match frame.guest.context().bytes_mut(at, room) {
                    Ok(bytes) => {
                        plan.lower(arguments, &prepared, &mut Room::new(bytes, at), &mut slots);
                    }
                    Err(error) => {
                        plan.abandon(frame.guest, &prepared);
                        return Err(error);
                    }
                }
            }
        }
        frame.running = true;
        let result = plan.run(frame.guest, &*self.raw, &mut slots, block, size)?;
        frame.running = false;
        if plan.copies_back && room > 0 {
            let bytes = frame.guest.context().bytes(at, room)?;
            plan.copy_back(arguments, &mut Back::new(bytes, at))?;
        }
        result
    }
}

/// Finds a function whose type is `ty`, and checks it against the prototype.
fn find<B: Backend, T: Send + 'static>(
    guest: &mut Guest<'_, B, T>,
    target: &Target<'_, B>,
    ty: &FuncType,
    prototype: &Prototype,
) -> Result<DynFunc<B, T>> {
    let shapes = prototype.shapes(Role::Export);
    if !shapes.iter().any(|shape| shape.ty == *ty) {
        return Err(wrong_type(target, ty, shapes, &prototype.c_params_named(Role::Export)).into());
    }
    let raw = resolve(guest.context(), target, ty)?;
    Ok(DynFunc { plan: Arc::new(Plan::new(prototype.clone(), ty.clone())), raw })
}

impl<B: Backend, T: Send + 'static> Guest<'_, B, T> {
    /// Finds an exported function by its prototype: see [`Plugin::dyn_func`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn dyn_func(&mut self, name: &str, prototype: &Prototype) -> Result<DynFunc<B, T>> {
        let instance = self.instance()?;
        let facts = self.facts();
        let ty = facts.info.export_func(name).map_err(LinkError::from)?;
        find(self, &Target::Export { instance: &instance, name }, ty, prototype)
    }

    /// The same for a function pointer of the plugin's: an index into its function table.
    ///
    /// # Errors
    ///
    /// [`TableError`](crate::error::TableError) if the table has no function there,
    /// [`LinkError::PointerSignature`] if it has another type.
    pub fn dyn_func_at(&mut self, index: u32, prototype: &Prototype) -> Result<DynFunc<B, T>> {
        let ty = B::table_func_type(self.context(), index)?;
        find(self, &Target::Table(index), &ty, prototype)
    }
}

impl<B: Backend, T: Send + 'static> Plugin<B, T> {
    /// Finds an exported function by a prototype that is known at run time, and checks its type
    /// once for many calls.
    ///
    /// ```text
    /// let greet = plugin.dyn_func("greet", &"(str) -> string".parse()?)?;
    /// let hello = greet.call(&mut plugin, &mut [Argument::Str("World")], 0)?;
    /// assert_eq!(hello, Answer::Text("Hello, World!".into()));
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`func`](Self::func).
    pub fn dyn_func(&mut self, name: &str, prototype: &Prototype) -> Result<DynFunc<B, T>> {
        self.guest().dyn_func(name, prototype)
    }

    /// Finds a function of the plugin's by its pointer: see [`Guest::dyn_func_at`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn dyn_func_at(&mut self, index: u32, prototype: &Prototype) -> Result<DynFunc<B, T>> {
        self.guest().dyn_func_at(index, prototype)
    }
}
