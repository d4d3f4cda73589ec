//! One call of a host function, by its prototype.

use core::fmt;

use super::give::Given;
use super::plan::{PARAMS, Param, Plan};
use super::slots::Slots;
use crate::contract::Prototype;
use crate::convention::error::ConventionError;
use crate::convention::lift::LiftLimits;
use crate::error::Result;
use crate::plugin::Guest;
use crate::runtime::Runtime;

/// One call of a host function whose prototype is known at run time: its parameters to be taken, its
/// result to be given, and the plugin that calls.
///
/// A parameter that is [taken](Self::take) is the host's own copy. What a plugin hands over
/// (`owned<…>`) is freed when it is taken, and at the end of the call if it was not. A result that
/// the prototype promises must be [given](Self::give), once.
///
/// ```text
/// linker.dyn_func("host", "lookup", &"(str) -> string".parse()?, |call| {
///     let Taken::Text(key) = call.take(0, 0)? else { return Ok(()) };
///     let name = call.guest().state().get(&key).cloned().unwrap_or_default();
///     call.give(Argument::Str(&name))
/// })?;
/// ```
pub struct HostCall<'c, 'g, B: Runtime, T: Send + 'static> {
    pub(super) guest: &'c mut Guest<'g, B, T>,
    pub(super) plan: &'c Plan,
    pub(super) params: Slots,
    /// What is left of the bytes that this call may pass to the host.
    pub(super) budget: u32,
    /// Owned parameters that were taken, a bit for each.
    pub(super) taken: u16,
    /// Bytes of one element of each parameter, as far as they are known.
    pub(super) sizes: [u32; PARAMS],
    pub(super) given: Option<Given>,
}

impl<B: Runtime, T: Send + 'static> fmt::Debug for HostCall<'_, '_, B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HostCall({})", self.plan.prototype)
    }
}

impl<'c, 'g, B: Runtime, T: Send + 'static> HostCall<'c, 'g, B, T> {
    /// Runs `f` for one call from the plugin. `slots` are its parameters, and its results after it.
    pub(super) fn run(
        guest: &'c mut Guest<'g, B, T>,
        plan: &'c Plan,
        slots: &mut Slots,
        f: impl FnOnce(&mut HostCall<'_, 'g, B, T>) -> Result<()>,
    ) -> Result<()> {
        if plan.out {
            // Before the host function runs, so that a wild pointer has no effect at all.
            let out = slots[0] as u32;
            crate::context::Context::bytes(guest.context(), out, plan.least_out_size())?;
        }
        let budget = guest.state_of_plugin().max_transfer();
        let (params, sizes) = (*slots, [0; PARAMS]);
        let mut call = HostCall { guest, plan, params, budget, taken: 0, sizes, given: None };
        f(&mut call)?;
        call.release()?;
        *slots = call.finish()?;
        Ok(())
    }

    /// The plugin that calls.
    pub fn guest(&mut self) -> &mut Guest<'g, B, T> {
        self.guest
    }

    /// The host function's prototype.
    pub fn prototype(&self) -> &Prototype {
        &self.plan.prototype
    }

    /// How many parameters there are.
    pub fn len(&self) -> usize {
        self.plan.params.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.plan.params.is_empty()
    }

    pub(super) fn param(&self, index: usize) -> Result<Param> {
        match self.plan.params.get(index) {
            Some(param) => Ok(*param),
            None => {
                let (number, of) = (index as u64 + 1, self.plan.params.len() as u32);
                Err(ConventionError::NoParameter { number, of }.into())
            }
        }
    }

    /// A parameter's pointer or number, and its length if it has one.
    pub(super) fn flat(&self, param: &Param) -> (u64, u32) {
        let slot = |at: usize| self.params.get(at).copied().unwrap_or(0);
        let len = if param.kind.slots() == 2 { slot(param.slot + 1) as u32 } else { 0 };
        (slot(param.slot), len)
    }

    /// Where the result goes.
    pub(super) fn out(&self) -> u32 {
        self.params[0] as u32
    }

    /// Frees what the plugin handed over and nobody took.
    fn release(&mut self) -> Result<()> {
        let mut result = Ok(());
        for (index, param) in self.plan.params.iter().enumerate() {
            if param.owned && self.taken & (1 << index) == 0 {
                result = result.and(self.discard(index, param));
            }
        }
        result
    }
}

/// Also if the host function failed or panicked: what was handed over is nobody's else.
impl<B: Runtime, T: Send + 'static> Drop for HostCall<'_, '_, B, T> {
    fn drop(&mut self) {
        let _ = self.release();
        if let Some(Given { block, .. }) = self.given.take()
            && block != 0
        {
            // The plugin never hears of it.
            let _ = self.guest.free(block);
        }
    }
}
