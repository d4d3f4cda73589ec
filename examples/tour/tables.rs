//! The tables of `docs/convention/README.md`: every type of them is one.

use std::borrow::Cow;
use std::ffi::{CStr, CString};

use bytemuck::{Pod, Zeroable};
use hostheap::convention::{
    CStruct, Callback, Composed, Fallible, FuncPtr, GuestBlock, GuestBytes, GuestPtr, GuestSlice,
    GuestStr, Lift, Lower, Out, Owned,
};
use hostheap::{Engine, Guest, Linker};

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Pair {
    a: u32,
    b: u32,
}

impl CStruct for Pair {
    const C_NAME: &'static str = "struct pair";
}

fn argument<X: Lower>() {}
fn parameter<X: Lift>() {}

fn arguments() {
    argument::<char>();
    argument::<&String>();
    argument::<&[&str]>();
    argument::<&[String]>();
    argument::<&[&[u8]]>();
    argument::<&[Vec<u8>]>();
    argument::<&CString>();
    argument::<&Vec<Pair>>();
    argument::<&mut Vec<bool>>();
    argument::<&mut [GuestPtr<u8>; 2]>();
    argument::<&mut Pair>();
    argument::<Out<'_, [f32]>>();
    argument::<Composed<'_, Pair>>();
    argument::<Option<&str>>();
    argument::<Option<&CStr>>();
    argument::<Option<&Pair>>();
    argument::<Option<&mut [i64]>>();
    argument::<Option<Out<'_, Pair>>>();
    argument::<Option<Composed<'_, Pair>>>();
    argument::<Owned<&str>>();
    argument::<Owned<&CStr>>();
    argument::<Owned<&[Pair]>>();
    argument::<Owned<Composed<'_, Pair>>>();
    argument::<&GuestBlock>();
    argument::<&Callback>();
    argument::<Option<&Callback>>();
    argument::<FuncPtr<(&str,), String>>();
    argument::<GuestPtr<Pair>>();
}

fn parameters() {
    parameter::<u8>();
    parameter::<Option<String>>();
    parameter::<Option<Vec<Pair>>>();
    parameter::<Option<CString>>();
    parameter::<Option<Pair>>();
    parameter::<Option<GuestStr>>();
    parameter::<Option<GuestBytes>>();
    parameter::<Option<GuestSlice<Pair>>>();
    parameter::<GuestPtr<Pair>>();
    parameter::<Owned<String>>();
    parameter::<Owned<Vec<Pair>>>();
    parameter::<Option<FuncPtr<(), ()>>>();
}

/// Host functions with a result of every kind.
fn results(linker: &mut Linker<()>) -> hostheap::Result<()> {
    macro_rules! returns {
        ($($name:literal = $value:expr;)*) => {
            $(linker.func("result", $name, |_: &mut Guest<'_, ()>| $value)?;)*
        };
    }
    let pair = Pair { a: 1, b: 2 };
    returns! {
        "nothing" = ();
        "static text" = "text";
        "cow" = Cow::<'static, str>::Borrowed("text");
        "vector" = vec![1.0];
        "static slice" = &[1u32][..];
        "C string" = CString::default();
        "static C string" = c"text";
        "struct" = Pair { a: 1, b: 2 };
        "maybe text" = Some("text");
        "maybe slice" = Some(&[1u32][..]);
        "maybe C string" = Some(c"text");
        "tuple" = (1u8, 2u16, 3u64, 4.0f32);
        "fallible" = Fallible::<()>(Ok(()));
        "fallible vector" = Fallible::<Vec<Pair>>(Ok(Vec::new()));
        "function" = FuncPtr::<(), ()>::new(1);
        "pointer" = GuestPtr::<Pair>::NULL;
        "result" = Ok::<_, String>(Some(String::new()));
    }
    linker.func("result", "maybe struct", move |_: &mut Guest<'_, ()>| Some(pair))?;
    Ok(())
}

pub(crate) fn check() -> anyhow::Result<()> {
    arguments();
    parameters();
    results(&mut Linker::new(&Engine::new()?))?;
    Ok(())
}
