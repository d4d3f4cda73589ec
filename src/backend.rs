//! Which runtimes are compiled in, and which of them is the default.

/// Defines a module with every type of the plugin layer for one runtime.
macro_rules! runtime {
    ($(#[$doc:meta])* $module:ident, $feature:literal, $krate:ident, $Backend:ident) => {
        $(#[$doc])*
        #[cfg(feature = $feature)]
        pub mod $module {
            /// The backend itself: its engine can be made from the runtime's own.
            pub use $krate as backend;
            use hostheap_core::{Runtime, plugin};

            #[doc = concat!("The ", $feature, " runtime.")]
            pub type Backend = $krate::$Backend;
            /// Loads plugins.
            pub type Engine = plugin::Engine<Backend>;
            /// A plugin, examined and compiled.
            pub type Module = plugin::Module<Backend>;
            /// The host functions that plugins with user state `T` may import.
            pub type Linker<T> = plugin::Linker<Backend, T>;
            /// The host functions of one import module, being registered.
            pub type HostModule<'a, T> = plugin::HostModule<'a, Backend, T>;
            /// A module whose imports are resolved.
            pub type Linked<T> = plugin::Linked<Backend, T>;
            /// A running plugin.
            pub type Plugin<T> = plugin::Plugin<Backend, T>;
            /// A plugin as a host function sees it.
            pub type Guest<'a, T> = plugin::Guest<'a, Backend, T>;
            /// A plugin's function: `A` is the tuple of its argument types, `R` its result type.
            pub type Func<A, R> = hostheap_core::convention::Func<Backend, A, R>;
            /// A plugin's function by its prototype: see [`dynamic`](crate::convention::dynamic).
            pub type DynFunc<T> = hostheap_core::convention::dynamic::DynFunc<Backend, T>;
            /// One call of a host function by its prototype.
            pub type HostCall<'c, 'g, T> =
                hostheap_core::convention::dynamic::HostCall<'c, 'g, Backend, T>;
            /// The runtime's name.
            pub const NAME: &str = Backend::NAME;
        }
    };
}

runtime! {
    /// Plugins on wasmtime.
    wasmtime, "wasmtime", hostheap_backend_wasmtime, Wasmtime
}
runtime! {
    /// Plugins on wasmer.
    wasmer, "wasmer", hostheap_backend_wasmer, Wasmer
}
runtime! {
    /// Plugins on the wasmi interpreter.
    wasmi, "wasmi", hostheap_backend_wasmi, Wasmi
}

cfg_if::cfg_if! {
    if #[cfg(feature = "wasmtime")] {
        use self::wasmtime as default;
    } else if #[cfg(feature = "wasmer")] {
        use self::wasmer as default;
    } else if #[cfg(feature = "wasmi")] {
        use self::wasmi as default;
    } else {
        compile_error!(
            "hostheap needs a runtime: enable one of its features `wasmtime` (the default), \
             `wasmer` or `wasmi`, for example \
             `hostheap = { version = \"0.1\", default-features = false, features = [\"wasmi\"] }`"
        );
    }
}

#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
pub use self::default::{
    Backend as DefaultBackend, DynFunc, Engine, Func, Guest, HostCall, HostModule, Linked, Linker,
    Module, Plugin,
};
