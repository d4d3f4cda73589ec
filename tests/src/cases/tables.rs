//! Function tables: function pointers that the host calls, and functions of the host's that the
//! guest calls through pointers.

use std::sync::Arc;

use hostheap_core::error::{LinkError, Mismatch, TableError};
use hostheap_core::plugin::State;
use hostheap_core::{
    Context, Error, Export, FuncType, Import, LoadOptions, Result, Runtime, TrapKind, ValType,
};

use crate::expect;
use crate::rig::{B, Cx, PluginOf, Raw, load, plugin, try_load_with, wasm};
use crate::subject::Subject;

/// Two functions at 1 and 2, null at 0, and room for four more.
const WAT: &str = r#"(module
    (type $unary (func (param i32) (result i32)))
    (table $t (export "table") 3 7 funcref)
    (table (export "others") 2 2 externref)
    (table (export "more") 9 9 funcref)
    (memory (export "memory") 1)
    (elem (table $t) (i32.const 1) func $double $sum)
    (func $double (type $unary) (i32.mul (local.get 0) (i32.const 2)))
    (func $sum (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func $seven (type $unary) (i32.const 7))
    (elem declare func $seven)
    (func (export "call") (param i32 i32) (result i32)
        (call_indirect (type $unary) (local.get 1) (local.get 0)))
    (func (export "grow") (param i32) (result i32)
        (table.grow $t (ref.null func) (local.get 0)))
    (func (export "put_seven") (param i32) (table.set $t (local.get 0) (ref.func $seven))))"#;

fn bound<S: Subject, T: Send + 'static>(state: T) -> Raw<S, T> {
    let mut raw = Raw::<S, T>::with(WAT, state, |_| {}).bind();
    bind(&mut raw, "table").expect("the module exports its table");
    raw
}

fn bind<S: Subject, T: Send + 'static>(raw: &mut Raw<S, T>, name: &str) -> Result<()> {
    let instance = raw.instance.clone();
    B::<S>::bind_table(&mut raw.cx(), &instance, name)
}

fn size<S: Subject, T: Send + 'static>(raw: &mut Raw<S, T>) -> u32 {
    B::<S>::table_size(&mut raw.cx()).expect("a table is bound")
}

/// The function of one number at an index.
fn unary<S: Subject, T: Send + 'static>(
    raw: &mut Raw<S, T>,
    index: u32,
) -> Result<<B<S> as Export<(i32,), i32>>::Func> {
    <B<S> as Export<(i32,), i32>>::func_at(&mut raw.cx(), index)
}

/// Puts a host function of one number at an index.
#[track_caller]
fn put<S: Subject, T: Send + 'static>(
    raw: &mut Raw<S, T>,
    index: u32,
    f: impl Fn(Cx<'_, S, T>, i32) -> Result<i32> + Send + Sync + 'static,
) {
    let mut cx = raw.cx();
    let func = <B<S> as Import<(i32,), i32>>::function(&mut cx, f).expect("a function");
    B::<S>::table_set(&mut cx, index, Some(&func)).expect("there is such an element");
}

/// What the guest's indirect call of the function at an index returns.
fn call<S: Subject, T: Send + 'static>(raw: &mut Raw<S, T>, index: u32, n: i32) -> Result<i32> {
    raw.call::<_, i32>("call", (index as i32, n))
}

/// A table is bound by the name of its export, and binding another replaces it.
pub fn a_table_is_bound_by_its_name<S: Subject>() {
    let mut raw = bound::<S, ()>(());
    assert_eq!(size(&mut raw), 3);
    bind(&mut raw, "more").unwrap();
    assert_eq!(size(&mut raw), 9);
}

/// A name that is no function table is an error that names those there are; what was bound stays.
pub fn a_missing_table_names_those_there_are<S: Subject>() {
    let mut raw = bound::<S, ()>(());
    for missing in ["", "others", "memory", "call"] {
        match expect::link(bind(&mut raw, missing)) {
            LinkError::MissingExport { name, kind: "function table", mut available } => {
                assert_eq!(name, missing);
                available.sort();
                assert_eq!(available, ["more", "table"]);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(size(&mut raw), 3);
}

/// Without a table everything that needs one says so.
pub fn everything_about_tables_is_unbound_before_one_is_bound<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    let unbound = |error| assert_eq!(error, TableError::Unbound);
    unbound(expect::table(B::<S>::table_size(&mut raw.cx())));
    unbound(expect::table(B::<S>::table_grow(&mut raw.cx(), 0)));
    unbound(expect::table(B::<S>::table_set(&mut raw.cx(), 0, None)));
    unbound(expect::table(B::<S>::table_func_type(&mut raw.cx(), 1)));
    unbound(expect::table(unary(&mut raw, 1)));
}

/// Growth by the host is the guest's too, and the other way round.
pub fn host_and_guest_see_each_others_table_growth<S: Subject>() {
    let mut raw = bound::<S, ()>(());
    assert_eq!(B::<S>::table_grow(&mut raw.cx(), 2).unwrap(), 3);
    assert_eq!(raw.call::<_, i32>("grow", (1,)).unwrap(), 5);
    assert_eq!(B::<S>::table_grow(&mut raw.cx(), 0).unwrap(), 6);
    assert_eq!(size(&mut raw), 6);
}

/// New elements are null; those before are what they were.
pub fn growth_adds_null_elements<S: Subject>() {
    let mut raw = bound::<S, ()>(());
    B::<S>::table_grow(&mut raw.cx(), 4).unwrap();
    for index in 3..7 {
        assert_eq!(expect::table(unary(&mut raw, index)), TableError::Null { index });
    }
    assert_eq!(call(&mut raw, 1, 21).unwrap(), 42);
    assert_eq!(expect::trap(call(&mut raw, 6, 0)), TrapKind::IndirectCallToNull);
}

/// A table does not grow beyond its maximum, and then it is as it was.
pub fn table_growth_beyond_the_maximum_changes_nothing<S: Subject>() {
    let mut raw = bound::<S, ()>(());
    for by in [5, u32::MAX] {
        let error = expect::table(B::<S>::table_grow(&mut raw.cx(), by));
        assert_eq!(error, TableError::Grow { size: 3, by, max: Some(7) });
        assert_eq!(size(&mut raw), 3);
    }
    assert_eq!(B::<S>::table_grow(&mut raw.cx(), 4).unwrap(), 3);
    let error = expect::table(B::<S>::table_grow(&mut raw.cx(), 1));
    assert_eq!(error, TableError::Grow { size: 7, by: 1, max: Some(7) });
    assert_eq!(call(&mut raw, 1, 4).unwrap(), 8);
}

/// What is beyond the end cannot be set.
pub fn an_element_beyond_the_end_is_not_set<S: Subject>() {
    let mut raw = bound::<S, ()>(());
    for index in [3, u32::MAX] {
        let error = expect::table(B::<S>::table_set(&mut raw.cx(), index, None));
        assert_eq!(error, TableError::OutOfBounds { index, size: 3 });
    }
    assert_eq!(size(&mut raw), 3);
}

/// A guest's indirect call reaches the host function in the table.
pub fn the_guest_calls_a_host_function_by_its_pointer<S: Subject>() {
    let mut raw = bound::<S, ()>(());
    let offset = 100;
    put(&mut raw, 0, move |_, n| Ok(n + offset));
    assert_eq!(call(&mut raw, 0, 5).unwrap(), 105);
    // One that is replaced, too.
    put(&mut raw, 1, |_, n| Ok(-n));
    assert_eq!(call(&mut raw, 1, 5).unwrap(), -5);
}

/// One function may stand at several indices.
pub fn one_function_stands_at_several_indices<S: Subject>() {
    let mut raw = bound::<S, ()>(());
    let mut cx = raw.cx();
    let negate = |_: Cx<'_, S, ()>, n: i32| Ok(-n);
    let func = <B<S> as Import<(i32,), i32>>::function(&mut cx, negate).unwrap();
    for index in 0..3 {
        B::<S>::table_set(&mut cx, index, Some(&func.clone())).unwrap();
    }
    drop(cx);
    for index in 0..3 {
        assert_eq!(call(&mut raw, index, 3).unwrap(), -3);
    }
}

/// A host function of another type than the guest's call has traps, and is not run.
pub fn a_host_function_of_another_type_traps_the_call<S: Subject>() {
    let mut raw = bound::<S, ()>(());
    let mut cx = raw.cx();
    let never = |_: Cx<'_, S, ()>| -> Result<()> { panic!("it has another type") };
    let func = <B<S> as Import<(), ()>>::function(&mut cx, never).unwrap();
    B::<S>::table_set(&mut cx, 0, Some(&func)).unwrap();
    drop(cx);
    assert_eq!(expect::trap(call(&mut raw, 0, 0)), TrapKind::IndirectCallTypeMismatch);
}

/// What is taken out of the table is null for the guest.
pub fn a_function_taken_away_is_null<S: Subject>() {
    let mut raw = bound::<S, ()>(());
    put(&mut raw, 0, |_, n| Ok(n));
    assert_eq!(call(&mut raw, 0, 1).unwrap(), 1);
    for index in 0..2 {
        B::<S>::table_set(&mut raw.cx(), index, None).unwrap();
        assert_eq!(expect::trap(call(&mut raw, index, 1)), TrapKind::IndirectCallToNull);
        assert_eq!(expect::table(unary(&mut raw, index)), TableError::Null { index });
    }
}

/// The type of a function is told, whoever defined it.
pub fn the_type_of_a_function_in_the_table_is_told<S: Subject>() {
    let mut raw = bound::<S, ()>(());
    put(&mut raw, 0, |_, n| Ok(n));
    let mut cx = raw.cx();
    let mut ty = |index| B::<S>::table_func_type(&mut cx, index);
    let numbers =
        |params, results| FuncType::new(vec![ValType::I32; params], vec![ValType::I32; results]);
    assert_eq!(ty(0).unwrap(), numbers(1, 1));
    assert_eq!(ty(1).unwrap(), numbers(1, 1));
    assert_eq!(ty(2).unwrap(), numbers(2, 1));
    assert_eq!(expect::table(ty(3)), TableError::OutOfBounds { index: 3, size: 3 });
}

/// The host calls a guest's function by its pointer.
pub fn the_host_calls_a_guests_function_by_its_pointer<S: Subject>() {
    let mut raw = bound::<S, ()>(());
    let double = unary(&mut raw, 1).unwrap();
    let mut cx = raw.cx();
    assert_eq!(<B<S> as Export<(i32,), i32>>::call(&mut cx, &double, (21,)).unwrap(), 42);
    let sum = <B<S> as Export<(i32, i32), i32>>::func_at(&mut cx, 2).unwrap();
    assert_eq!(<B<S> as Export<(i32, i32), i32>>::call(&mut cx, &sum, (1, 2)).unwrap(), 3);
}

/// A pointer to nothing, beyond the table or to a function of another type is a typed error.
pub fn a_pointer_to_no_such_function_is_an_error<S: Subject>() {
    let mut raw = bound::<S, ()>(());
    assert_eq!(expect::table(unary(&mut raw, 0)), TableError::Null { index: 0 });
    for index in [3, 70_000, u32::MAX] {
        let error = expect::table(unary(&mut raw, index));
        assert_eq!(error, TableError::OutOfBounds { index, size: 3 });
    }
    let (expected, i32) = (FuncType::new([ValType::I32], [ValType::I32]), ValType::I32);
    let found = FuncType::new([i32, i32], [i32]);
    let error = expect::table(unary(&mut raw, 2));
    assert_eq!(error, TableError::Type { index: 2, expected, found });
}

/// The host's own function is found and called like the guest's, its error included.
pub fn the_hosts_own_function_is_found_by_its_pointer<S: Subject>() {
    let mut raw = bound::<S, ()>(());
    put(&mut raw, 0, |_, n| if n < 0 { Err(Error::Poisoned) } else { Ok(n + 1) });
    let func = unary(&mut raw, 0).unwrap();
    let mut cx = raw.cx();
    assert_eq!(<B<S> as Export<(i32,), i32>>::call(&mut cx, &func, (1,)).unwrap(), 2);
    expect::poisoned(<B<S> as Export<(i32,), i32>>::call(&mut cx, &func, (-1,)));
}

/// What the guest puts into its table is found; a handle from before stays what it is.
pub fn what_the_guest_puts_into_the_table_is_found<S: Subject>() {
    let mut raw = bound::<S, ()>(());
    let before = unary(&mut raw, 1).unwrap();
    raw.call::<_, ()>("put_seven", (1,)).unwrap();
    let after = unary(&mut raw, 1).unwrap();
    let mut cx = raw.cx();
    assert_eq!(<B<S> as Export<(i32,), i32>>::call(&mut cx, &before, (2,)).unwrap(), 4);
    assert_eq!(<B<S> as Export<(i32,), i32>>::call(&mut cx, &after, (2,)).unwrap(), 7);
}

/// An error of a function that the guest called by its pointer comes out as itself.
pub fn an_error_of_a_function_in_the_table_arrives<S: Subject>() {
    let mut raw = bound::<S, ()>(());
    put(&mut raw, 0, |_, _| Err(Error::host("no more of these")));
    let error = expect::host(call(&mut raw, 0, 0));
    assert_eq!(error.to_string(), "no more of these");
    put(&mut raw, 0, |cx, n| Ok(cx.bytes(n as u32, 9)?.len() as i32));
    let error = expect::out_of_bounds(call(&mut raw, 0, 65_530));
    assert_eq!((error.offset, error.len, error.size), (65_530, 9, 65_536));
    // The guest is there for the next call.
    assert_eq!(call(&mut raw, 0, 0).unwrap(), 9);
}

/// A function in the table has its caller's memory and the store's state.
pub fn a_function_in_the_table_has_memory_and_state<S: Subject>() {
    let mut raw = bound::<S, Vec<i32>>(vec![]);
    put(&mut raw, 0, |mut cx, n| {
        let (memory, state) = cx.split_mut()?;
        memory[0] += n as u8;
        state.push(n);
        Ok(state.len() as i32)
    });
    assert_eq!(call(&mut raw, 0, 5).unwrap(), 1);
    assert_eq!(call(&mut raw, 0, 6).unwrap(), 2);
    assert_eq!(*raw.cx().state(), [5, 6]);
    assert_eq!(raw.cx().bytes(0, 1).unwrap(), [11]);
}

/// A function that the guest called by its pointer calls the guest by another.
pub fn a_function_in_the_table_calls_back_by_pointer<S: Subject>() {
    let mut raw = bound::<S, ()>(());
    put(&mut raw, 0, |mut cx, n| {
        let double = <B<S> as Export<(i32,), i32>>::func_at(&mut cx, 1)?;
        let twice = <B<S> as Export<(i32,), i32>>::call(&mut cx, &double, (n,))?;
        // And itself, down to nothing.
        let own = <B<S> as Export<(i32,), i32>>::func_at(&mut cx, 0)?;
        let rest = match n {
            0 => 0,
            _ => <B<S> as Export<(i32,), i32>>::call(&mut cx, &own, (n - 1,))?,
        };
        Ok(twice + rest)
    });
    assert_eq!(call(&mut raw, 0, 10).unwrap(), 110);
}

/// A function makes others and puts them into the table while the guest waits for it.
pub fn a_function_in_the_table_puts_others_there<S: Subject>() {
    let mut raw = bound::<S, ()>(());
    put(&mut raw, 0, |mut cx, n| {
        let index = B::<S>::table_grow(&mut cx, 1)?;
        let add = move |_: Cx<'_, S, ()>, m: i32| Ok(n + m);
        let func = <B<S> as Import<(i32,), i32>>::function(&mut cx, add)?;
        B::<S>::table_set(&mut cx, index, Some(&func))?;
        Ok(index as i32)
    });
    assert_eq!(call(&mut raw, 0, 10).unwrap(), 3);
    assert_eq!(call(&mut raw, 0, 20).unwrap(), 4);
    assert_eq!(call(&mut raw, 3, 1).unwrap(), 11);
    assert_eq!(call(&mut raw, 4, 1).unwrap(), 21);
}

/// What a function captured lives as long as its store, in the table or not.
pub fn what_a_function_captured_is_dropped_with_its_store<S: Subject>() {
    let captured = Arc::new(());
    let mut raw = bound::<S, ()>(());
    let held = captured.clone();
    put(&mut raw, 0, move |_, _| Ok(Arc::strong_count(&held) as i32));
    assert_eq!(call(&mut raw, 0, 0).unwrap(), 2);
    B::<S>::table_set(&mut raw.cx(), 0, None).unwrap();
    drop(raw);
    assert_eq!(Arc::strong_count(&captured), 1);
}

/// Functions and tables of another store are refused, and nothing has changed.
pub fn functions_and_tables_of_another_store_are_refused<S: Subject>() {
    let (mut raw, mut other) = (bound::<S, ()>(()), bound::<S, ()>(()));
    let negate = |_: Cx<'_, S, ()>, n: i32| Ok(-n);
    let func = <B<S> as Import<(i32,), i32>>::function(&mut other.cx(), negate).unwrap();
    let set = B::<S>::table_set(&mut raw.cx(), 1, Some(&func));
    assert_eq!(expect::mismatch(set), Mismatch::FunctionOfOtherStore);
    assert_eq!(call(&mut raw, 1, 2).unwrap(), 4);

    let bound = B::<S>::bind_table(&mut raw.cx(), &other.instance, "more");
    assert_eq!(expect::mismatch(bound), Mismatch::InstanceOfOtherStore);
    assert_eq!(size(&mut raw), 3);

    let theirs = unary(&mut other, 1).unwrap();
    let called = <B<S> as Export<(i32,), i32>>::call(&mut raw.cx(), &theirs, (1,));
    assert_eq!(expect::mismatch(called), Mismatch::FunctionOfOtherStore);
}

/// As wasm-ld makes it: no export, and a maximum that is the size.
const PLUGIN: &str = r#"(module
    (type $unary (func (param i32) (result i32)))
    (table 2 2 funcref)
    (memory (export "memory") 1)
    (elem (i32.const 1) func $double)
    (func $double (type $unary) (i32.mul (local.get 0) (i32.const 2)))
    (func (export "call") (param i32 i32) (result i32)
        (call_indirect (type $unary) (local.get 1) (local.get 0)))
    (func (export "grow") (param i32) (result i32)
        (table.grow 0 (ref.null func) (local.get 0))))"#;

fn with_slots<S: Subject>(slots: u32) -> PluginOf<S> {
    let options = LoadOptions::new().callback_slots(slots);
    try_load_with::<S, ()>(&wasm(PLUGIN), &options, (), |_| {}).expect("the plugin loads")
}

/// A plugin's table is bound when it starts, and has room for the host's functions, which have
/// the plugin's memory.
pub fn a_plugins_table_is_bound_and_has_room<S: Subject>() {
    let mut plugin = load::<S>(&wasm(PLUGIN));
    let mut guest = plugin.guest();
    let cx = guest.context();
    assert_eq!(B::<S>::table_grow(cx, 1).unwrap(), 2);
    let fill = |mut cx: Cx<'_, S, State<B<S>, ()>>, n: i32| {
        cx.fill(16, n as u8, 4)?;
        Ok(n)
    };
    let func = <B<S> as Import<(i32,), i32>>::function(cx, fill).unwrap();
    B::<S>::table_set(cx, 2, Some(&func)).unwrap();
    drop(guest);
    assert_eq!(plugin.call::<_, i32>("call", (2, 9)).unwrap(), 9);
    assert_eq!(plugin.call::<_, i32>("call", (1, 9)).unwrap(), 18);
    assert_eq!(plugin.guest().memory().unwrap()[15..21], [0, 9, 9, 9, 9, 0]);
}

/// The room is what the options say, for the host and for the guest's own growth together.
pub fn callback_slots_are_room_in_the_table<S: Subject>() {
    for slots in [0, 1, 300] {
        let mut plugin = with_slots::<S>(slots);
        let mut guest = plugin.guest();
        let error = expect::table(B::<S>::table_grow(guest.context(), slots + 1));
        let max = Some(2 + u64::from(slots));
        assert_eq!(error, TableError::Grow { size: 2, by: slots + 1, max });
        assert_eq!(B::<S>::table_grow(guest.context(), slots).unwrap(), 2);
        drop(guest);
        assert_eq!(plugin.call::<_, i32>("grow", (1,)).unwrap(), -1);
    }
    let mut plugin = with_slots::<S>(3);
    assert_eq!(plugin.call::<_, i32>("grow", (2,)).unwrap(), 2);
    assert_eq!(B::<S>::table_grow(plugin.guest().context(), 1).unwrap(), 4);
}

/// A plugin without function pointers has no table, and starts all the same.
pub fn a_plugin_without_a_table_has_none_bound<S: Subject>() {
    let mut plugin = plugin::<S>(r#"(module (memory (export "memory") 1))"#);
    let mut guest = plugin.guest();
    let error = expect::table(B::<S>::table_size(guest.context()));
    assert_eq!(error, TableError::Unbound);
}
