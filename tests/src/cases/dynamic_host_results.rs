//! Host functions by prototypes that are known at run time: what they give to the plugin.

use std::ffi::CString;
use std::panic::{AssertUnwindSafe, catch_unwind};

use hostheap_core::convention::dynamic::{Argument, HostCall, Number, Taken};
use hostheap_core::convention::{ConventionError, Fallible, GuestError};
use hostheap_core::error::LinkError;
use hostheap_core::{Linker, Result};

use crate::dynamic::{agree, array, number, prototype, value};
use crate::expect;
use crate::hosts::{hostfns, hostfns_mv, hostfns_results};
use crate::rig::{B, GuestOf, PluginOf};
use crate::shapes::{Item, Point};
use crate::subject::Subject;

type Call<'c, 'g, S> = HostCall<'c, 'g, B<S>, ()>;
type Guest<'a, S> = GuestOf<'a, S>;

/// A host function by prototype, to be registered.
fn by<S: Subject>(
    linker: &mut Linker<B<S>, ()>,
    name: &str,
    text: &str,
    f: impl Fn(&mut Call<'_, '_, S>) -> Result<()> + Send + Sync + 'static,
) {
    linker.dyn_func("host", name, &prototype(text), f).expect("nothing has this name");
}

/// Panics unless a static and a dynamic host function that give the same do the same to the plugin.
macro_rules! given_alike {
    ($S:ty, $make:ident; $(
        $name:literal $text:literal, |$($p:ident: $P:ty),*| $static:expr, |$host:ident| $dynamic:expr;
        $(by $export:literal $arguments:expr => $R:ty;)*
    )*) => {
        $({
            let mut one = $make::<$S, ()>((), |linker| {
                let f = |_: &mut Guest<'_, $S>, $($p: $P),*| $static;
                linker.func("host", $name, f).expect("nothing has this name");
            });
            let mut other = $make::<$S, ()>((), |linker| {
                by::<$S>(linker, $name, $text, |$host| $dynamic);
            });
            // Twice each: the first call of a plugin takes other ways than those after it.
            $(for _ in 0..2 {
                agree(
                    concat!($name, $text, " by ", $export),
                    (&mut one, &mut other),
                    |plugin| plugin.call::<_, $R>($export, $arguments),
                    |plugin| {
                        plugin
                            .call::<_, $R>($export, $arguments)
                            .map(crate::dynamic::ToAnswer::to_answer)
                    },
                );
            })*
        })*
    };
}

/// Text and arrays in every shape, C strings and structs, and `NULL` for what may be none.
pub fn every_result_is_given_as_by_static_functions<S: Subject>() {
    given_alike! { S, hostfns_results;
        "text" "(u32) -> string", |_n: u32| "grüße", |host| host.give(Argument::Str("grüße"));
            by "get_text" (1u32,) => i64;
            by "pass_text" (1u32,) => String;
        "text_packed" "(u32) -> string", |_n: u32| "", |host| host.give(Argument::Str(""));
            by "get_text_packed" (1u32,) => i64;
        "maybe_text" "(u32) -> option<string>", |_n: u32| None::<String>,
            |host| host.give(Argument::Null);
            by "get_maybe_text" (1u32,) => i64;
        "maybe_text_packed" "(u32) -> option<string>", |_n: u32| Some("yes"),
            |host| host.give(Argument::Str("yes"));
            by "get_maybe_text_packed" (1u32,) => i64;
        "c_text" "(u32) -> cstring", |_n: u32| c"C text", |host| host.give(Argument::CStr(c"C text"));
            by "get_c_text" (1u32,) => i64;
        "maybe_c_text" "(u32) -> option<cstring>", |_n: u32| None::<CString>,
            |host| host.give(Argument::Null);
            by "get_maybe_c_text" (1u32,) => i64;
        "numbers" "(u32) -> vec<i32>", |_n: u32| vec![1, 2, 3], |host| host.give(array(&[1, 2, 3]));
            by "get_numbers" (1u32,) => i64;
        "numbers_packed" "(u32) -> vec<i32>", |_n: u32| Vec::<i32>::new(),
            |host| host.give(array::<i32>(&[]));
            by "get_numbers_packed" (1u32,) => i64;
        "maybe_numbers" "(u32) -> option<vec<i32>>", |_n: u32| None::<Vec<i32>>,
            |host| host.give(Argument::Null);
            by "get_maybe_numbers" (1u32,) => i64;
        "points" "(u32) -> vec<struct point>", |_n: u32| vec![Point::new(2.0, 3.0)],
            |host| host.give(array(&[Point::new(2.0, 3.0)]));
            by "get_points" (1u32,) => f64;
        "point" "(f64, f64) -> struct point", |x: f64, y: f64| Point::new(x, y),
            |host| { let p = two(host)?; host.give(value(&p)) };
            by "get_point" (5.0, 1.5) => f64;
        "point_block" "(f64, f64) -> struct point", |x: f64, y: f64| Point::new(x, y),
            |host| { let p = two(host)?; host.give(value(&p)) };
            by "get_point_block" (5.0, 1.5) => f64;
        "maybe_point" "(bool) -> option<struct point>",
            |yes: bool| yes.then_some(Point::new(9.0, 4.0)),
            |host| match host.take(0, 0)? {
                Taken::Number(Number::Bool(true)) => host.give(value(&Point::new(9.0, 4.0))),
                _ => host.give(Argument::Null),
            };
            by "get_maybe_point" (true,) => f64;
            by "get_maybe_point" (false,) => f64;
        "item" "(u32) -> struct item", |id: u32| Item::of(id),
            |host| {
                let Taken::Number(Number::U32(id)) = host.take(0, 0)? else { panic!("no number") };
                host.give(value(&Item::of(id)))
            };
            by "get_item" (7u32,) => i64;
        "pair" "(i32, f64) -> (i32, f64)", |a: i32, b: f64| (a * 2, b / 2.0),
            |host| {
                let (Taken::Number(Number::I32(a)), Taken::Number(Number::F64(b))) =
                    (host.take(0, 0)?, host.take(1, 0)?) else { panic!("no numbers") };
                host.give_tuple(&[(a * 2).into(), (b / 2.0).into()])
            };
            by "get_pair" (4, 3.0) => f64;
        "quad" "(i64) -> (i64, f32, u8, i32)", |a: i64| (a, 0.5f32, 255u8, -7),
            |host| {
                let Taken::Number(a) = host.take(0, 0)? else { panic!("no number") };
                host.give_tuple(&[a, 0.5f32.into(), 255u8.into(), (-7).into()])
            };
            by "get_quad" (1000i64,) => f64;
    }
    given_alike! { S, hostfns_mv;
        "text" "(u32) -> string", |_n: u32| "text", |host| host.give(Argument::Str("text"));
            by "get_text" (1u32,) => i64;
        "maybe_text" "(u32) -> option<string>", |_n: u32| None::<String>,
            |host| host.give(Argument::Null);
            by "pass_maybe_text" (1u32,) => Option<String>;
        "pair" "(i32, f64) -> (i32, f64)", |a: i32, b: f64| (a, b),
            |host| {
                let (Taken::Number(a), Taken::Number(b)) = (host.take(0, 0)?, host.take(1, 0)?)
                    else { panic!("no numbers") };
                host.give_tuple(&[a, b])
            };
            by "get_pair" (4, 3.5) => f64;
        "quad" "(i64) -> (i64, f32, u8, i32)", |a: i64| (a, 0.5f32, 255u8, -7),
            |host| {
                let Taken::Number(a) = host.take(0, 0)? else { panic!("no number") };
                host.give_tuple(&[a, 0.5f32.into(), 255u8.into(), (-7).into()])
            };
            by "get_quad" (1000i64,) => f64;
    }
}

fn two<B: hostheap_core::Runtime, T: Send + 'static>(
    host: &mut HostCall<'_, '_, B, T>,
) -> Result<Point> {
    match (host.take(0, 0)?, host.take(1, 0)?) {
        (Taken::Number(Number::F64(x)), Taken::Number(Number::F64(y))) => Ok(Point::new(x, y)),
        other => panic!("{other:?}"),
    }
}

/// Functions that may fail: values, codes and messages.
pub fn errors_are_given_as_by_static_functions<S: Subject>() {
    fn fail<X>(code: i32, message: &str) -> Fallible<X> {
        Fallible(Err(GuestError::new(code, message)))
    }
    given_alike! { S, hostfns_results;
        "try_check" "(i32) -> result<()>", |_x: i32| Fallible(Ok(())), |_host| Ok(());
            by "get_try_check" (1,) => i32;
        "try_check" "(i32) -> result<()>", |x: i32| fail::<()>(x, "unheard"),
            |host| {
                let Taken::Number(Number::I32(x)) = host.take(0, 0)? else { panic!("no number") };
                host.give_error(&GuestError::new(x, "unheard"))
            };
            by "get_try_check" (5,) => i32;
            by "get_try_check" (0,) => i32;
        "try_divide" "(i32, i32) -> result<i32>", |a: i32, b: i32| Fallible(Ok(a / b)),
            |host| {
                let (Taken::Number(Number::I32(a)), Taken::Number(Number::I32(b))) =
                    (host.take(0, 0)?, host.take(1, 0)?) else { panic!("no numbers") };
                host.give(number(a / b))
            };
            by "get_try_divide" (9, 2) => i32;
            by "wild_try_divide" (9, 2) => std::result::Result<i32, GuestError>;
        "try_point" "(bool) -> result<struct point>",
            |yes: bool| if yes { Fallible(Ok(Point::new(3.0, 1.0))) } else { fail(2, "no") },
            |host| match host.take(0, 0)? {
                Taken::Number(Number::Bool(true)) => host.give(value(&Point::new(3.0, 1.0))),
                _ => host.give_error(&GuestError::new(2, "no")),
            };
            by "get_try_point" (true,) => f64;
            by "get_try_point" (false,) => f64;
        "try_text" "(str) -> result<string>",
            |text: String| if text.is_empty() { fail(3, "empty") } else { Fallible(Ok(text + "!")) },
            |host| {
                let Taken::Text(text) = host.take(0, 0)? else { panic!("no text") };
                match text.as_str() {
                    "" => host.give_error(&GuestError::new(3, "empty")),
                    text => host.give(Argument::Str(&format!("{text}!"))),
                }
            };
            by "get_try_text" ("text",) => i64;
            by "get_try_text" ("",) => i64;
            by "pass_try_text" ("text",) => std::result::Result<String, GuestError>;
            by "pass_try_text" ("",) => std::result::Result<String, GuestError>;
        "try_numbers" "(i32) -> result<vec<i32>>", |_n: i32| Fallible(Ok(vec![1, 2])),
            |host| host.give(array(&[1, 2]));
            by "get_try_numbers" (1,) => i64;
        "try_numbers" "(i32) -> result<vec<i32>>", |_n: i32| fail::<Vec<i32>>(4, ""),
            |host| host.give_error(&GuestError::new(4, ""));
            by "get_try_numbers" (1,) => i64;
    }
}

/// The plugin with `host.text` by this prototype.
fn text<S: Subject>(
    f: impl Fn(&mut Call<'_, '_, S>) -> Result<()> + Send + Sync + 'static,
) -> PluginOf<S> {
    hostfns_results::<S, ()>((), |linker| by::<S>(linker, "text", "(u32) -> string", f))
}

#[track_caller]
fn wrong<T>(result: Result<T>) -> (String, String) {
    match expect::convention(result) {
        ConventionError::WrongResult { expected, given } => (expected, given),
        other => panic!("{other:?}"),
    }
}

/// A promised result that is not given, given twice, or of another kind, is an error of the call,
/// and nothing leaks.
pub fn a_result_must_be_given_once_and_as_promised<S: Subject>() {
    let mut plugin = text::<S>(|_| Ok(()));
    let result = plugin.call::<_, i64>("get_text", (1u32,));
    assert_eq!(wrong(result), ("string".into(), "nothing".into()));

    let mut plugin = text::<S>(|host| {
        host.give(Argument::Str("once"))?;
        host.give(Argument::Str("twice"))
    });
    let result = plugin.call::<_, i64>("get_text", (1u32,));
    assert_eq!(wrong(result), ("string".into(), "a second result".into()));
    assert_eq!(plugin.heap_stats().live_blocks, 0, "the first one is freed");

    for (given, f) in [
        ("3 bytes", (|host| host.give(Argument::Bytes(b"abc"))) as fn(&mut Call<'_, '_, S>) -> _),
        ("NULL", |host| host.give(Argument::Null)),
        ("the i32 1", |host| host.give(number(1))),
        ("a tuple of 2", |host| host.give_tuple(&[1.into(), 2.into()])),
        ("an error", |host| host.give_error(&GuestError::new(1, ""))),
    ] {
        let mut plugin = text::<S>(f);
        let result = plugin.call::<_, i64>("get_text", (1u32,));
        assert_eq!(wrong(result), ("string".into(), given.into()));
        assert_eq!(plugin.heap_stats().live_blocks, 0);
    }
    let mut plugin = hostfns::<S, ()>((), |linker| {
        by::<S>(linker, "nothing", "()", |host| host.give(number(1)));
    });
    let result = plugin.call::<_, ()>("send_nothing", ());
    assert_eq!(wrong(result), ("()".into(), "the i32 1".into()));
}

/// A mistake that the closure gets over is none: it may still give what it should.
pub fn a_refused_result_may_be_followed_by_a_right_one<S: Subject>() {
    let mut plugin = hostfns_results::<S, ()>((), |linker| {
        by::<S>(linker, "pair", "(i32, f64) -> (i32, f64)", |host| {
            for numbers in [&[1.into()][..], &[1.into(), 2.into()], &[0.5.into(), 0.5.into()]] {
                wrong(host.give_tuple(numbers));
            }
            host.give_tuple(&[1i64.into(), 0.5.into()])
        });
    });
    assert_eq!(plugin.call::<_, f64>("get_pair", (9, 9.0)).unwrap(), 1.5);
}

/// A closure that fails or panics after it gave a result leaves no block behind.
pub fn a_result_of_a_call_that_fails_is_freed<S: Subject>() {
    let mut plugin = text::<S>(|host| {
        host.give(Argument::Str("given"))?;
        Err(hostheap_core::Error::host("failed after all"))
    });
    let error = expect::host(plugin.call::<_, i64>("get_text", (1u32,)));
    assert_eq!(error.to_string(), "failed after all");
    assert_eq!(plugin.heap_stats().live_blocks, 0);

    let mut plugin = text::<S>(|host| {
        host.give(Argument::Str("given"))?;
        panic!("a panic of the host's")
    });
    let call = AssertUnwindSafe(|| plugin.call::<_, i64>("get_text", (1u32,)));
    let payload = catch_unwind(call).expect_err("the panic goes on");
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"a panic of the host's"));
    assert!(plugin.is_poisoned());
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// Imports of another type are refused with the C that would do, and names are taken once.
pub fn an_import_of_another_type_is_refused<S: Subject>() {
    let wasm = crate::guests::wasm("hostfns_results");
    let result = crate::rig::try_load::<S, ()>(&wasm, (), |linker| {
        by::<S>(linker, "text", "(n: u32, more: u32) -> string", |_| Ok(()));
        let again = linker.dyn_func("host", "text", &prototype("()"), |_| Ok(()));
        let error = expect::link(again.map(|_| ()));
        assert!(matches!(error, LinkError::DuplicateImport { .. }), "{error:?}");
        let again = linker.func("host", "text", |_: &mut Guest<'_, S>| ());
        assert!(matches!(expect::link(again.map(|_| ())), LinkError::DuplicateImport { .. }));
    });
    match expect::link(result) {
        LinkError::ImportSignature { name, accepted, .. } => {
            assert_eq!((&*name, accepted.len()), ("text", 3));
            assert!(accepted[0].1.contains("text(uint32_t n, uint32_t more)"), "{accepted:?}");
        }
        other => panic!("{other:?}"),
    }
}

/// Types that no fast way is for.
pub fn host_functions_of_uncommon_types_are_called<S: Subject>() {
    const WAT: &str = r#"(module
        (import "host" "f" (func $f (param f32 i64 f64) (result f32)))
        (import "host" "fails" (func $fails (param f32) (result f64)))
        (memory (export "memory") 1)
        (func (export "go") (param f64) (result f32)
            (call $f (f32.const 0.5) (i64.const -3) (local.get 0)))
        (func (export "fail") (result f64) (call $fails (f32.const 1))))"#;
    let mut plugin = crate::rig::plugin_with::<S, ()>(WAT, (), |linker| {
        by::<S>(linker, "f", "(f32, i64, f64) -> f32", |host| {
            let all = [host.take(0, 0)?, host.take(1, 0)?, host.take(2, 0)?];
            let expected = [0.5f32.into(), (-3i64).into(), 2.0.into()].map(Taken::Number);
            assert_eq!(all, expected);
            host.give(number(1.5f32))
        });
        by::<S>(linker, "fails", "(f32) -> f64", |_| Err(hostheap_core::Error::host("no")));
    });
    let f = plugin.dyn_func("go", &prototype("(f64) -> f32")).unwrap();
    let answer = f.call(&mut plugin, &mut [number(2.0)], 0).unwrap();
    assert_eq!(answer, hostheap_core::convention::dynamic::Answer::Number(1.5f32.into()));
    let fail = plugin.dyn_func("fail", &prototype("() -> f64")).unwrap();
    assert_eq!(expect::host(fail.call(&mut plugin, &mut [], 0)).to_string(), "no");
}
