//! How a call went, and why it failed.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use core::any::Any;
use core::ffi::{CStr, c_char};
use std::cell::{Cell, RefCell};
use std::ffi::CString;

use hostheap_core::Error;
use hostheap_core::error::TrapKind;

use crate::words;

/// How a call went. 0 is success; otherwise `hh_error_message` says in words what went wrong, and
/// what to do about it.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "names of C")]
pub enum hh_status {
    /// It went well.
    HH_OK = 0,
    /// A pointer that must not be NULL is NULL.
    HH_ERR_NULL = 1,
    /// An argument has a value that is none: text that is not UTF-8, an index too high, a number
    /// that means nothing, a value of another type than the function's.
    HH_ERR_ARGUMENT = 2,
    /// A handle that is not live was to be destroyed: most likely it was destroyed before.
    HH_ERR_HANDLE = 3,
    /// The instance or heap is in use: by a call in progress, or by an open view.
    HH_ERR_BUSY = 4,
    /// An instance was used by another thread than the one that made it.
    HH_ERR_THREAD = 5,
    /// A file could not be read.
    HH_ERR_IO = 6,
    /// The bytes are no module, or one that cannot be a plugin.
    HH_ERR_MODULE = 7,
    /// The module breaks the contract. `hh_error_message` has all that is wrong.
    HH_ERR_CONTRACT = 8,
    /// An import or export is missing or has another type.
    HH_ERR_LINK = 9,
    /// The plugin trapped. `hh_error_trap` says why. It refuses further calls.
    HH_ERR_TRAP = 10,
    /// An access outside linear memory; nothing was read or written.
    HH_ERR_BOUNDS = 11,
    /// Linear memory could not grow.
    HH_ERR_GROW = 12,
    /// The function table does not hold what was asked of it.
    HH_ERR_TABLE = 13,
    /// The heap could not satisfy the request: out of memory, or past a limit.
    HH_ERR_MEMORY = 14,
    /// A pointer that is not the start of a live block was freed, reallocated or measured. Nothing
    /// has changed.
    HH_ERR_POINTER = 15,
    /// An argument or a result broke the calling convention.
    HH_ERR_CONVENTION = 16,
    /// Things of different engines or instances were used together.
    HH_ERR_MISMATCH = 17,
    /// The plugin trapped earlier, and is not called again: make a new instance.
    HH_ERR_POISONED = 18,
    /// The runtime, or this build of the library, cannot do that.
    HH_ERR_UNSUPPORTED = 19,
    /// A host function failed: `hh_error_message` is its own message.
    HH_ERR_HOST = 20,
    /// The plugin's function returned an error of its own, as its prototype allows. `hh_error_code`
    /// is its code. The plugin goes on.
    HH_ERR_GUEST = 21,
    /// The runtime failed, in its own words.
    HH_ERR_RUNTIME = 22,
    /// A mistake of this library: please report it. What it was done to should be destroyed.
    HH_ERR_PANIC = 23,
    /// Not an error, but the answer of `hh_heap_try_malloc` and its like: grow the memory and ask
    /// again.
    HH_NEED_MEMORY = 24,
}

#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
impl hh_status {
    /// A failure by its number, as a host function returns it.
    pub(crate) fn failure(number: i32) -> Option<Self> {
        use hh_status::*;
        let all = [
            HH_ERR_NULL,
            HH_ERR_ARGUMENT,
            HH_ERR_HANDLE,
            HH_ERR_BUSY,
            HH_ERR_THREAD,
            HH_ERR_IO,
            HH_ERR_MODULE,
            HH_ERR_CONTRACT,
            HH_ERR_LINK,
            HH_ERR_TRAP,
            HH_ERR_BOUNDS,
            HH_ERR_GROW,
            HH_ERR_TABLE,
            HH_ERR_MEMORY,
            HH_ERR_POINTER,
            HH_ERR_CONVENTION,
            HH_ERR_MISMATCH,
            HH_ERR_POISONED,
            HH_ERR_UNSUPPORTED,
            HH_ERR_HOST,
            HH_ERR_GUEST,
            HH_ERR_RUNTIME,
            HH_ERR_PANIC,
        ];
        all.into_iter().find(|status| *status as i32 == number)
    }
}

/// Why a plugin trapped.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "names of C")]
pub enum hh_trap {
    /// It did not trap.
    HH_TRAP_NONE = 0,
    /// For a reason that has no name here.
    HH_TRAP_OTHER = 1,
    /// It executed `unreachable`: an abort, a failed assertion, a panic.
    HH_TRAP_UNREACHABLE = 2,
    /// A load or store outside linear memory.
    HH_TRAP_MEMORY_OUT_OF_BOUNDS = 3,
    /// A table access or an indirect call with an index outside the table.
    HH_TRAP_TABLE_OUT_OF_BOUNDS = 4,
    /// A call through a function pointer that is NULL or was never set.
    HH_TRAP_INDIRECT_CALL_TO_NULL = 5,
    /// A call through a pointer to a function of another type.
    HH_TRAP_INDIRECT_CALL_TYPE_MISMATCH = 6,
    /// Integer division or remainder by zero.
    HH_TRAP_INTEGER_DIVISION_BY_ZERO = 7,
    /// An integer result that does not fit.
    HH_TRAP_INTEGER_OVERFLOW = 8,
    /// A NaN converted to an integer.
    HH_TRAP_BAD_CONVERSION_TO_INTEGER = 9,
    /// Its calls went too deep.
    HH_TRAP_STACK_OVERFLOW = 10,
    /// Its fuel ran out.
    HH_TRAP_OUT_OF_FUEL = 11,
    /// The host interrupted it.
    HH_TRAP_INTERRUPTED = 12,
}

/// A call that failed.
#[derive(Clone, Debug)]
pub(crate) struct Fail {
    pub(crate) status: hh_status,
    pub(crate) message: String,
    /// The plugin's own code of an error.
    pub(crate) code: i32,
    pub(crate) trap: Option<TrapKind>,
    /// What the runtime said of it.
    pub(crate) detail: CString,
}

impl Fail {
    pub(crate) fn new(status: hh_status, message: impl Into<String>) -> Self {
        Fail { status, message: message.into(), code: 0, trap: None, detail: CString::default() }
    }

    pub(crate) fn null(what: &'static str) -> Self {
        Fail::new(hh_status::HH_ERR_NULL, format!("`{what}` is NULL: give it a value"))
    }

    pub(crate) fn argument(message: impl Into<String>) -> Self {
        Fail::new(hh_status::HH_ERR_ARGUMENT, message)
    }

    pub(crate) fn not_utf8(what: &'static str, valid_up_to: usize) -> Self {
        let message = format!("`{what}` is not UTF-8: byte {valid_up_to} is none of it");
        Fail::argument(message)
    }

    pub(crate) fn struct_size(name: &'static str, size: usize) -> Self {
        Fail::argument(format!(
            "`{name}.struct_size` is {size}, a size that this library does not know: make the struct \
             by {name}_default(), and compile with the header of this version ({}) or an older one",
            env!("CARGO_PKG_VERSION")
        ))
    }

    pub(crate) fn busy(what: &'static str) -> Self {
        let message = format!("this {what} is in use: a call of it is in progress");
        Fail::new(hh_status::HH_ERR_BUSY, message)
    }

    pub(crate) fn not_live(name: &'static str) -> Self {
        let message = format!("this is no live {name}: it was destroyed already, or never made");
        Fail::new(hh_status::HH_ERR_HANDLE, message)
    }

    pub(crate) fn panic(panic: &(dyn Any + Send)) -> Self {
        let said = panic.downcast_ref::<&str>().copied();
        let said = said.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        let said = said.unwrap_or("a panic");
        Fail::new(hh_status::HH_ERR_PANIC, format!("a mistake of libhostheap: {said}; report it"))
    }
}

/// So that a failure gets through a plugin: from a host function to the call that led to it.
impl core::fmt::Display for Fail {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.message)
    }
}

impl core::error::Error for Fail {}

impl From<Error> for Fail {
    fn from(error: Error) -> Self {
        let error = match error {
            Error::Host(error) => match error.downcast::<Fail>() {
                Ok(fail) => return *fail,
                Err(error) => Error::Host(error),
            },
            error => error,
        };
        use hh_status as s;
        let status = match &error {
            Error::Module(_) => s::HH_ERR_MODULE,
            Error::Contract(_) => s::HH_ERR_CONTRACT,
            Error::Link(_) => s::HH_ERR_LINK,
            Error::Trap(_) => s::HH_ERR_TRAP,
            Error::OutOfBounds(_) => s::HH_ERR_BOUNDS,
            Error::Grow(_) => s::HH_ERR_GROW,
            Error::Table(_) => s::HH_ERR_TABLE,
            Error::Alloc(_) => s::HH_ERR_MEMORY,
            Error::InvalidPointer(_) => s::HH_ERR_POINTER,
            Error::Convention(_) => s::HH_ERR_CONVENTION,
            Error::Mismatch(_) => s::HH_ERR_MISMATCH,
            Error::Poisoned => s::HH_ERR_POISONED,
            Error::Unsupported(_) => s::HH_ERR_UNSUPPORTED,
            Error::Host(_) => s::HH_ERR_HOST,
            _ => s::HH_ERR_RUNTIME,
        };
        let (trap, detail) = match error.trap() {
            Some(trap) => (Some(trap.kind()), c_text(trap.detail())),
            None => (None, CString::default()),
        };
        Fail { status, message: words::of(&error), code: 0, trap, detail }
    }
}

impl From<TrapKind> for hh_trap {
    fn from(kind: TrapKind) -> Self {
        match kind {
            TrapKind::Unreachable => hh_trap::HH_TRAP_UNREACHABLE,
            TrapKind::MemoryOutOfBounds => hh_trap::HH_TRAP_MEMORY_OUT_OF_BOUNDS,
            TrapKind::TableOutOfBounds => hh_trap::HH_TRAP_TABLE_OUT_OF_BOUNDS,
            TrapKind::IndirectCallToNull => hh_trap::HH_TRAP_INDIRECT_CALL_TO_NULL,
            TrapKind::IndirectCallTypeMismatch => hh_trap::HH_TRAP_INDIRECT_CALL_TYPE_MISMATCH,
            TrapKind::IntegerDivisionByZero => hh_trap::HH_TRAP_INTEGER_DIVISION_BY_ZERO,
            TrapKind::IntegerOverflow => hh_trap::HH_TRAP_INTEGER_OVERFLOW,
            TrapKind::BadConversionToInteger => hh_trap::HH_TRAP_BAD_CONVERSION_TO_INTEGER,
            TrapKind::StackOverflow => hh_trap::HH_TRAP_STACK_OVERFLOW,
            TrapKind::OutOfFuel => hh_trap::HH_TRAP_OUT_OF_FUEL,
            TrapKind::Interrupted => hh_trap::HH_TRAP_INTERRUPTED,
            _ => hh_trap::HH_TRAP_OTHER,
        }
    }
}

thread_local! {
    static LAST: RefCell<Option<(Fail, CString)>> = const { RefCell::new(None) };
    /// How many failures this thread has seen.
    static FAILURES: Cell<u64> = const { Cell::new(0) };
}

/// What is said of failures when this thread's memory is gone: in a handler of `atexit`, or in a
/// destructor of the thread's.
const TOO_LATE: &CStr = c"a call failed while its thread was ending, when no message can be kept";

/// Looks at the last failure, if there was one; `otherwise` when this thread's memory is gone.
fn last<R>(otherwise: R, f: impl FnOnce(Option<&(Fail, CString)>) -> R) -> R {
    let seen = LAST.try_with(|last| last.try_borrow().ok().map(|last| f(last.as_ref())));
    seen.ok().flatten().unwrap_or(otherwise)
}

/// How many calls of this thread have failed.
#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
pub(crate) fn failures() -> u64 {
    FAILURES.try_with(Cell::get).unwrap_or(0)
}

/// The last failure of this thread, if it came after the first `before`.
#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
pub(crate) fn last_since(before: u64) -> Option<Fail> {
    if failures() == before {
        return None;
    }
    last(None, |last| last.map(|(fail, _)| fail.clone()))
}

#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
impl Fail {
    /// A failure that C was told of: with all that is known of it, if it is this thread's last.
    pub(crate) fn again(status: hh_status, message: &CStr) -> Self {
        let last = LAST.with_borrow(|last| match last {
            Some((fail, text)) if fail.status == status && text.as_c_str() == message => {
                Some(fail.clone())
            }
            _ => None,
        });
        last.unwrap_or_else(|| {
            let trap = (status == hh_status::HH_ERR_TRAP).then_some(TrapKind::Other);
            Fail { trap, ..Fail::new(status, message.to_string_lossy()) }
        })
    }
}

/// Text of a plugin's may have NUL bytes in it.
fn c_text(text: &str) -> CString {
    let text: Vec<u8> = text.bytes().filter(|byte| *byte != 0).collect();
    CString::new(text).unwrap_or_default()
}

/// Remembers a failure for `hh_error_message`.
pub(crate) fn record(fail: Fail) -> hh_status {
    let status = fail.status;
    let text = c_text(&fail.message);
    // The one before is dropped when nothing is borrowed any more. With the thread's memory gone there
    // is nowhere to put it, and only the status says what happened.
    let before = LAST.try_with(|last| last.replace(Some((fail, text))));
    let _ = FAILURES.try_with(|count| count.set(count.get().wrapping_add(1)));
    drop(before);
    status
}

/// A success leaves the last failure's message where it is, as `errno` is left.
pub(crate) fn succeed() -> hh_status {
    hh_status::HH_OK
}

/// What went wrong in the last call of this thread that failed, in words, with what to do about it;
/// "" if none did. UTF-8. It is valid until the next call of this thread that fails: copy it to keep
/// it, never free it. While a thread ends (in a handler of atexit, say) calls may fail, but their
/// messages may not be kept: then it says only that.
#[unsafe(no_mangle)]
pub extern "C" fn hh_error_message() -> *const c_char {
    last(TOO_LATE.as_ptr(), |last| last.map_or(c"".as_ptr(), |(_, text)| text.as_ptr()))
}

/// The status of the last call of this thread that failed; HH_OK if none did, or if the thread is
/// ending and it was not kept.
#[unsafe(no_mangle)]
pub extern "C" fn hh_error_status() -> hh_status {
    last(hh_status::HH_OK, |last| last.map_or(hh_status::HH_OK, |(fail, _)| fail.status))
}

/// The name of a status: "HH_ERR_TRAP" and so on, and "unknown status" for a number that is none. Static:
/// never free it.
#[unsafe(no_mangle)]
pub extern "C" fn hh_status_name(status: i32) -> *const c_char {
    const NAMES: [&CStr; 25] = [
        c"HH_OK",
        c"HH_ERR_NULL",
        c"HH_ERR_ARGUMENT",
        c"HH_ERR_HANDLE",
        c"HH_ERR_BUSY",
        c"HH_ERR_THREAD",
        c"HH_ERR_IO",
        c"HH_ERR_MODULE",
        c"HH_ERR_CONTRACT",
        c"HH_ERR_LINK",
        c"HH_ERR_TRAP",
        c"HH_ERR_BOUNDS",
        c"HH_ERR_GROW",
        c"HH_ERR_TABLE",
        c"HH_ERR_MEMORY",
        c"HH_ERR_POINTER",
        c"HH_ERR_CONVENTION",
        c"HH_ERR_MISMATCH",
        c"HH_ERR_POISONED",
        c"HH_ERR_UNSUPPORTED",
        c"HH_ERR_HOST",
        c"HH_ERR_GUEST",
        c"HH_ERR_RUNTIME",
        c"HH_ERR_PANIC",
        c"HH_NEED_MEMORY",
    ];
    let name = usize::try_from(status).ok().and_then(|status| NAMES.get(status).copied());
    name.unwrap_or(c"unknown status").as_ptr()
}

/// The plugin's own code of the last failure, if that was HH_ERR_GUEST; otherwise 0.
#[unsafe(no_mangle)]
pub extern "C" fn hh_error_code() -> i32 {
    last(0, |last| last.map_or(0, |(fail, _)| fail.code))
}

/// Why the plugin trapped, if the last failure was HH_ERR_TRAP; otherwise HH_TRAP_NONE.
#[unsafe(no_mangle)]
pub extern "C" fn hh_error_trap() -> hh_trap {
    let trap = last(None, |last| last.and_then(|(fail, _)| fail.trap));
    trap.map_or(hh_trap::HH_TRAP_NONE, hh_trap::from)
}

/// What the runtime itself said of the trap, if the last failure was HH_ERR_TRAP: its own words and, on
/// runtimes with the capability `trap_backtrace`, the functions of the plugin's that were on the stack.
/// Otherwise "". UTF-8, on several lines; valid as long as `hh_error_message`.
#[unsafe(no_mangle)]
pub extern "C" fn hh_error_detail() -> *const c_char {
    last(c"".as_ptr(), |last| last.map_or(c"".as_ptr(), |(fail, _)| fail.detail.as_ptr()))
}
