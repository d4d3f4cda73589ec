//! Host functions by prototypes that are known at run time: what they take from the plugin.

use std::ffi::CString;

use hostheap_core::convention::dynamic::{Argument, HostCall, Number, Taken};
use hostheap_core::convention::{ConventionError, Owned};
use hostheap_core::{Limits, Linker, Result};

use crate::dynamic::{agree, number, prototype};
use crate::expect;
use crate::hosts::hostfns;
use crate::rig::{B, GuestOf, PluginOf};
use crate::shapes::{Item, Point};
use crate::subject::Subject;

/// What host functions saw.
type Seen = Vec<String>;
type Call<'c, 'g, S> = HostCall<'c, 'g, B<S>, Seen>;
type Host<'a, S> = GuestOf<'a, S, Seen>;

/// The plugin with a host function by prototype.
fn with<S: Subject>(
    name: &str,
    text: &str,
    f: impl Fn(&mut Call<'_, '_, S>) -> Result<()> + Send + Sync + 'static,
) -> PluginOf<S, Seen> {
    hostfns::<S, Seen>(Seen::new(), |linker| {
        linker.dyn_func("host", name, &prototype(text), f).expect("nothing has this name");
    })
}

/// Says what it takes, and gives nothing but a number.
fn seeing<S: Subject>(
    size: u32,
    result: Argument<'static>,
) -> impl Fn(&mut Call<'_, '_, S>) -> Result<()> + Send + Sync + 'static {
    let Argument::Number(result) = result else { panic!("{result:?}") };
    move |host| {
        let taken = host.take(0, size)?;
        host.guest().state_mut().push(format!("{taken:?}"));
        host.give(Argument::Number(result))
    }
}

/// Scalars are what the plugin sent.
pub fn scalars_are_taken<S: Subject>() {
    macro_rules! same {
        ($($name:literal $ty:ty: $($value:expr),*;)*) => {
            $({
                let text = concat!("(", stringify!($ty), ") -> ", stringify!($ty));
                let mut plugin = with::<S>($name, text, |host| {
                    let Taken::Number(number) = host.take(0, 0)? else { panic!("no number") };
                    host.give(Argument::Number(number))
                });
                $(
                    let sent: $ty = $value;
                    let back: $ty = plugin.call(concat!("send_", $name), (sent,)).unwrap();
                    assert_eq!(back, sent);
                )*
            })*
        };
    }
    same! {
        "i8" i8: -128, 127;
        "u8" u8: 0, 255;
        "i16" i16: -32768, 32767;
        "u16" u16: 0, 65535;
        "i32" i32: i32::MIN, i32::MAX;
        "u32" u32: 0, u32::MAX;
        "i64" i64: i64::MIN, i64::MAX;
        "u64" u64: 0, u64::MAX;
        "f32" f32: 0.5, f32::MIN;
        "f64" f64: -0.0, f64::MAX;
        "flag" bool: false, true;
        "letter" char: 'ö', '\u{10ffff}';
    }
}

/// All parameters of a long list, in any order.
pub fn many_parameters_are_taken_in_any_order<S: Subject>() {
    let text = "(i8, u16, i32, i64, f32, f64, bool, char, u8, i16, u64, u32) -> u64";
    let mut plugin = with::<S>("twelve", text, |host| {
        assert_eq!((host.len(), host.is_empty()), (12, false));
        let numbers: Result<Vec<_>> = (0..12).rev().map(|index| host.take(index, 0)).collect();
        let numbers = numbers?;
        assert_eq!(numbers.first(), Some(&Taken::Number(Number::U32(u32::MAX))));
        assert_eq!(numbers.last(), Some(&Taken::Number(Number::I32(-1))));
        assert_eq!(host.take(5, 0)?, Taken::Number(Number::F64(-0.25)));
        let error = host.take(12, 0);
        let expected = ConventionError::NoParameter { number: 13, of: 12 };
        assert_eq!(expect::convention(error), expected);
        host.give(number(7u64))
    });
    assert_eq!(plugin.call::<_, u64>("send_twelve", ()).unwrap(), 7);
}

/// Panics unless a static and a dynamic host function see the same of what the plugin sends, and
/// fail alike.
macro_rules! seen_alike {
    ($S:ty; $(
        $name:literal $text:literal, $size:expr, $R:ty = $result:expr, $P:ty as |$p:ident| $taken:expr;
        $(by $export:literal $arguments:expr;)*
    )*) => {
        $($({
            let mut one = hostfns::<$S, Seen>(Seen::new(), |linker: &mut Linker<B<$S>, Seen>| {
                let f = |guest: &mut Host<'_, $S>, $p: $P| -> $R {
                    guest.state_mut().push(format!("{:?}", $taken));
                    $result
                };
                linker.func("host", $name, f).expect("nothing has this name");
            });
            let result: $R = $result;
            let mut other = with::<$S>($name, $text, seeing::<$S>($size, number(result)));
            agree(
                concat!($name, " by ", $export),
                (&mut one, &mut other),
                |plugin| plugin.call::<_, $R>($export, $arguments),
                |plugin| {
                    plugin.call::<_, $R>($export, $arguments).map(crate::dynamic::ToAnswer::to_answer)
                },
            );
            assert_eq!(one.state(), other.state(), concat!($name, " by ", $export));
        })*)*
    };
}

fn bytes<T: bytemuck::NoUninit>(values: &[T]) -> Taken {
    Taken::Bytes(bytemuck::cast_slice(values).into())
}

/// Text, bytes, slices, C strings and structs are copied to the host as static host functions have
/// them, and refused for the same reasons.
pub fn what_is_lent_is_taken_as_by_static_functions<S: Subject>() {
    let point = size_of::<Point>() as u32;
    seen_alike! { S;
        "text" "(str) -> u32", 0, u32 = 3, String as |text| Taken::Text(text);
            by "send_text" ("grüße",);
            by "send_text" ("",);
            by "send_static_text" ();
            by "send_stack_text" ();
            by "send_bad_text" ();
            by "send_wild_text" ();
        "bytes" "(bytes) -> u32", 0, u32 = 3, Vec<u8> as |all| Taken::Bytes(all);
            by "send_bytes" (&[0u8, 255],);
        "numbers" "(slice<i32>) -> i64", 4, i64 = -3, Vec<i32> as |all| bytes(&all);
            by "send_numbers" (&[1, -2, 3],);
            by "send_numbers" (&[0i32; 0],);
            by "send_misaligned_numbers" ();
            by "send_huge_numbers" ();
        "points" "(slice<struct point>) -> f64", point, f64 = 0.5, Vec<Point> as |all| bytes(&all);
            by "send_points" (&[Point::new(1.0, 2.0), Point::new(3.0, 4.0)],);
        "c_text" "(cstr) -> u32", 0, u32 = 1, CString as |text| Taken::CString(text);
            by "send_c_text" (c"C text",);
            by "send_wild_c_text" ();
        "point" "(&struct point) -> f64", point, f64 = 0.5, Point as |p| bytes(&[p]);
            by "send_point" (1.0, 2.0);
        "item" "(&struct item) -> i64", size_of::<Item>() as u32, i64 = 1, Item as |i| bytes(&[i]);
            by "send_item" (7u32, 1u8);
        "maybe_text" "(option<str>) -> i32", 0, i32 = 1,
            Option<String> as |text| text.map_or(Taken::Null, Taken::Text);
            by "send_maybe_text" (Some("there"),);
            by "send_maybe_text" (None::<&str>,);
        "maybe_c_text" "(option<cstr>) -> i32", 0, i32 = 1,
            Option<CString> as |text| text.map_or(Taken::Null, Taken::CString);
            by "send_maybe_c_text" (Some(c"there"),);
            by "send_maybe_c_text" (None::<&std::ffi::CStr>,);
        "maybe_point" "(option<&struct point>) -> f64", point, f64 = 1.0,
            Option<Point> as |p| p.map_or(Taken::Null, |p| bytes(&[p]));
            by "send_maybe_point" (true,);
            by "send_maybe_point" (false,);
    }
}

/// What is handed over is freed when it is taken; the wrong blocks are refused for the same reasons.
pub fn what_is_handed_over_is_taken_as_by_static_functions<S: Subject>() {
    seen_alike! { S;
        "adopt" "(owned<str>) -> u32", 0, u32 = 1, Owned<String> as |text| Taken::Text(text.0);
            by "send_adopt" ("mine",);
            by "send_adopt" ("",);
            by "send_adopt_static" ();
            by "send_adopt_borrowed" ("lent",);
            by "send_adopt_twice" ();
        "adopt_numbers" "(owned<slice<i32>>) -> i64", 0, i64 = 1,
            Owned<Vec<i32>> as |all| bytes(&all.0);
            by "send_adopt_numbers" (5,);
    }
}

/// What is handed over and not taken is freed all the same: after success, failure and a second
/// try, which is refused.
pub fn what_is_handed_over_is_freed_if_nobody_takes_it<S: Subject>() {
    let mut plugin = with::<S>("adopt", "(owned<str>) -> u32", |host| host.give(number(1)));
    assert_eq!(plugin.call::<_, u32>("send_adopt", ("untaken",)).unwrap(), 1);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
    assert!(matches!(
        expect::convention(plugin.call::<_, u32>("send_adopt_twice", ())),
        ConventionError::ResultNotInBlock { .. }
    ));

    let mut plugin =
        with::<S>("adopt", "(owned<str>) -> u32", |_| Err(hostheap_core::Error::host("no thanks")));
    let error = expect::host(plugin.call::<_, u32>("send_adopt", ("untaken",)));
    assert_eq!(error.to_string(), "no thanks");
    assert_eq!(plugin.heap_stats().live_blocks, 0);

    let mut plugin = with::<S>("adopt", "(owned<str>) -> u32", |host| {
        assert_eq!(host.take(0, 0)?, Taken::Text("once".into()));
        let again = ConventionError::AlreadyTaken { number: 1 };
        assert_eq!(expect::convention(host.take(0, 0)), again);
        host.give(number(1))
    });
    plugin.call::<_, u32>("send_adopt", ("once",)).unwrap();
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// All that one call takes counts against the host's limit together.
pub fn one_calls_parameters_share_the_limit<S: Subject>() {
    let mut plugin = crate::rig::try_load::<S, Seen>(
        &crate::rig::wasm(
            r#"(module
            (import "host" "two" (func $two (param i32 i32 i32 i32)))
            (memory (export "memory") 1)
            (func (export "go") (param i32 i32)
                (call $two (i32.const 0) (local.get 0) (i32.const 0) (local.get 1))))"#,
        ),
        Seen::new(),
        |linker| {
            linker.limits(Limits::new().max_transfer(64));
            let text = prototype("(bytes, slice<bytes>)");
            linker
                .dyn_func("host", "two", &text, |host| {
                    host.take(0, 0)?;
                    let taken = host.take(1, 0)?;
                    host.guest().state_mut().push(format!("{taken:?}"));
                    Ok(())
                })
                .expect("nothing has this name");
        },
    )
    .expect("the plugin loads");
    plugin.call::<_, ()>("go", (16, 2)).unwrap();
    assert_eq!(plugin.state(), &["List([[], []])"]);
    // An empty item is host memory too.
    let error = plugin.call::<_, ()>("go", (17, 2));
    assert_eq!(expect::convention(error), ConventionError::TooLong { len: 48, max: 64 });
}

/// Lists are copied, and each item is checked.
pub fn lists_are_taken_and_each_item_is_checked<S: Subject>() {
    const WAT: &str = r#"(module
        (import "host" "list" (func $list (param i32 i32)))
        (memory (export "memory") 1)
        (data (i32.const 1024) "\10\04\00\00\03\00\00\00\13\04\00\00\01\00\00\00abc\ff")
        (data (i32.const 2048) "\fe\ff\00\00\03\00\00\00")
        (func (export "go") (param i32 i32) (call $list (local.get 0) (local.get 1))))"#;
    let make = |text: &'static str| {
        crate::rig::plugin_with::<S, Seen>(WAT, Seen::new(), |linker| {
            linker
                .dyn_func("host", "list", &prototype(text), |host| {
                    let taken = host.take(0, 0)?;
                    host.guest().state_mut().push(format!("{taken:?}"));
                    Ok(())
                })
                .expect("nothing has this name");
        })
    };
    let mut plugin = make("(slice<bytes>)");
    plugin.call::<_, ()>("go", (1024, 2)).unwrap();
    plugin.call::<_, ()>("go", (1024, 0)).unwrap();
    assert_eq!(plugin.state(), &["List([[97, 98, 99], [255]])", "List([])"]);
    let mut plugin = make("(slice<str>)");
    plugin.call::<_, ()>("go", (1024, 1)).unwrap();
    assert_eq!(plugin.state(), &["List([[97, 98, 99]])"]);
    let error = plugin.call::<_, ()>("go", (1024, 2));
    let expected = ConventionError::NotUtf8 { offset: 0x413, len: 1, valid_up_to: 0 };
    assert_eq!(expect::convention(error), expected);
    let refused = |offset: i32, len: i32| make("(slice<str>)").call::<_, ()>("go", (offset, len));
    assert_eq!(expect::out_of_bounds(refused(2048, 1)).offset, 0xfffe);
    assert_eq!(expect::out_of_bounds(refused(0xfff8, 2)).len, 16);
    let misaligned = ConventionError::Misaligned { offset: 1025, align: 4, of: "void *" };
    assert_eq!(expect::convention(refused(1025, 1)), misaligned);
    assert!(matches!(expect::convention(refused(0, 0x2000_0001)), ConventionError::TooLong { .. }));
}

/// What the plugin gives to be written to is written, in bounds and at once.
pub fn what_is_given_to_be_written_to_is_written<S: Subject>() {
    let mut plugin = with::<S>("increment", "(mut i32)", |host| {
        let Taken::Bytes(x) = host.take(0, 0)? else { panic!("no bytes") };
        let x = i32::from_le_bytes(x.try_into().expect("four bytes"));
        host.write_back(0, &(x + 1).to_le_bytes())
    });
    assert_eq!(plugin.call::<_, i32>("send_increment", (41,)).unwrap(), 42);

    let mut plugin = with::<S>("move_point", "(mut struct point, f64, f64)", |host| {
        let Taken::Bytes(p) = host.take(0, 16)? else { panic!("no bytes") };
        let mut p: Point = bytemuck::pod_read_unaligned(&p);
        let (Taken::Number(Number::F64(dx)), Taken::Number(Number::F64(dy))) =
            (host.take(1, 0)?, host.take(2, 0)?)
        else {
            panic!("no numbers")
        };
        p = Point::new(p.x + dx, p.y + dy);
        host.write_back(0, bytemuck::bytes_of(&p))
    });
    assert_eq!(plugin.call::<_, f64>("send_move_point", (2.0, 3.0)).unwrap(), 15.0);

    let mut plugin = with::<S>("fill", "(out slice<i32>, i32)", |host| {
        let Taken::Number(Number::I32(start)) = host.take(1, 0)? else { panic!("no number") };
        let all: Vec<i32> = (start..start + 5).collect();
        let six = [0i32; 6];
        let error = host.write_back(0, bytemuck::cast_slice(&six));
        assert_eq!(expect::out_of_bounds(error).len, 24);
        let odd = host.write_back(0, &[0; 3]);
        assert!(matches!(
            expect::convention(odd),
            ConventionError::WrongArgument { number: 1, .. }
        ));
        host.write_back(0, bytemuck::cast_slice(&all))?;
        // Fewer overwrite the first.
        host.write_back(0, &100i32.to_le_bytes())
    });
    assert_eq!(plugin.call::<_, i64>("send_fill", (1,)).unwrap(), 100 + 2 + 3 + 4 + 5);

    let mut plugin = with::<S>("text", "(str) -> u32", |host| host.write_back(0, b"x"));
    match expect::convention(plugin.call::<_, u32>("send_text", ("lent",))) {
        ConventionError::WrongArgument { number: 1, expected, .. } => assert_eq!(expected, "str"),
        other => panic!("{other:?}"),
    }
}

/// A `NULL` that must not be one, and a size that cannot be.
pub fn a_missing_struct_and_a_wrong_size_are_refused<S: Subject>() {
    let make = |size| with::<S>("point", "(&struct point) -> f64", seeing::<S>(size, number(0.0)));
    let null = ConventionError::NullPointer { of: "a struct" };
    let error = make(16).call::<_, f64>("send_null_point", ());
    assert_eq!(expect::convention(error), null);
    match expect::convention(make(0).call::<_, f64>("send_point", (1.0, 2.0))) {
        ConventionError::WrongArgument { number: 1, expected, given } => {
            assert_eq!((&*expected, &*given), ("&struct point", "a size of 0 bytes"));
        }
        other => panic!("{other:?}"),
    }
}

/// Function pointers of the plugin's are called by prototype from inside.
pub fn a_function_pointer_is_called_from_inside<S: Subject>() {
    let mut plugin = with::<S>("call", "(func, i32) -> i32", |host| {
        let (Taken::Function(f), Taken::Number(x)) = (host.take(0, 0)?, host.take(1, 0)?) else {
            panic!("no function")
        };
        let guest = host.guest();
        let f = guest.dyn_func_at(f, &prototype("(i32) -> i32"))?;
        let answer = f.call(guest, &mut [Argument::Number(x)], 0)?;
        let hostheap_core::convention::dynamic::Answer::Number(y) = answer else {
            panic!("{answer:?}")
        };
        host.give(Argument::Number(y))
    });
    assert_eq!(plugin.call::<_, i32>("send_call", (14,)).unwrap(), 42);
}
