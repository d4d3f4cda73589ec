//! A case as data, and as a test.

use hostheap_core::{Capabilities, Runtime};

use crate::subject::Subject;

/// One case, for one subject.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The module it stands in.
    pub group: &'static str,
    /// What is true if it passes.
    pub name: &'static str,
    /// The capability that it needs, by the name of the field, and whether the backend has it.
    pub needs: Option<(&'static str, bool)>,
    /// Panics unless it passes, on the subject's [base](Subject::Base).
    pub case: fn(),
    /// Runs it [under the subject's settings](Subject::run).
    pub around: fn(fn()),
}

impl Case {
    /// Whether it is to be run.
    pub fn applies(&self) -> bool {
        self.needs.is_none_or(|(_, has)| has)
    }

    /// Panics unless it passes.
    pub fn run(&self) {
        (self.around)(self.case);
    }

    /// Runs it if it applies; otherwise says on standard error that it does not.
    pub fn run_for<S: Subject>(&self) {
        if self.applies() {
            return self.run();
        }
        let needs = self.needs.map_or("", |(name, _)| name);
        let Case { group, name, .. } = self;
        crate::say(format_args!("{group}::{name}: not for {}, which lacks {needs}", S::name()));
    }
}

/// What a subject's backend can do.
pub fn capabilities<S: Subject>() -> Capabilities {
    <S::Backend as Runtime>::CAPABILITIES
}

/// A capability by the name of its field; `None` where a case needs none.
#[doc(hidden)]
#[macro_export]
macro_rules! needs {
    ($S:ty,) => {
        None
    };
    ($S:ty, $capability:ident) => {
        Some((stringify!($capability), $crate::case::capabilities::<$S>().$capability))
    };
}

macro_rules! cases {
    ({} $($group:ident { $($case:ident $(needs $capability:ident)?),* $(,)? })*) => {
        /// Every case for a subject.
        pub fn cases<S: Subject>() -> Vec<Case> {
            vec![$($(
                Case {
                    group: stringify!($group),
                    name: stringify!($case),
                    needs: $crate::needs!(S, $($capability)?),
                    case: crate::cases::$group::$case::<S::Base>,
                    around: S::run,
                },
            )*)*]
        }
    };
}
crate::for_each_case!([cases] {});

/// Makes a test of every case, for a backend or another [`Subject`].
///
/// ```text
/// hostheap_tests::conformance!(wasmtime, hostheap_backend_wasmtime::Wasmtime);
/// ```
///
/// The first is the module that the tests are put in.
#[macro_export]
macro_rules! conformance {
    ($module:ident, $subject:ty) => {
        $crate::for_each_case!([$crate::conformance_tests] { $module $subject });
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! conformance_tests {
    (
        { $module:ident $subject:ty }
        $($group:ident { $($case:ident $(needs $capability:ident)?),* $(,)? })*
    ) => {
        mod $module {
            #[allow(unused_imports, reason = "a subject may be named by its full path")]
            use super::*;
            type TheSubject = $subject;

            $(mod $group {
                use super::TheSubject;

                $(#[test]
                fn $case() {
                    let case = $crate::case::Case {
                        group: stringify!($group),
                        name: stringify!($case),
                        needs: $crate::needs!(TheSubject, $($capability)?),
                        case: $crate::cases::$group::$case::<
                            <TheSubject as $crate::Subject>::Base,
                        >,
                        around: <TheSubject as $crate::Subject>::run,
                    };
                    case.run_for::<TheSubject>();
                })*
            })*
        }
    };
}
