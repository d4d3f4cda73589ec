//! `docs/convention/errors.md`

use hostheap::Plugin;

use crate::Page;

pub(crate) fn run(plugin: &mut Plugin<()>, page: Page) -> anyhow::Result<()> {
    // [host]
    use hostheap::convention::GuestError;

    // Two levels: `?` is for the call itself, the inner `Result` is the plugin's answer.
    let answer: Result<(), GuestError> = plugin.call("check", ("12a",))?;
    assert_eq!(answer.unwrap_err().code, 2);

    let number = plugin.call::<_, Result<u64, GuestError>>("parse", ("0042",))??;
    assert_eq!(number, 42);

    let answer: Result<String, GuestError> = plugin.call("double_digits", ("",))?;
    let error = answer.unwrap_err();
    assert_eq!((error.code, error.message.as_str()), (1, "nothing to double"));
    assert_eq!(error.to_string(), "the plugin returned error 1: nothing to double");
    // [/host]

    // [own]
    #[derive(Debug, PartialEq)]
    enum ParseError {
        Empty,
        NotADigit,
        Other(i32),
    }

    impl From<GuestError> for ParseError {
        fn from(error: GuestError) -> Self {
            match error.code {
                1 => ParseError::Empty,
                2 => ParseError::NotADigit,
                code => ParseError::Other(code),
            }
        }
    }

    let answer: Result<u64, ParseError> = plugin.call("parse", ("x",))?;
    assert_eq!(answer, Err(ParseError::NotADigit));
    // [/own]
    assert_eq!(plugin.call::<_, Result<u64, ParseError>>("parse", ("",))?, Err(ParseError::Empty));
    assert_ne!(ParseError::Other(3), ParseError::Empty);

    // [trap]
    use hostheap::{Error, TrapKind};

    let error = plugin.call::<_, i32>("divide_or_trap", (1, 0)).unwrap_err();
    assert_eq!(error.trap().map(hostheap::Trap::kind), Some(TrapKind::IntegerDivisionByZero));

    // The plugin was stopped in mid-call: it is not called again.
    assert!(plugin.is_poisoned());
    let error = plugin.call::<_, ()>("tick", ()).unwrap_err();
    assert!(matches!(error, Error::Poisoned));
    // [/trap]
    page.shows(error);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
    Ok(())
}
