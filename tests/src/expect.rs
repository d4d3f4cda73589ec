//! Takes a result apart that must be an error of one kind; panics with what it was instead.

use hostheap_core::error::{
    AllocError, ConventionError, GrowError, ImportProblem, InvalidPointer, LinkError, Mismatch,
    ModuleError, OutOfBounds, TableError, Unsupported,
};
use hostheap_core::heap::InvalidKind;
use hostheap_core::{Error, FuncType, Result, TrapKind};

macro_rules! expect {
    ($($(#[$doc:meta])* $name:ident -> $Out:ty: $pattern:pat => $out:expr;)*) => {
        $(
            $(#[$doc])*
            #[track_caller]
            pub fn $name<T>(result: Result<T>) -> $Out {
                match result.err() {
                    Some($pattern) => $out,
                    Some(other) => panic!("expected another error than {other:?}"),
                    None => panic!("expected an error, and it succeeded"),
                }
            }
        )*
    };
}
expect! {
    /// The module's fault.
    module -> ModuleError: Error::Module(e) => *e;
    /// What does not fit.
    link -> LinkError: Error::Link(e) => *e;
    /// Every import that does not fit.
    imports -> Vec<ImportProblem>: Error::Link(e) => match *e {
        LinkError::Imports(problems) => problems,
        other => panic!("expected import problems, found {other:?}"),
    };
    /// Why the guest stopped.
    trap -> TrapKind: Error::Trap(e) => e.kind();
    /// The access.
    out_of_bounds -> OutOfBounds: Error::OutOfBounds(e) => e;
    /// The growth.
    grow -> GrowError: Error::Grow(e) => e;
    /// The function table's reason.
    table -> TableError: Error::Table(e) => *e;
    /// The heap's reason.
    alloc -> AllocError: Error::Alloc(e) => e;
    /// The pointer, and what lies there.
    invalid_pointer -> InvalidPointer: Error::InvalidPointer(e) => e;
    /// What lies at the pointer.
    invalid_kind -> InvalidKind: Error::InvalidPointer(e) => e.kind;
    /// What broke the convention.
    convention -> ConventionError: Error::Convention(e) => *e;
    /// What met what.
    mismatch -> Mismatch: Error::Mismatch(e) => e;
    /// What the runtime does not have.
    unsupported -> Unsupported: Error::Unsupported(e) => e;
    /// The host function's own error.
    host -> Box<dyn std::error::Error + Send + Sync>: Error::Host(e) => e;
    /// The runtime's own words.
    runtime -> String: Error::Runtime(e) => e.into();
    /// No memory is bound.
    unbound -> (): Error::Unbound => ();
    /// The plugin was unwound earlier.
    poisoned -> (): Error::Poisoned => ();
}

/// The types that would do and their C prototypes, for an export or an import of another type.
#[track_caller]
pub fn signatures<T>(result: Result<T>) -> Vec<(FuncType, String)> {
    match link(result) {
        LinkError::ExportSignature { accepted, .. }
        | LinkError::ImportSignature { accepted, .. } => accepted,
        other => panic!("expected a signature that does not fit, found {other:?}"),
    }
}
