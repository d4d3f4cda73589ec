//! `Result`: functions that return a code, and the value or a message behind their first parameter.

use hostheap_core::convention::GuestError;
use hostheap_core::error::ConventionError;
use hostheap_core::{Error, Limits, TrapKind};

use crate::rig::{PluginOf, load, try_load};
use crate::shapes::{Item, Point};
use crate::subject::Subject;
use crate::{expect, guests};

type Answer<X> = Result<X, GuestError>;

fn results<S: Subject>() -> PluginOf<S> {
    load::<S>(&guests::wasm("results"))
}

fn error<X>(code: i32, message: &str) -> Answer<X> {
    Err(GuestError::new(code, message))
}

/// A code of 0 is fine, and any other an error of that code without a message.
pub fn a_code_is_fine_or_an_error<S: Subject>() {
    let mut plugin = results::<S>();
    for code in [0, 1, -1, 7, i32::MIN, i32::MAX] {
        let expected = if code == 0 { Ok(()) } else { error(code, "") };
        assert_eq!(plugin.call::<_, Answer<()>>("check", (code,)).unwrap(), expected);
    }
    assert!(!plugin.is_poisoned());
    assert_eq!(plugin.heap_stats().allocated, 0, "a code alone needs no room");
}

/// A number is there if the code says so, for each type of number.
pub fn a_number_is_there_if_the_code_says_so<S: Subject>() {
    let mut plugin = results::<S>();
    assert_eq!(plugin.call::<_, Answer<i32>>("divide", (-7, 2)).unwrap(), Ok(-3));
    assert_eq!(plugin.call::<_, Answer<i32>>("divide", (1, 0)).unwrap(), error(1, ""));
    assert_eq!(plugin.call::<_, Answer<i32>>("divide", (i32::MIN, -1)).unwrap(), error(2, ""));
    assert_eq!(plugin.call::<_, Answer<u8>>("add_u8_checked", (200u8, 55u8)).unwrap(), Ok(255));
    let over = plugin.call::<_, Answer<u8>>("add_u8_checked", (200u8, 56u8)).unwrap();
    assert_eq!(over, error(2, ""));
    assert_eq!(plugin.call::<_, Answer<f64>>("ratio", (1.0, -4.0)).unwrap(), Ok(-0.25));
    assert_eq!(plugin.call::<_, Answer<f64>>("ratio", (1.0, 0.0)).unwrap(), error(1, ""));
    let min = i64::MIN / 2;
    assert_eq!(plugin.call::<_, Answer<i64>>("twice_checked", (min,)).unwrap(), Ok(i64::MIN));
    let over = plugin.call::<_, Answer<i64>>("twice_checked", (i64::MAX,)).unwrap();
    assert_eq!(over, error(2, ""));
    let stats = plugin.heap_stats();
    assert_eq!((stats.allocated, stats.live_blocks), (9, 0), "room for the value of each call");
}

/// A struct is there if the code says so.
pub fn a_struct_is_there_if_the_code_says_so<S: Subject>() {
    let mut plugin = results::<S>();
    let point: Answer<Point> = plugin.call("point_checked", (1.5, 2.5)).unwrap();
    assert_eq!(point, Ok(Point::new(1.5, 2.5)));
    let point: Answer<Point> = plugin.call("point_checked", (1.5, -2.5)).unwrap();
    assert_eq!(point, error(2, ""));
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A text or a message is there, from a block that is freed or from static data, or no message.
pub fn a_text_or_a_message_is_there<S: Subject>() {
    let mut plugin = results::<S>();
    let mut parse = |text: &str| -> Answer<String> {
        let answer = plugin.call("parse", (text,)).unwrap();
        let stats = plugin.heap_stats();
        assert_eq!((stats.live_blocks, stats.invalid_frees), (0, 0), "{text}");
        answer
    };
    assert_eq!(parse("007"), Ok("7".into()));
    assert_eq!(parse("0"), Ok("0".into()));
    assert_eq!(parse("123456789"), Ok("123456789".into()));
    assert_eq!(parse(""), error(-4, "nothing to parse"));
    assert_eq!(parse("1x2"), error(3, "not a digit: x"));
    assert_eq!(parse("1234567890"), error(2, ""));
    // One argument, which lies with the room for the value, and three results in blocks of their
    // own, and one message.
    assert_eq!(plugin.heap_stats().allocated, 6 + 4);
}

/// Static text and static messages are left alone.
pub fn static_text_and_messages_are_left_alone<S: Subject>() {
    let mut plugin = results::<S>();
    for _ in 0..3 {
        let good: Answer<String> = plugin.call("static_checked", (true,)).unwrap();
        assert_eq!(good, Ok("static".into()));
        let bad: Answer<String> = plugin.call("static_checked", (false,)).unwrap();
        assert_eq!(bad, error(7, "went wrong"));
    }
    let stats = plugin.heap_stats();
    assert_eq!((stats.allocated, stats.live_blocks, stats.invalid_frees), (6, 0, 0));
}

/// An array is there, or a message.
pub fn an_array_or_a_message_is_there<S: Subject>() {
    let mut plugin = results::<S>();
    let numbers: Answer<Vec<i32>> = plugin.call("numbers_checked", (3,)).unwrap();
    assert_eq!(numbers, Ok(vec![1, 2, 3]));
    assert_eq!(plugin.call::<_, Answer<Vec<i32>>>("numbers_checked", (0,)).unwrap(), Ok(vec![]));
    let negative: Answer<Vec<i32>> = plugin.call("numbers_checked", (-3,)).unwrap();
    assert_eq!(negative, error(-1, "negative"));
    let many: Answer<Vec<i32>> = plugin.call("numbers_checked", (1 << 18,)).unwrap();
    assert!(many.unwrap().iter().copied().eq(1..=1 << 18));
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// What the function leaves alone is zero, not what was there before.
pub fn what_a_function_leaves_alone_is_zero<S: Subject>() {
    let mut plugin = results::<S>();
    for _ in 0..3 {
        // Fills the room that the next call gets.
        assert_eq!(plugin.call::<_, Answer<i32>>("divide", (-1, 1)).unwrap(), Ok(-1));
        let point: Answer<Point> = plugin.call("point_checked", (1e300, 1e300)).unwrap();
        point.unwrap();
        assert_eq!(plugin.call::<_, Answer<i32>>("untouched_checked", (0,)).unwrap(), Ok(0));
        let point: Answer<Point> = plugin.call("untouched_checked", (0,)).unwrap();
        assert_eq!(point, Ok(Point::default()));
        let text: Answer<String> = plugin.call("untouched_checked", (0,)).unwrap();
        assert_eq!(text, Ok(String::new()));
        let numbers: Answer<Vec<f64>> = plugin.call("untouched_checked", (0,)).unwrap();
        assert_eq!(numbers, Ok(vec![]));
        let failed: Answer<String> = plugin.call("untouched_checked", (5,)).unwrap();
        assert_eq!(failed, error(5, ""), "what was there before is no message");
        let failed: Answer<Item> = plugin.call("untouched_checked", (6,)).unwrap();
        assert_eq!(failed, error(6, ""));
    }
    let stats = plugin.heap_stats();
    assert_eq!((stats.live_blocks, stats.invalid_frees), (0, 0));
}

/// A value with bits that it does not have breaks the convention, whatever the code says.
pub fn a_value_with_invalid_bits_is_refused<S: Subject>() {
    let mut plugin = results::<S>();
    assert_eq!(plugin.call::<_, Answer<bool>>("bool_byte", (0u8,)).unwrap(), Ok(false));
    assert_eq!(plugin.call::<_, Answer<bool>>("bool_byte", (1u8,)).unwrap(), Ok(true));
    for byte in [2u8, 255] {
        let refused = expect::convention(plugin.call::<_, Answer<bool>>("bool_byte", (byte,)));
        assert!(matches!(refused, ConventionError::InvalidBits { of: "bool", .. }), "{refused:?}");
    }
    assert!(!plugin.is_poisoned());
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A text or a message outside memory is the convention's error, not the plugin's.
pub fn a_wild_text_or_message_is_refused<S: Subject>() {
    let mut plugin = results::<S>();
    for good in [true, false] {
        let refused = expect::convention(plugin.call::<_, Answer<String>>("wild_checked", (good,)));
        assert_eq!(refused, ConventionError::ResultNotInBlock { offset: 0xffff_fff0, len: 4 });
        assert!(!plugin.is_poisoned());
    }
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// Text must be UTF-8; a message is for people, and what is not is replaced.
pub fn a_message_that_is_no_utf8_is_shown_as_well_as_can_be<S: Subject>() {
    let mut plugin = results::<S>();
    let refused = expect::convention(plugin.call::<_, Answer<String>>("bad_utf8_checked", (true,)));
    assert!(matches!(refused, ConventionError::NotUtf8 { len: 7, .. }), "{refused:?}");
    assert_eq!(plugin.heap_stats().live_blocks, 0);
    let failed: Answer<String> = plugin.call("bad_utf8_checked", (false,)).unwrap();
    let GuestError { code, message, .. } = failed.unwrap_err();
    assert_eq!(code, 5);
    assert!(message.starts_with('a') && message.ends_with('b'), "{message}");
    assert!(message.contains('\u{fffd}'), "{message}");
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// The limit on a transfer holds for messages, whose block is freed.
pub fn the_limit_on_a_transfer_holds_for_messages<S: Subject>() {
    let mut plugin = try_load::<S, ()>(&guests::wasm("results"), (), |linker| {
        linker.limits(Limits::new().max_transfer(100));
    })
    .unwrap();
    for len in [0u32, 1, 100] {
        let failed: Answer<String> = plugin.call("long_message", (len,)).unwrap();
        assert_eq!(failed, error(9, &"m".repeat(len as usize)));
    }
    let refused = expect::convention(plugin.call::<_, Answer<String>>("long_message", (101u32,)));
    assert_eq!(refused, ConventionError::TooLong { len: 101, max: 100 });
    let stats = plugin.heap_stats();
    assert_eq!((stats.allocated, stats.live_blocks, stats.invalid_frees), (8, 0, 0));
}

/// A message of a mebibyte comes whole.
pub fn a_long_message_comes_whole<S: Subject>() {
    let mut plugin = results::<S>();
    let failed: Answer<Vec<i32>> = plugin.call("long_message", (1u32 << 20,)).unwrap();
    assert_eq!(failed, error(9, &"m".repeat(1 << 20)));
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// An error of the plugin's is no trap, and a trap is no error of the plugin's.
pub fn a_trap_is_no_error_of_the_plugins<S: Subject>() {
    let mut plugin = results::<S>();
    plugin.call::<_, Answer<()>>("check", (1,)).unwrap().unwrap_err();
    assert!(!plugin.is_poisoned());
    let trapped = plugin.call::<_, Answer<i32>>("trap_checked", ());
    assert_eq!(expect::trap(trapped), TrapKind::Unreachable);
    assert!(plugin.is_poisoned());
    assert_eq!(plugin.heap_stats().live_blocks, 0);
    expect::poisoned(plugin.call::<_, Answer<()>>("check", (0,)));
}

/// The error can be of any type that is made from the plugin's.
pub fn the_error_can_be_of_the_hosts_own_type<S: Subject>() {
    #[derive(Debug, PartialEq)]
    enum ParseError {
        Empty,
        Digit(String),
        Other(i32),
    }
    impl From<GuestError> for ParseError {
        fn from(GuestError { code, message, .. }: GuestError) -> Self {
            match code {
                -4 => ParseError::Empty,
                3 => ParseError::Digit(message),
                code => ParseError::Other(code),
            }
        }
    }
    let mut plugin = results::<S>();
    let parse = plugin.func::<(&str,), Result<String, ParseError>>("parse").unwrap();
    assert_eq!(parse.call(&mut plugin, ("010",)).unwrap(), Ok("10".into()));
    assert_eq!(parse.call(&mut plugin, ("",)).unwrap(), Err(ParseError::Empty));
    let digit = ParseError::Digit("not a digit: y".into());
    assert_eq!(parse.call(&mut plugin, ("y",)).unwrap(), Err(digit));
    assert_eq!(parse.call(&mut plugin, ("9999999999",)).unwrap(), Err(ParseError::Other(2)));
    let check: Result<(), ParseError> = plugin.call("check", (8,)).unwrap();
    assert_eq!(check, Err(ParseError::Other(8)));
    let boxed: Result<i32, Box<dyn std::error::Error>> = plugin.call("divide", (1, 0)).unwrap();
    assert_eq!(boxed.unwrap_err().to_string(), "the plugin returned error 1");
}

/// An error says its code, and its message if there is one.
pub fn an_error_says_its_code_and_its_message<S: Subject>() {
    let mut plugin = results::<S>();
    let failed: Answer<String> = plugin.call("static_checked", (false,)).unwrap();
    assert_eq!(failed.unwrap_err().to_string(), "the plugin returned error 7: went wrong");
    let failed: Answer<()> = plugin.call("check", (-3,)).unwrap();
    assert_eq!(failed.unwrap_err().to_string(), "the plugin returned error -3");
}

/// A handle answers again and again, well and badly.
pub fn a_handle_answers_well_and_badly_in_turn<S: Subject>() {
    let mut plugin = results::<S>();
    let divide = plugin.func::<(i32, i32), Answer<i32>>("divide").unwrap();
    let parse = plugin.func::<(&str,), Answer<String>>("parse").unwrap();
    for i in 1..=20 {
        assert_eq!(divide.call(&mut plugin, (100, i)).unwrap(), Ok(100 / i));
        assert_eq!(divide.call(&mut plugin, (100, 0)).unwrap(), error(1, ""));
        let text = i.to_string();
        assert_eq!(parse.call(&mut plugin, (&text,)).unwrap(), Ok(text.clone()));
        parse.call(&mut plugin, ("?",)).unwrap().unwrap_err();
    }
    let stats = plugin.heap_stats();
    assert_eq!((stats.allocated, stats.live_blocks, stats.invalid_frees), (120, 0, 0));
}

/// An export of another type lists the prototype, word by word.
pub fn fallible_functions_of_another_type_list_their_prototype<S: Subject>() {
    let mut plugin = results::<S>();
    macro_rules! prototypes {
        ($($args:ty, $result:ty => $ty:literal $prototype:literal;)*) => {$(
            let accepted = expect::signatures(plugin.func::<$args, Answer<$result>>("point_static"));
            let [(ty, prototype)] = accepted.as_slice() else { panic!("{accepted:?}") };
            assert_eq!(ty.to_string(), $ty);
            assert_eq!(prototype, concat!($prototype, " /* 0, or an error code */"));
        )*};
    }
    prototypes! {
        (i32,), () => "(i32) -> i32" "int32_t point_static(int32_t)";
        (), i32 => "(i32) -> i32" "int32_t point_static(int32_t *out)";
        (&str,), String => "(i32, i32, i32) -> i32"
            "int32_t point_static(hh_bytes *out, const char *, size_t)";
        (i32,), Vec<u8> => "(i32, i32) -> i32" "int32_t point_static(hh_bytes *out, int32_t)";
        (f64, f64), Point => "(i32, f64, f64) -> i32"
            "int32_t point_static(struct point *out, double, double)";
    }
    let message = plugin.func::<(i32,), Answer<()>>("point_static").unwrap_err();
    assert!(matches!(message, Error::Link(_)), "{message:?}");
    assert!(message.to_string().contains("`point_static` has type () -> i32"), "{message}");
}
