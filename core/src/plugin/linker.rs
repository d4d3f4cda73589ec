//! From a module and host functions to a running plugin.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

use super::instance::Plugin;
use super::module::{Engine, Module, ModuleFacts};
use super::state::{Limits, State};
use crate::backend::Backend;
use crate::contract::{Prototype, Role};
use crate::convention::dynamic::{self, Closure, HostCall};
use crate::convention::{HostFunction, Sink};
use crate::error::{LinkError, Result};
use crate::export::Export;
use crate::imports;
use crate::module::{ExternType, Import};
use crate::runtime::Runtime;
use crate::sites::{self, SITE, SITE_MODULE};
use crate::value::FuncType;

/// Registers one host function with a backend's linker, in the shape that a module's import has.
type Define<B, T> = Box<
    dyn Fn(&mut <B as Runtime>::Linker<State<B, T>>, Names<'_>, &FuncType) -> Result<()>
        + Send
        + Sync,
>;

/// Import module and name.
type Names<'a> = (&'a str, &'a str);

/// The host functions that plugins with user state `T` may import.
///
/// `malloc` and its family (module `env`) are always there; a function registered under one of
/// their names replaces it.
pub struct Linker<B: Runtime, T: Send + 'static> {
    engine: B::Engine,
    functions: BTreeMap<String, BTreeMap<String, Define<B, T>>>,
    limits: Limits,
    call_sites: bool,
}

impl<B: Runtime, T: Send + 'static> fmt::Debug for Linker<B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.functions.iter().map(|(module, names)| (module, names.keys()));
        write!(f, "Linker<{}> ", B::NAME)?;
        f.debug_map().entries(names.map(|(m, n)| (m, Keys(n.clone())))).finish()
    }
}

struct Keys<I>(I);
impl<I: Iterator<Item: fmt::Debug> + Clone> fmt::Debug for Keys<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.clone()).finish()
    }
}

impl<B: Backend, T: Send + 'static> Linker<B, T> {
    /// A linker that offers the malloc family and nothing else.
    pub fn new(engine: &Engine<B>) -> Self {
        let engine = engine.inner.clone();
        Linker { engine, functions: BTreeMap::new(), limits: Limits::new(), call_sites: false }
    }

    /// Sets what each plugin may use.
    pub fn limits(&mut self, limits: Limits) -> &mut Self {
        self.limits = limits;
        self
    }

    /// Whether to remember from which line of its source a plugin asked for each block, for plugins
    /// that say so: those in C that were compiled with the kit's `HH_CALL_SITES`.
    /// [`Plugin::call_site`] tells it. Their malloc and free take longer then; others stay as they are.
    pub fn call_sites(&mut self, wanted: bool) -> &mut Self {
        self.call_sites = wanted;
        self
    }

    /// Offers plugins a host function.
    ///
    /// The closure gets the plugin that calls it, with its memory, its heap and the host's state
    /// `T`, and the converted parameters: see [`Lift`](crate::convention::Lift) and
    /// [`ToGuest`](crate::convention::ToGuest) for the types.
    ///
    /// Whether it fits the type that a plugin imports it with is checked when that plugin is
    /// linked.
    ///
    /// # Errors
    ///
    /// [`LinkError::DuplicateImport`] if the name is taken.
    pub fn func<A, R, F>(&mut self, module: &str, name: &str, f: F) -> Result<&mut Self>
    where
        F: HostFunction<B, T, A, R>,
    {
        let f = Arc::new(f);
        let define = move |linker: &mut B::Linker<State<B, T>>, names: Names<'_>, ty: &FuncType| {
            f.clone().define(Sink::import(linker, names, ty, &F::c_params))
        };
        self.insert(module, name, Box::new(define))
    }

    /// Offers plugins a host function whose prototype is known at run time: for bindings to other
    /// languages. Host functions in Rust are registered by [`func`](Self::func).
    ///
    /// The closure gets one call at a time: see [`HostCall`]. An error that it returns ends the
    /// plugin's call.
    ///
    /// # Errors
    ///
    /// Those of [`func`](Self::func).
    pub fn dyn_func<F>(
        &mut self,
        module: &str,
        name: &str,
        prototype: &Prototype,
        f: F,
    ) -> Result<&mut Self>
    where
        F: Fn(&mut HostCall<'_, '_, B, T>) -> Result<()> + Send + Sync + 'static,
    {
        let (closure, prototype): (Closure<B, T>, _) = (Arc::new(f), prototype.clone());
        let define = move |linker: &mut B::Linker<State<B, T>>, names: Names<'_>, ty: &FuncType| {
            let c_params = || prototype.c_params_named(Role::Import);
            let sink = Sink::import(linker, names, ty, &c_params);
            dynamic::define(sink, &prototype, closure.clone())
        };
        self.insert(module, name, Box::new(define))
    }

    fn insert(&mut self, module: &str, name: &str, define: Define<B, T>) -> Result<&mut Self> {
        let names = self.functions.entry(module.to_owned()).or_default();
        if names.contains_key(name) {
            let (module, name) = (module.to_owned(), name.to_owned());
            return Err(LinkError::DuplicateImport { module, name }.into());
        }
        names.insert(name.to_owned(), define);
        Ok(self)
    }

    /// Offers plugins a whole module of host functions.
    ///
    /// ```text
    /// linker.module("host", |host| {
    ///     host.func("now", |_: &mut Guest<'_, App>| 42_i64)?;
    ///     host.func("log", |guest: &mut Guest<'_, App>, line: String| guest.state_mut().log(line))?;
    ///     Ok(())
    /// })?;
    /// ```
    ///
    /// What defines one may be any function over a [`HostModule`], so a library can offer its own.
    ///
    /// # Errors
    ///
    /// Those of `define`.
    pub fn module(
        &mut self,
        name: &str,
        define: impl FnOnce(&mut HostModule<'_, B, T>) -> Result<()>,
    ) -> Result<&mut Self> {
        define(&mut HostModule { linker: self, name })?;
        Ok(self)
    }

    /// Resolves the imports of a module, once for all its instances.
    ///
    /// # Errors
    ///
    /// [`LinkError::Imports`] with every import that is missing or of the wrong kind or type,
    /// [`LinkError::ImportSignature`]; [`Error::Mismatch`](crate::Error::Mismatch) if the module was
    /// loaded by another engine.
    pub fn link(&self, module: &Module<B>) -> Result<Linked<B, T>> {
        let mut linker = B::linker::<State<B, T>>(&self.engine);
        let mut seen = BTreeMap::new();
        let is_site = |import: &Import| import.module == SITE_MODULE && import.name == SITE;
        let traced = self.call_sites && module.facts.info.imports().iter().any(is_site);
        // Only what the module imports: a start costs what the plugin uses.
        for import in module.facts.info.imports() {
            let ExternType::Func(ty) = &import.ty else { continue };
            // A module may import one function several times; it is registered once, and each
            // occurrence's type is checked by the backend.
            if seen.insert((import.module.as_str(), import.name.as_str()), ()).is_some() {
                continue;
            }
            let define =
                self.functions.get(&import.module).and_then(|names| names.get(&import.name));
            if let Some(define) = define {
                define(&mut linker, (&import.module, &import.name), ty)?;
            } else if import.module == imports::MODULE {
                if traced {
                    sites::define_traced::<B, _>(&mut linker, &import.name)?;
                } else {
                    imports::define::<B, _>(&mut linker, &import.name)?;
                }
            } else if is_site(import) {
                sites::define_site::<B, _>(&mut linker)?;
            }
        }
        let inner = B::link(&linker, &module.inner)?;
        let (engine, facts) = (self.engine.clone(), module.facts.clone());
        Ok(Linked { engine, inner, facts, limits: self.limits, traced })
    }

    /// Links and instantiates in one go; for several instances [`link`](Self::link) once.
    ///
    /// # Errors
    ///
    /// Those of [`link`](Self::link) and of [`Linked::instantiate`].
    pub fn instantiate(&self, module: &Module<B>, state: T) -> Result<Plugin<B, T>> {
        self.link(module)?.instantiate(state)
    }
}

/// The host functions of one import module, being registered: see [`Linker::module`].
pub struct HostModule<'a, B: Runtime, T: Send + 'static> {
    linker: &'a mut Linker<B, T>,
    name: &'a str,
}

impl<B: Runtime, T: Send + 'static> fmt::Debug for HostModule<'_, B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HostModule<{}>({})", B::NAME, self.name)
    }
}

impl<B: Backend, T: Send + 'static> HostModule<'_, B, T> {
    /// Offers a function of this module: see [`Linker::func`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn func<A, R, F>(&mut self, name: &str, f: F) -> Result<&mut Self>
    where
        F: HostFunction<B, T, A, R>,
    {
        self.linker.func(self.name, name, f)?;
        Ok(self)
    }

    /// Offers a function of this module whose prototype is known at run time: see
    /// [`Linker::dyn_func`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn dyn_func<F>(&mut self, name: &str, prototype: &Prototype, f: F) -> Result<&mut Self>
    where
        F: Fn(&mut HostCall<'_, '_, B, T>) -> Result<()> + Send + Sync + 'static,
    {
        self.linker.dyn_func(self.name, name, prototype, f)?;
        Ok(self)
    }
}

/// A module whose imports are resolved: makes any number of plugins.
pub struct Linked<B: Runtime, T: Send + 'static> {
    pub(super) engine: B::Engine,
    pub(super) inner: B::Linked<State<B, T>>,
    pub(super) facts: Arc<ModuleFacts>,
    pub(super) limits: Limits,
    /// Its plugins say from where they call the family, and the host wants to know.
    pub(super) traced: bool,
}

impl<B: Runtime, T: Send + 'static> fmt::Debug for Linked<B, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Linked<{}>", B::NAME)
    }
}

impl<B, T> Linked<B, T>
where
    B: Export<(), ()> + Export<(i32,), i32> + Export<(i32,), ()>,
    T: Send + 'static,
{
    /// A new plugin with memory and heap of its own.
    ///
    /// Before it returns, the plugin's start function has run, and its `_initialize` if it is a
    /// WASI reactor: both with a working heap, whatever the runtime.
    ///
    /// # Errors
    ///
    /// [`Error::Trap`](crate::Error::Trap) and host functions' errors from the plugin's start.
    pub fn instantiate(&self, state: T) -> Result<Plugin<B, T>> {
        Plugin::start(self, state)
    }
}
