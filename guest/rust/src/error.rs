//! Errors that a plugin returns, and those that host functions return to it.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use core::fmt;

/// A code, never 0, and a message.
///
/// As a result's error it comes from any [`core::error::Error`] by `?`, with the code 1.
///
/// ```
/// use hostheap_guest::Error;
///
/// #[hostheap_guest::export]
/// fn half(text: &str) -> Result<String, Error> {
///     let number: u32 = text.parse()?;
///     if number % 2 == 1 {
///         return Err(Error::new(2, format!("{number} is odd")));
///     }
///     Ok((number / 2).to_string())
/// }
///
/// assert_eq!(half("3").unwrap_err().code(), 2);
/// assert_eq!(half("x").unwrap_err().code(), 1);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    pub(crate) code: i32,
    pub(crate) message: Cow<'static, str>,
}

impl Error {
    /// An error with a code of the plugin's own; 0, which would say that all is well, becomes 1.
    ///
    /// The host gets the message where the result is text or a vector. Beside numbers and structs
    /// there is only room for the code.
    pub fn new(code: i32, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code: if code == 0 { 1 } else { code }, message: message.into() }
    }

    /// The code.
    pub fn code(&self) -> i32 {
        self.code
    }

    /// The message, which may be empty.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error {}", self.code)?;
        if self.message.is_empty() { Ok(()) } else { write!(f, ": {}", self.message) }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// `Error` itself is none, or this would be ambiguous.
impl<E: core::error::Error> From<E> for Error {
    fn from(error: E) -> Self {
        Self::new(1, error.to_string())
    }
}

/// The error type of an export's `Result`.
///
/// ```
/// use hostheap_guest::{Error, Failure};
///
/// enum Refusal {
///     TooLong,
///     Unknown(String),
/// }
///
/// impl Failure for Refusal {
///     fn into_error(self) -> Error {
///         match self {
///             Refusal::TooLong => Error::new(2, "too long"),
///             Refusal::Unknown(name) => Error::new(3, format!("who is {name}?")),
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "the host cannot be told of an error `{Self}`: it has no code",
    label = "has no `Failure`",
    note = "use hostheap_guest::Error (every std error becomes one by `?`), &'static str, String or \
            i32, or implement `Failure` for yours"
)]
pub trait Failure {
    /// The code and the message.
    fn into_error(self) -> Error;
}

impl Failure for Error {
    fn into_error(self) -> Error {
        self
    }
}

impl Failure for &'static str {
    fn into_error(self) -> Error {
        Error::new(1, self)
    }
}

impl Failure for String {
    fn into_error(self) -> Error {
        Error::new(1, self)
    }
}

impl Failure for i32 {
    fn into_error(self) -> Error {
        Error::new(self, "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_never_says_that_all_is_well() {
        assert_eq!(Error::new(0, "").code(), 1);
        assert_eq!(0.into_error().code(), 1);
        assert_eq!(Error::new(-1, "").code(), -1);
    }

    #[test]
    fn every_error_becomes_one() {
        let error = Error::from("x".parse::<u8>().unwrap_err());
        assert_eq!(error.to_string(), "error 1: invalid digit found in string");
    }
}
