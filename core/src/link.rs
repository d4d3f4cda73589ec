//! Imports and exports that do not fit, found before anything runs and reported all at once.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::module::ExportError;
use crate::value::{FuncType, ValType, Value};

/// Imports or exports of a module that do not fit what the host offers or asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkError {
    /// Two host functions were registered under one name.
    DuplicateImport {
        /// Import module.
        module: String,
        /// Import name.
        name: String,
    },
    /// Imports that are missing or of another type: all of them.
    Imports(Vec<ImportProblem>),
    /// The module has no export of that name and kind.
    MissingExport {
        /// The name asked for.
        name: String,
        /// The kind asked for: `function`, `memory`, `global`, `function table`.
        kind: &'static str,
        /// Exports of that kind that the module does have, or those of a similar name.
        available: Vec<String>,
    },
    /// An export is of another kind than asked for.
    ExportKind {
        /// The export.
        name: String,
        /// The kind asked for.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// An exported function has another type than asked for.
    ExportType {
        /// The export.
        name: String,
        /// The type asked for.
        expected: FuncType,
        /// The type it has.
        found: FuncType,
    },
    /// An exported function has none of the types that the calling convention accepts.
    ExportSignature {
        /// The export.
        name: String,
        /// The type it has.
        found: FuncType,
        /// Each type that would do, with the C prototype that makes it.
        accepted: Vec<(FuncType, String)>,
    },
    /// A function pointer of the plugin's leads to a function of another type.
    PointerSignature {
        /// Index in the plugin's function table.
        index: u32,
        /// The function's type.
        found: FuncType,
        /// The types that would do, each with its C prototype.
        accepted: Vec<(FuncType, String)>,
    },
    /// An imported function has none of the types that the calling convention accepts.
    ImportSignature {
        /// Import module.
        module: String,
        /// Import name.
        name: String,
        /// The type that the plugin declares.
        found: FuncType,
        /// Each type that would do, with the C prototype that makes it.
        accepted: Vec<(FuncType, String)>,
    },
    /// An exported global has another type than the value given.
    GlobalType {
        /// The export.
        name: String,
        /// Type of the value given.
        expected: ValType,
        /// Type of the global.
        found: ValType,
    },
    /// An exported global cannot be set.
    ImmutableGlobal {
        /// The export.
        name: String,
    },
}

/// One import that cannot be satisfied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportProblem {
    /// Import module.
    pub module: String,
    /// Import name.
    pub name: String,
    /// What the plugin imports.
    pub wanted: ImportType,
    /// The type of the host's function of that name, if there is one.
    pub offered: Option<FuncType>,
}

/// What kind of thing a module imports.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImportType {
    /// A function of this type.
    Func(FuncType),
    /// Something that a host does not offer plugins: `memory`, `table`, `global` or `tag`.
    Other(&'static str),
}

impl fmt::Display for ImportProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ImportProblem { module, name, .. } = self;
        match (&self.wanted, &self.offered) {
            (ImportType::Func(ty), None) => {
                write!(f, "`{module}.{name}` {ty}: the host offers no such function; ")?;
                f.write_str(if module.starts_with("wasi") {
                    "WASI is not offered: build the plugin without a libc (-nostdlib), or \
                     register the calls that it needs with Linker::func"
                } else if module == crate::imports::MODULE {
                    "it is no member of the malloc family: link what defines it, or register it \
                     with Linker::func"
                } else {
                    "register it with Linker::func, or correct the name in the plugin"
                })
            }
            (ImportType::Func(ty), Some(offered)) => write!(
                f,
                "`{module}.{name}` {ty}: the host offers it as {offered}; declare it in the plugin \
                 with that type"
            ),
            (ImportType::Other(kind), _) => {
                write!(
                    f,
                    "`{module}.{name}` is a {kind}: the host offers functions only; define it in \
                     the plugin"
                )
            }
        }
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinkError::DuplicateImport { module, name } => {
                write!(f, "`{module}.{name}` is registered twice: register each host function once")
            }
            LinkError::Imports(problems) => {
                match problems.as_slice() {
                    [one] => return write!(f, "unsatisfied import {one}"),
                    many => write!(f, "{} unsatisfied imports:", many.len())?,
                }
                for problem in problems {
                    write!(f, "\n  {problem}")?;
                }
                Ok(())
            }
            LinkError::MissingExport { name, kind, available } => {
                write!(f, "the plugin exports no {kind} `{name}`")?;
                if !available.is_empty() {
                    f.write_str("; it has ")?;
                    list(f, available)?;
                }
                if *kind == "function table" {
                    return f.write_str(": export it with -Wl,--export-table");
                }
                write!(f, ": export it with -Wl,--export={name}")?;
                if *kind == "function" {
                    f.write_str(", or in Rust with #[unsafe(no_mangle)] pub extern \"C\" fn")?;
                }
                Ok(())
            }
            LinkError::ExportKind { name, expected, found } => write!(
                f,
                "the plugin's export `{name}` is no {expected} but this: {found}; ask for what it is, \
                 or export a {expected} by that name"
            ),
            LinkError::ExportType { name, expected, found } => write!(
                f,
                "the plugin's export `{name}` has type {found}, and the host asks for {expected}: \
                 give both sides one prototype"
            ),
            LinkError::ExportSignature { name, found, accepted } => {
                write!(f, "the plugin's export `{name}` has type {found}; ")?;
                prototypes(f, accepted)
            }
            LinkError::PointerSignature { index, found, accepted } => {
                write!(
                    f,
                    "the function at the plugin's function pointer {index} has type {found}; "
                )?;
                prototypes(f, accepted)
            }
            LinkError::ImportSignature { module, name, found, accepted } => {
                write!(f, "the plugin imports `{module}.{name}` with type {found}; ")?;
                prototypes(f, accepted)
            }
            LinkError::GlobalType { name, expected, found } => write!(
                f,
                "the plugin's global `{name}` is an {found}, and the value given is an {expected}: \
                 give it an {found}"
            ),
            LinkError::ImmutableGlobal { name } => {
                write!(f, "the plugin's global `{name}` is immutable: declare it mutable to set it")
            }
        }
    }
}

/// The first few names of a list, so that a large module does not fill a screen.
fn list(f: &mut fmt::Formatter<'_>, names: &[String]) -> fmt::Result {
    const SHOWN: usize = 12;
    for (i, name) in names.iter().take(SHOWN).enumerate() {
        if i > 0 {
            f.write_str(", ")?;
        }
        write!(f, "`{name}`")?;
    }
    match names.len().checked_sub(SHOWN) {
        Some(more @ 1..) => write!(f, " and {more} more"),
        _ => Ok(()),
    }
}

fn prototypes(f: &mut fmt::Formatter<'_>, accepted: &[(FuncType, String)]) -> fmt::Result {
    f.write_str("the host's call needs")?;
    f.write_str(if accepted.len() == 1 { ":" } else { " one of:" })?;
    for (ty, prototype) in accepted {
        write!(f, "\n  {ty}  as made by  {prototype}")?;
    }
    Ok(())
}

impl core::error::Error for LinkError {}

impl From<ExportError> for LinkError {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Missing { name, near } => {
                LinkError::MissingExport { name, kind: "function", available: near }
            }
            ExportError::NotAFunction { name, found } => {
                LinkError::ExportKind { name, expected: "function", found: found.to_string() }
            }
        }
    }
}

/// Checks that a function of type `found` can be called with `arguments` and that its results are
/// numbers, so that all runtimes refuse a [dynamic call](crate::Runtime::call_dynamic) alike.
///
/// ```
/// use hostheap_core::link::check_dynamic_call;
/// use hostheap_core::{FuncType, ValType, Value};
///
/// let ty = FuncType::new([ValType::I32], [ValType::F64]);
/// assert!(check_dynamic_call("f", &ty, &[Value::I32(1)]).is_ok());
/// assert!(check_dynamic_call("f", &ty, &[Value::I64(1)]).is_err());
/// assert!(check_dynamic_call("f", &ty, &[]).is_err());
///
/// let ty = FuncType::new([], [ValType::V128]);
/// assert!(check_dynamic_call("f", &ty, &[]).is_err());
/// ```
///
/// # Errors
///
/// [`LinkError::ExportType`], whose `expected` has the arguments' types and only results that are
/// numbers.
pub fn check_dynamic_call(
    name: &str,
    found: &FuncType,
    arguments: &[Value],
) -> Result<(), LinkError> {
    let numbers = found.results.iter().copied().filter(|ty| ty.is_number());
    let expected = FuncType::new(arguments.iter().map(|value| value.ty()), numbers);
    if expected == *found {
        return Ok(());
    }
    Err(LinkError::ExportType { name: name.into(), expected, found: found.clone() })
}

/// Checks values against the types they must have, for calls whose types are only known at run time.
///
/// # Errors
///
/// [`Error::Runtime`](crate::Error::Runtime) with both.
pub fn check_values(types: &[ValType], values: &[Value]) -> crate::Result<()> {
    let fits = |(value, ty): (&Value, &ValType)| value.ty() == *ty;
    if values.len() == types.len() && values.iter().zip(types).all(fits) {
        return Ok(());
    }
    let found = FuncType::new(values.iter().map(|value| value.ty()), []);
    let expected = FuncType::new(types.iter().copied(), []);
    let (found, expected) = (found.to_string(), expected.to_string());
    let list = |ty: &str| ty.strip_suffix(" -> ()").unwrap_or(ty).to_owned();
    Err(crate::Error::runtime(format_args!(
        "values of types {} were given where {} are needed",
        list(&found),
        list(&expected)
    )))
}

/// The host functions of a linker, by name: what a backend checks a module's imports against.
///
/// Kept by backends beside their runtime's own linker, so that all runtimes report the same
/// problems, all at once and in the same words.
#[derive(Clone, Debug, Default)]
pub struct ImportTable {
    // Two levels, so that looking up needs no owned strings.
    modules: BTreeMap<String, BTreeMap<String, FuncType>>,
}

impl ImportTable {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a host function.
    ///
    /// # Errors
    ///
    /// [`LinkError::DuplicateImport`] if the name is taken; the table is as it was.
    pub fn insert(&mut self, module: &str, name: &str, ty: FuncType) -> Result<(), LinkError> {
        let names = self.modules.entry(module.to_owned()).or_default();
        if names.contains_key(name) {
            let (module, name) = (module.to_owned(), name.to_owned());
            return Err(LinkError::DuplicateImport { module, name });
        }
        names.insert(name.to_owned(), ty);
        Ok(())
    }

    /// The type of a host function.
    pub fn get(&self, module: &str, name: &str) -> Option<&FuncType> {
        self.modules.get(module)?.get(name)
    }

    /// Checks a module's imports.
    ///
    /// # Errors
    ///
    /// [`LinkError::Imports`] with every import that is missing or of another type, by name.
    pub fn check<'a>(
        &self,
        imports: impl IntoIterator<Item = (&'a str, &'a str, ImportType)>,
    ) -> Result<(), LinkError> {
        let mut problems = Vec::new();
        for (module, name, wanted) in imports {
            let offered = self.get(module, name);
            if !matches!((&wanted, offered), (ImportType::Func(ty), Some(host)) if ty == host) {
                let (module, name) = (module.to_owned(), name.to_owned());
                problems.push(ImportProblem { module, name, wanted, offered: offered.cloned() });
            }
        }
        // Runtimes list imports in different orders; reports are the same everywhere.
        problems.sort_by(|a, b| (&a.module, &a.name).cmp(&(&b.module, &b.name)));
        if problems.is_empty() { Ok(()) } else { Err(LinkError::Imports(problems)) }
    }
}
