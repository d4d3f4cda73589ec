//! What must hold of every plugin of the kits.

use std::fmt::Debug;

use bytemuck::{Pod, Zeroable};
use hostheap::convention::{CStruct, GuestError};
use hostheap::generic::Guest;
use hostheap::{Error, Limits, TrapKind};

use crate::host::{Backend, Host, KitPlugin};

/// A case: it gets a new instance.
pub struct Case<B: Backend> {
    /// What is true.
    pub name: &'static str,
    /// What the instance may use.
    pub limits: Limits,
    /// Says what is not true.
    pub run: fn(&mut KitPlugin<B>) -> Result<(), String>,
}

impl<B: Backend> Debug for Case<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// `struct point`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
struct Point {
    x: f64,
    y: f64,
}

impl CStruct for Point {
    const C_NAME: &'static str = "struct point";
}

macro_rules! cases {
    ($($name:ident $(with $limits:expr)?;)*) => {
        /// All of them.
        pub fn cases<B: Backend>() -> Vec<Case<B>> {
            vec![$(Case {
                name: stringify!($name),
                limits: [$($limits,)? Limits::new()][0],
                run: $name::<B>,
            }),*]
        }
    };
}
cases! {
    text_goes_in_and_comes_out;
    text_may_be_empty_long_and_of_any_letters;
    bytes_go_in_and_come_out;
    numbers_are_summed;
    numbers_are_changed_in_place;
    structs_go_in_and_come_out;
    lists_of_texts_go_in;
    errors_come_with_code_and_message;
    callbacks_are_called;
    state_survives_between_calls;
    what_is_remembered_is_the_plugins_own_copy;
    the_host_is_told;
    the_host_is_asked;
    out_of_memory_is_an_answer with Limits::new().max_heap_bytes(1 << 20);
    out_of_memory_takes_nothing_from_later_calls with Limits::new().max_heap_bytes(1 << 20);
    arrays_grow;
    memory_grows_beyond_what_it_was;
    every_alignment_is_kept;
    many_calls_leave_nothing_behind;
    a_failure_ends_in_a_trap;
}

fn same<T: PartialEq + Debug>(what: &str, found: T, expected: T) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: {found:?} where {expected:?} was expected"))
}

fn words(error: Error) -> String {
    error.to_string()
}

/// Nothing that a call allocated may stay.
fn nothing_left<B: Backend>(
    plugin: &mut KitPlugin<B>,
    what: &str,
    call: impl Fn(&mut KitPlugin<B>) -> Result<(), String>,
) -> Result<(), String> {
    let mut live = |calls: usize| {
        for _ in 0..calls {
            call(plugin)?;
        }
        // Languages with a garbage collector have an export that runs it.
        match plugin.call::<_, ()>("tidy", ()) {
            Err(Error::Link(_)) | Ok(()) => Ok(plugin.heap_stats().live_blocks),
            Err(error) => Err(words(error)),
        }
    };
    let before = live(1)?; // what is made once and kept
    same(&format!("live blocks after {what}"), live(10)?, before)
}

fn text_goes_in_and_comes_out<B: Backend>(plugin: &mut KitPlugin<B>) -> Result<(), String> {
    let greeting: String = plugin.call("greet", ("World",)).map_err(words)?;
    same("greet", greeting.as_str(), "Hello, World!")?;
    let loud: String = plugin.call("shout", ("hostheap 2 zäh",)).map_err(words)?;
    same("shout", loud.as_str(), "HOSTHEAP 2 ZäH")
}

fn text_may_be_empty_long_and_of_any_letters<B: Backend>(
    plugin: &mut KitPlugin<B>,
) -> Result<(), String> {
    for name in ["", "a", "Zoë 漢字 🦀", "with\0nul", &"long ".repeat(50_000)] {
        let greeting: String = plugin.call("greet", (name,)).map_err(words)?;
        same("greet", greeting, format!("Hello, {name}!"))?;
        let loud: String = plugin.call("shout", (name,)).map_err(words)?;
        same("shout", loud, name.to_ascii_uppercase())?;
    }
    Ok(())
}

fn bytes_go_in_and_come_out<B: Backend>(plugin: &mut KitPlugin<B>) -> Result<(), String> {
    for len in [0, 1, 2, 255, 256, 100_000] {
        let bytes: Vec<u8> = (0..len).map(|i: u32| (i * 7) as u8).collect();
        let back: Vec<u8> = plugin.call("reverse", (&bytes[..],)).map_err(words)?;
        same("reverse", back, bytes.into_iter().rev().collect())?;
    }
    Ok(())
}

fn numbers_are_summed<B: Backend>(plugin: &mut KitPlugin<B>) -> Result<(), String> {
    for numbers in [&[][..], &[5], &[1, -2, 3], &[i32::MAX; 1000], &[i32::MIN; 1000]] {
        let sum: i64 = plugin.call("sum", (numbers,)).map_err(words)?;
        same("sum", sum, numbers.iter().map(|n| i64::from(*n)).sum())?;
    }
    Ok(())
}

fn numbers_are_changed_in_place<B: Backend>(plugin: &mut KitPlugin<B>) -> Result<(), String> {
    let mut numbers = [1.5, -2.0, f64::INFINITY, 1e300];
    plugin.call::<_, ()>("scale", (&mut numbers[..], -2.0)).map_err(words)?;
    same("scale", numbers, [-3.0, 4.0, f64::NEG_INFINITY, -2e300])?;
    plugin.call::<_, ()>("scale", (&mut [0.0_f64; 0][..], 2.0)).map_err(words)
}

fn structs_go_in_and_come_out<B: Backend>(plugin: &mut KitPlugin<B>) -> Result<(), String> {
    let (a, b) = (Point { x: 1.0, y: -4.0 }, Point { x: 4.0, y: 2.0 });
    let middle: Point = plugin.call("middle", (&a, &b)).map_err(words)?;
    same("middle", middle, Point { x: 2.5, y: -1.0 })
}

fn lists_of_texts_go_in<B: Backend>(plugin: &mut KitPlugin<B>) -> Result<(), String> {
    for (texts, longest) in
        [(&["a", "ccc", "", "bbb"][..], "ccc"), (&["one"], "one"), (&["", ""], ""), (&[], "")]
    {
        let found: String = plugin.call("longest", (texts,)).map_err(words)?;
        same("longest", found.as_str(), longest)?;
    }
    Ok(())
}

fn errors_come_with_code_and_message<B: Backend>(plugin: &mut KitPlugin<B>) -> Result<(), String> {
    let extremes = [i64::MIN.to_string(), i64::MAX.to_string()];
    for (text, value) in [
        ("0", "0"),
        ("-0", "0"),
        ("0042", "42"),
        ("-17", "-17"),
        (&*extremes[0], &*extremes[0]),
        (&*extremes[1], &*extremes[1]),
    ] {
        let parsed: Result<String, GuestError> = plugin.call("parse", (text,)).map_err(words)?;
        same("parse", parsed.map_err(|error| error.to_string()), Ok(value.to_owned()))?;
    }
    for text in
        ["", "-", "1x", "--1", "+1", " 1", "ä", "9223372036854775808", "-9223372036854775809"]
    {
        let parsed: Result<String, GuestError> = plugin.call("parse", (text,)).map_err(words)?;
        let Err(error) = parsed else { return Err(format!("parse({text:?}) gave {parsed:?}")) };
        same("the error's code", error.code, 2)?;
        same("the error's message", error.message, format!("not a number: {text}"))?;
    }
    Ok(())
}

fn callbacks_are_called<B: Backend>(plugin: &mut KitPlugin<B>) -> Result<(), String> {
    let twice = plugin
        .callback(|guest: &mut Guest<'_, B, Host>, x: i32| {
            guest.state_mut().told.push(format!("called with {x}"));
            x * 10
        })
        .map_err(words)?;
    let y: i32 = plugin.call("apply", (&twice, 7)).map_err(words)?;
    same("apply", y, 700)?;
    same("the calls", plugin.state().told.join(", ").as_str(), "called with 7, called with 70")
}

fn state_survives_between_calls<B: Backend>(plugin: &mut KitPlugin<B>) -> Result<(), String> {
    for expected in 1..=3_u32 {
        let count: u32 = plugin.call("count", ()).map_err(words)?;
        same("count", count, expected)?;
    }
    Ok(())
}

fn what_is_remembered_is_the_plugins_own_copy<B: Backend>(
    plugin: &mut KitPlugin<B>,
) -> Result<(), String> {
    let recall = |plugin: &mut KitPlugin<B>| -> Result<Option<String>, String> {
        plugin.call("recall", ()).map_err(words)
    };
    same("recall at first", recall(plugin)?, None)?;
    for text in ["first", "", "a much longer text than the first", "z"] {
        plugin.call::<_, ()>("remember", (text,)).map_err(words)?;
        let _: String = plugin.call("greet", ("who overwrites what was freed",)).map_err(words)?;
        same("recall", recall(plugin)?, Some(text.to_owned()))?;
        same("recall again", recall(plugin)?, Some(text.to_owned()))?;
    }
    nothing_left(plugin, "remember", |plugin| {
        plugin.call::<_, ()>("remember", ("again",)).map_err(words)
    })
}

fn the_host_is_told<B: Backend>(plugin: &mut KitPlugin<B>) -> Result<(), String> {
    for text in ["hello", "", "ünï"] {
        plugin.call::<_, ()>("say", (text,)).map_err(words)?;
    }
    same("told", plugin.state().told.join(" ").as_str(), "[hello] [] [ünï]")
}

fn the_host_is_asked<B: Backend>(plugin: &mut KitPlugin<B>) -> Result<(), String> {
    let answer: String = plugin.call("consult", ("ready?",)).map_err(words)?;
    same("consult", answer.as_str(), "host says: ready? yes")?;
    let answer: String = plugin.call("consult", ("nothing?",)).map_err(words)?;
    same("consult without an answer", answer.as_str(), "no answer")?;
    same("asked", plugin.state().asked.join(" ").as_str(), "ready? nothing?")?;
    nothing_left(plugin, "consult", |plugin| {
        plugin.call::<_, String>("consult", ("again?",)).map(|_| ()).map_err(words)
    })
}

fn out_of_memory_is_an_answer<B: Backend>(plugin: &mut KitPlugin<B>) -> Result<(), String> {
    let blocks: u32 = plugin.call("exhaust", (10_000_u32,)).map_err(words)?;
    // A MiB less what the plugin needs besides: to remember the blocks, and headers of its own.
    if !(80..=104).contains(&blocks) {
        return Err(format!("exhaust got {blocks} blocks of 10,000 bytes of a MiB"));
    }
    let none: u32 = plugin.call("exhaust", (2_u32 << 20,)).map_err(words)?;
    same("blocks larger than the heap", none, 0)
}

fn out_of_memory_takes_nothing_from_later_calls<B: Backend>(
    plugin: &mut KitPlugin<B>,
) -> Result<(), String> {
    nothing_left(plugin, "exhaust", |plugin| {
        plugin.call::<_, u32>("exhaust", (50_000_u32,)).map(|_| ()).map_err(words)
    })?;
    let text = "x".repeat(300_000);
    let greeting: String = plugin.call("greet", (text.as_str(),)).map_err(words)?;
    same("greet", greeting.len(), text.len() + 8)
}

fn arrays_grow<B: Backend>(plugin: &mut KitPlugin<B>) -> Result<(), String> {
    for count in [0_u32, 1, 2, 1000, 200_000] {
        let sum: u64 = plugin.call("collect", (count,)).map_err(words)?;
        same("collect", sum, (0..u64::from(count)).sum())?;
    }
    Ok(())
}

fn memory_grows_beyond_what_it_was<B: Backend>(plugin: &mut KitPlugin<B>) -> Result<(), String> {
    let count = 3_000_000_u32; // 12 MB
    let sum: u64 = plugin.call("collect", (count,)).map_err(words)?;
    same("collect", sum, (0..u64::from(count)).sum())
}

fn every_alignment_is_kept<B: Backend>(plugin: &mut KitPlugin<B>) -> Result<(), String> {
    for alignment in (0..=12).map(|log2| 1_u32 << log2) {
        for _ in 0..3 {
            let rest: u32 = plugin.call("aligned", (alignment,)).map_err(words)?;
            same(&format!("an address modulo {alignment}"), rest, 0)?;
        }
    }
    Ok(())
}

fn many_calls_leave_nothing_behind<B: Backend>(plugin: &mut KitPlugin<B>) -> Result<(), String> {
    nothing_left(plugin, "calls of everything", |plugin| {
        plugin.call::<_, String>("greet", ("World",)).map_err(words)?;
        plugin.call::<_, String>("shout", ("World",)).map_err(words)?;
        plugin.call::<_, Vec<u8>>("reverse", (&[1_u8, 2, 3][..],)).map_err(words)?;
        plugin.call::<_, i64>("sum", (&[1_i32, 2, 3][..],)).map_err(words)?;
        plugin.call::<_, ()>("scale", (&mut [1.0_f64][..], 2.0)).map_err(words)?;
        plugin.call::<_, String>("longest", (&["a", "bb"][..],)).map_err(words)?;
        for text in ["12", "x"] {
            let _ =
                plugin.call::<_, Result<String, GuestError>>("parse", (text,)).map_err(words)?;
        }
        plugin.call::<_, Option<String>>("recall", ()).map_err(words)?;
        plugin.call::<_, ()>("say", ("hello",)).map_err(words)?;
        plugin.call::<_, u64>("collect", (1000_u32,)).map_err(words)?;
        plugin.call::<_, u32>("aligned", (64_u32,)).map_err(words)?;
        Ok(())
    })
}

fn a_failure_ends_in_a_trap<B: Backend>(plugin: &mut KitPlugin<B>) -> Result<(), String> {
    let error = match plugin.call::<_, ()>("fail", ("the message",)) {
        Ok(()) => return Err("fail returned".to_owned()),
        Err(error) => error,
    };
    match &error {
        Error::Trap(trap) if trap.kind() == TrapKind::Unreachable => {}
        other => return Err(format!("fail ended in: {other}")),
    }
    same("poisoned", plugin.is_poisoned(), true)?;
    // Languages that cannot say why tell nothing; those that can say this.
    match plugin.state().told.as_slice() {
        [] => Ok(()),
        [told] if told.contains("the message") => Ok(()),
        other => Err(format!("the host was told {other:?}")),
    }
}
