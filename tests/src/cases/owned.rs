//! Arguments that become the plugin's own, and those that it borrows: whose block is freed by whom,
//! and when.

use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind};

use hostheap_core::convention::{Compose, Composed, Owned, Place};
use hostheap_core::heap::InvalidKind;
use hostheap_core::{Error, Limits, Plugin, Result, Runtime, TrapKind};

use crate::hosts::{ownership, ownership_with};
use crate::rig::{GuestOf, PluginOf, try_load};
use crate::shapes::{Item, Point};
use crate::subject::Subject;
use crate::{expect, guests};

/// Live blocks, blocks freed so far, and frees that were refused.
fn counts<B: Runtime, T: Send + 'static>(plugin: &Plugin<B, T>) -> (u32, u64, u64) {
    let stats = plugin.heap_stats();
    (stats.live_blocks, stats.freed, stats.invalid_frees)
}

/// An owned block is an ordinary one of the plugin's: text, C text, numbers, a struct.
pub fn the_plugin_frees_what_it_owns<S: Subject>() {
    let mut plugin = ownership::<S>();
    assert_eq!(plugin.call::<_, u32>("consume", (Owned("abc"),)).unwrap(), 294);
    assert_eq!(plugin.call::<_, u32>("consume", (Owned(""),)).unwrap(), 0);
    assert_eq!(plugin.call::<_, u32>("consume_c_text", (Owned(c"four"),)).unwrap(), 4);
    let numbers = [i32::MAX, 1, -3];
    let sum: i64 = plugin.call("consume_numbers", (Owned(&numbers),)).unwrap();
    assert_eq!(sum, i64::from(i32::MAX) - 2);
    let point = Point { x: 1.5, y: 2.0 };
    assert_eq!(plugin.call::<_, f64>("consume_point", (Owned(&point),)).unwrap(), 3.5);
    // One block each, freed once, and no argument's beside it.
    assert_eq!(counts(&plugin), (0, 5, 0));
}

/// What may be `NULL` may be owned as well as borrowed by the same function.
pub fn what_may_be_null_may_be_owned<S: Subject>() {
    let mut plugin = ownership::<S>();
    assert_eq!(plugin.call::<_, i64>("maybe_consume", (Owned("ab"),)).unwrap(), 195);
    assert_eq!(plugin.call::<_, i64>("maybe_consume", (None::<&str>,)).unwrap(), -1);
    assert_eq!(counts(&plugin), (0, 1, 0));
}

/// Owned and borrowed arguments go in one call, each released by whose it is.
pub fn owned_and_borrowed_arguments_mix<S: Subject>() {
    let mut plugin = ownership::<S>();
    let arguments = (Owned("a"), "b", Owned(&[1000, 2000]));
    assert_eq!(plugin.call::<_, i64>("consume_two_of_three", arguments).unwrap(), 3195);
    assert_eq!(counts(&plugin), (0, 3, 0));
}

/// The plugin may keep what it owns for as long as it likes.
pub fn an_owned_block_outlives_its_call<S: Subject>() {
    let mut plugin = ownership::<S>();
    let stash = plugin.func::<(Owned<&str>,), u32>("stash").unwrap();
    let mut sum = 0;
    for count in 1..=50u32 {
        let text = "x".repeat(count as usize * 7);
        assert_eq!(stash.call(&mut plugin, (Owned(&text),)).unwrap(), count);
        sum += count * 7 * u32::from(b'x');
        assert_eq!(plugin.call::<_, u32>("stash_sum", ()).unwrap(), sum);
    }
    // Each text, and the node it hangs on.
    assert_eq!(counts(&plugin), (100, 0, 0));
    assert_eq!(plugin.call::<_, u32>("stash_clear", ()).unwrap(), 50);
    assert_eq!(counts(&plugin), (0, 100, 0));
}

/// An owned block may go back to the host in a later call.
pub fn an_owned_block_may_be_returned_later<S: Subject>() {
    let mut plugin = ownership::<S>();
    for text in ["first", "", "last"] {
        plugin.call::<_, u32>("stash", (Owned(text),)).unwrap();
    }
    for text in ["last", "", "first"] {
        let back: Option<String> = plugin.call("unstash", ()).unwrap();
        assert_eq!(back.as_deref(), Some(text));
    }
    assert_eq!(plugin.call::<_, Option<String>>("unstash", ()).unwrap(), None);
    assert_eq!(counts(&plugin), (0, 6, 0));
}

/// The very block of an argument may be the result, whatever its size.
pub fn an_owned_block_may_come_back<S: Subject>() {
    let mut plugin = ownership::<S>();
    for len in [0, 1, 15, 16, 17, 1000, 70_000] {
        let text = "ö".repeat(len);
        assert_eq!(plugin.call::<_, String>("give_back", (Owned(&text),)).unwrap(), text);
        assert_eq!(plugin.heap_stats().live_blocks, 0, "{len}");
    }
    let point = Point { x: -1.0, y: 1e300 };
    assert_eq!(plugin.call::<_, Point>("give_point_back", (Owned(&point),)).unwrap(), point);
    assert_eq!(counts(&plugin), (0, 8, 0));
}

/// An owned block may be resized in place, or moved.
pub fn an_owned_block_may_be_resized<S: Subject>() {
    let mut plugin = ownership::<S>();
    for times in [0, 1, 2, 100, 50_000u32] {
        let result: String = plugin.call("repeat_in_place", (Owned("abc"), times)).unwrap();
        assert_eq!(result, "abc".repeat(times as usize));
        assert_eq!(plugin.heap_stats().live_blocks, 0);
    }
}

/// What a plugin owns and loses is its own leak, and counted.
pub fn an_owned_block_that_is_lost_stays_live<S: Subject>() {
    let mut plugin = ownership::<S>();
    for live in 1..=10 {
        plugin.call::<_, ()>("lose", (Owned("lost"),)).unwrap();
        assert_eq!(counts(&plugin), (live, 0, 0));
    }
}

/// A second free of an owned block traps like any other.
pub fn a_double_free_of_an_owned_block_traps<S: Subject>() {
    let mut plugin = ownership::<S>();
    let error = expect::invalid_kind(plugin.call::<_, ()>("free_twice", (Owned("text"),)));
    assert_eq!(error, InvalidKind::AlreadyFreed);
    assert_eq!(counts(&plugin), (0, 1, 1));
    assert!(plugin.is_poisoned());
}

/// Once the plugin has run, its block is its own: the host does not free it after a trap.
pub fn a_trap_leaves_an_owned_block_the_plugins<S: Subject>() {
    let mut plugin = ownership::<S>();
    let kind = expect::trap(plugin.call::<_, ()>("trap_owning", (Owned("text"),)));
    assert_eq!(kind, TrapKind::Unreachable);
    assert_eq!(counts(&plugin), (1, 0, 0));
}

/// The same after a host function's error, and after its panic.
pub fn an_unwound_call_leaves_an_owned_block_the_plugins<S: Subject>() {
    let mut plugin = ownership_with::<S, ()>((), |_| Err(Error::host("no")));
    expect::host(plugin.call::<_, u32>("poke_and_consume", (Owned("text"),)));
    assert_eq!(counts(&plugin), (1, 0, 0));

    let mut plugin = ownership_with::<S, ()>((), |_| panic!("panicked on purpose"));
    let call = AssertUnwindSafe(|| plugin.call::<_, u32>("poke_and_consume", (Owned("text"),)));
    assert!(catch_unwind(call).is_err());
    assert_eq!(counts(&plugin), (1, 0, 0));
    assert!(plugin.is_poisoned());
}

/// Where an argument behind it is stale, the call never happens, and nobody owns its block.
pub fn a_stale_argument_frees_what_the_plugin_would_own<S: Subject>() {
    let mut other = ownership::<S>();
    let stale = other.keep("elsewhere").unwrap();
    let mut plugin = ownership::<S>();
    let result = plugin.call::<_, String>("repeat_in_place", (Owned("text"), &stale));
    expect::convention(result);
    assert_eq!(counts(&plugin), (0, 1, 0));
    assert!(!plugin.is_poisoned());
    assert_eq!(plugin.call::<_, u32>("consume", (Owned("a"),)).unwrap(), 97);
}

/// Where there is no memory for an argument behind it, the same.
pub fn an_argument_without_memory_frees_what_the_plugin_would_own<S: Subject>() {
    for blocks in 0..=3 {
        let wasm = guests::wasm("ownership");
        let plugin = try_load::<S, ()>(&wasm, (), |linker| {
            linker.limits(Limits::new().max_blocks(blocks));
            let poke = |_: &mut GuestOf<'_, S>| {};
            linker.func("host", "poke", poke).unwrap();
        });
        let mut plugin = plugin.unwrap();
        let arguments = (Owned("a"), "b", Owned(&[1]));
        let result = plugin.call::<_, i64>("consume_two_of_three", arguments);
        match blocks {
            // One for each that is owned, and one for all that are borrowed.
            3 => assert_eq!(result.unwrap(), 196),
            _ => drop(expect::alloc(result)),
        }
        assert_eq!(counts(&plugin), (0, blocks.into(), 0), "{blocks}");
        assert!(!plugin.is_poisoned());
    }
}

/// A nested call owns its arguments like the outer one.
pub fn nested_calls_own_their_arguments<S: Subject>() {
    let mut plugin = ownership_with::<S, u32>(0, |guest| {
        *guest.state_mut() += 1;
        match *guest.state() {
            depth @ ..20 => {
                let sum: u32 = guest.call("poke_and_consume", (Owned("b"),))?;
                assert_eq!(sum, 98, "{depth}");
                Ok(())
            }
            _ => Ok(()),
        }
    });
    assert_eq!(plugin.call::<_, u32>("poke_and_consume", (Owned("a"),)).unwrap(), 97);
    assert_eq!(counts(&plugin), (0, 20, 0));
}

/// Borrowed arguments are released once: after the call, and after a trap in it.
pub fn a_borrowed_argument_is_released_once<S: Subject>() {
    let mut plugin = ownership::<S>();
    assert!(plugin.call::<_, bool>("poke_between", ("text",)).unwrap());
    assert_eq!(counts(&plugin), (0, 1, 0));
    expect::trap(plugin.call::<_, ()>("trap_with", ("text",)));
    // The block that it held itself is left.
    assert_eq!(counts(&plugin), (1, 2, 0));
}

/// After a host function's error in the middle of the call, and after its panic, too.
pub fn an_unwound_call_releases_borrowed_arguments_once<S: Subject>() {
    let mut plugin = ownership_with::<S, ()>((), |_| Err(Error::host("no")));
    let error = expect::host(plugin.call::<_, bool>("poke_between", ("text",)));
    assert_eq!(error.to_string(), "no");
    assert_eq!(counts(&plugin), (0, 1, 0));

    let mut plugin = ownership_with::<S, ()>((), |_| panic!("panicked on purpose"));
    let call = AssertUnwindSafe(|| plugin.call::<_, bool>("poke_between", ("text",)));
    assert!(catch_unwind(call).is_err());
    assert_eq!(counts(&plugin), (0, 1, 0));
    expect::poisoned(plugin.call::<_, bool>("poke_between", ("text",)));
    assert_eq!(counts(&plugin), (0, 1, 0));
}

/// Nested calls release their arguments one after the other, also where the innermost fails.
pub fn nested_calls_release_their_arguments_once<S: Subject>() {
    for fails in [false, true] {
        let poke = move |guest: &mut GuestOf<'_, S, u32>| -> Result<()> {
            *guest.state_mut() += 1;
            match *guest.state() {
                10 if fails => Err(Error::host("deep down")),
                10 => Ok(()),
                depth => {
                    assert_eq!(guest.heap().stats().live_blocks, depth);
                    let text = "text".repeat(depth as usize);
                    assert!(guest.call::<_, bool>("poke_between", (&text,))?);
                    Ok(())
                }
            }
        };
        let mut plugin = ownership_with::<S, u32>(0, poke);
        let result = plugin.call::<_, bool>("poke_between", ("text",));
        match fails {
            true => assert_eq!(expect::host(result).to_string(), "deep down"),
            false => assert!(result.unwrap()),
        }
        assert_eq!(counts(&plugin), (0, 10, 0));
    }
}

/// What is copied back is copied back after the call, and not at all if it was unwound.
pub fn an_unwound_call_copies_nothing_back<S: Subject>() {
    let mut plugin = ownership_with::<S, bool>(true, |guest| match guest.state() {
        true => Ok(()),
        false => Err(Error::host("no")),
    });
    let mut x = 5;
    plugin.call::<_, ()>("poke_and_add", (&mut x,)).unwrap();
    assert_eq!(x, 16);
    *plugin.state_mut() = false;
    expect::host(plugin.call::<_, ()>("poke_and_add", (&mut x,)));
    assert_eq!(x, 16);
    assert_eq!(counts(&plugin), (0, 2, 0));
}

/// A struct with a pointer to text in it.
struct Named(&'static str);

impl Compose for Named {
    type Struct = Item;
    fn compose(&self, place: &mut Place<'_>) -> Item {
        let text = place.str(self.0);
        Item { id: text.ptr.offset(), ..Item::default() }
    }
}

/// No borrowed argument can be freed, of whatever kind it is.
pub fn no_borrowed_argument_can_be_freed<S: Subject>() {
    fn lent<S: Subject>(call: impl FnOnce(&mut PluginOf<S>) -> Result<()>) {
        let mut plugin = ownership::<S>();
        assert_eq!(expect::invalid_kind(call(&mut plugin)), InvalidKind::Lent);
        assert_eq!(counts(&plugin), (0, 1, 1), "and it is released once");
        assert!(plugin.is_poisoned());
    }
    lent::<S>(|plugin| plugin.call("free_borrowed", ("text",)));
    lent::<S>(|plugin| plugin.call("free_borrowed", ("",)));
    lent::<S>(|plugin| plugin.call("free_borrowed", (&[1.5f64, 2.5],)));
    lent::<S>(|plugin| plugin.call("free_borrowed", (&mut [1u16, 2],)));
    lent::<S>(|plugin| plugin.call("free_borrowed", (&["one", "two"][..],)));
    lent::<S>(|plugin| plugin.call("free_borrowed_pointer", (c"text",)));
    lent::<S>(|plugin| plugin.call("free_borrowed_pointer", (&Point::default(),)));
    lent::<S>(|plugin| plugin.call("free_borrowed_pointer", (&mut Point::default(),)));
    lent::<S>(|plugin| plugin.call("free_borrowed_pointer", (Composed(&Named("text")),)));
}

/// Nor can it be resized, to no size.
pub fn no_borrowed_argument_can_be_resized<S: Subject>() {
    for size in [0, 1, 4, 100, 100_000u32] {
        let mut plugin = ownership::<S>();
        let result = plugin.call::<_, u32>("realloc_borrowed", ("text", size));
        assert_eq!(expect::invalid_kind(result), InvalidKind::Lent, "{size}");
        assert_eq!(counts(&plugin).0, 0);
    }
}

/// A borrowed argument may come back, wholly or in part, and is released once.
pub fn a_borrowed_argument_may_be_the_result<S: Subject>() {
    let mut plugin = ownership::<S>();
    assert_eq!(plugin.call::<_, String>("return_borrowed", ("whole",)).unwrap(), "whole");
    assert_eq!(plugin.call::<_, String>("return_borrowed_half", ("wholehalf",)).unwrap(), "ehalf");
    let text: std::ffi::CString = plugin.call("return_borrowed_c_text", (c"text",)).unwrap();
    assert_eq!(text.as_ref(), c"text" as &CStr);
    let point = Point { x: 3.0, y: 4.0 };
    assert_eq!(plugin.call::<_, Point>("return_borrowed_point", (&point,)).unwrap(), point);
    assert_eq!(counts(&plugin), (0, 4, 0));
}

/// A plugin that writes beyond what it borrowed harms nobody but itself.
pub fn an_overrun_of_a_borrowed_argument_stays_the_plugins<S: Subject>() {
    let mut plugin = ownership::<S>();
    for len in [0, 1, 3, 4, 1000] {
        let mut numbers = vec![7; len];
        plugin.call::<_, ()>("overrun", (&mut numbers,)).unwrap();
        assert_eq!(numbers, vec![7; len]);
        assert_eq!(plugin.heap_stats().live_blocks, 0);
    }
    assert_eq!(plugin.heap_stats().invalid_frees, 0);
}
