//! The plugins of `guest/plugins`: what they do is known, on every backend, whoever compiled them.

use hostheap_core::{Context, LoadOptions, OwnHeap};

use crate::guests;
use crate::rig::{GuestOf, PluginOf, load, try_load, try_load_with};
use crate::subject::Subject;

fn greeter<S: Subject>() -> PluginOf<S> {
    load::<S>(&guests::wasm("greeter"))
}

/// All of them load, and export what the guest's README says.
pub fn every_plugin_loads<S: Subject>() {
    const CALL_THEIR_HOST: [&str; 10] = [
        "host_greeter",
        "ownership",
        "callbacks",
        "hostfns",
        "hostfns_results",
        "hostfns_mv",
        "tour_host",
        "tour_callbacks",
        "cookbook",
        "sites",
    ];
    let engine = S::plugin_engine();
    // One of them grows its memory, which looks like another heap.
    let options = LoadOptions::new().own_heap(OwnHeap::Ignore);
    for name in guests::NAMES {
        let module = engine.load_with(&guests::wasm(name), &options).unwrap();
        assert!(!module.info().exports().is_empty(), "{name}");
        assert!(
            module
                .info()
                .imports()
                .iter()
                .all(|import| { import.module == "env" || CALL_THEIR_HOST.contains(name) })
        );
    }
}

/// `greet`, `shout`, `reverse` and `repeat`.
pub fn the_greeter_works_on_strings<S: Subject>() {
    let mut plugin = greeter::<S>();
    assert_eq!(plugin.call::<_, String>("greet", ("World",)).unwrap(), "Hello, World!");
    assert_eq!(plugin.call::<_, String>("greet_struct", ("World",)).unwrap(), "Hello, World!");
    assert_eq!(plugin.call::<_, String>("shout", ("quiet ünd 7",)).unwrap(), "QUIET üND 7");
    assert_eq!(plugin.call::<_, String>("shout", ("",)).unwrap(), "");
    assert_eq!(plugin.call::<_, String>("reverse", ("abc",)).unwrap(), "cba");
    assert_eq!(plugin.call::<_, String>("repeat", ("ab", 3u32)).unwrap(), "ababab");
    assert_eq!(plugin.call::<_, String>("repeat", ("ab", 0u32)).unwrap(), "");
    assert_eq!(plugin.call::<_, String>("repeat", ("", 9u32)).unwrap(), "");
    let long: String = plugin.call("repeat", ("0123456789", 20_000u32)).unwrap();
    assert_eq!(long, "0123456789".repeat(20_000));
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// `add`, `average` and `fib`.
pub fn the_greeter_works_on_numbers<S: Subject>() {
    let mut plugin = greeter::<S>();
    assert_eq!(plugin.call::<_, i32>("add", (2i32, 40i32)).unwrap(), 42);
    assert_eq!(plugin.call::<_, i32>("add", (i32::MAX, 1i32)).unwrap(), i32::MIN);
    assert_eq!(plugin.call::<_, f64>("average", (1.0f64, 2.0f64)).unwrap(), 1.5);
    assert_eq!(plugin.call::<_, i64>("fib", (92i64,)).unwrap(), 7_540_113_804_746_346_429);
    assert_eq!(plugin.call::<_, i64>("fib", (0i64,)).unwrap(), 0);
}

/// `sum` and `scale`, on arrays that the host puts into a block.
pub fn the_greeter_works_on_arrays<S: Subject>() {
    let mut plugin = greeter::<S>();
    let numbers = [1i32, -2, 300_000, i32::MAX];
    let mut guest = plugin.guest();
    let block = guest.malloc(64).unwrap();
    let bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
    guest.context().write(block, &bytes).unwrap();
    let sum: i64 = guest.call("sum", (block, 4u32)).unwrap();
    assert_eq!(sum, numbers.iter().map(|n| i64::from(*n)).sum::<i64>());
    guest.free(block).unwrap();
    drop(guest);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// `greet_pair`: the same by the multi-value ABI.
pub fn the_multi_value_greeter_greets<S: Subject>() {
    let mut plugin = load::<S>(&guests::wasm("greeter_mv"));
    assert_eq!(plugin.call::<_, String>("greet_pair", ("two",)).unwrap(), "Hello, two!");
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

fn host_greeter<S: Subject>() -> PluginOf<S, Vec<String>> {
    type Log = Vec<String>;
    let plugin = try_load::<S, Log>(&guests::wasm("host_greeter"), Vec::new(), |linker| {
        let log = |guest: &mut GuestOf<'_, S, Log>, line: String| guest.state_mut().push(line);
        linker.func("host", "log", log).unwrap();
        linker.func("host", "now", |_: &mut GuestOf<'_, S, Log>| -1234i64).unwrap();
        let lookup = |_: &mut GuestOf<'_, S, Log>, key: String| -> Result<String, String> {
            match key.as_str() {
                "bad" => Err("no such key".into()),
                key => Ok(key.to_uppercase()),
            }
        };
        linker.func("host", "lookup", lookup).unwrap();
    });
    plugin.unwrap()
}

/// `greet_user`, `say` and `stamp` call the host and free what it gives them.
pub fn the_host_greeter_calls_its_host<S: Subject>() {
    let mut plugin = host_greeter::<S>();
    assert_eq!(plugin.call::<_, String>("greet_user", ("bob",)).unwrap(), "Hello, BOB!");
    assert_eq!(plugin.call::<_, String>("stamp", ()).unwrap(), "-1234");
    plugin.call::<_, ()>("say", ("so there",)).unwrap();
    assert_eq!(plugin.guest().state(), &["Hello, BOB!", "[-1234] so there"]);
    let stats = plugin.heap_stats();
    assert_eq!(stats.live_blocks, 0);
    assert_eq!(stats.allocated, stats.freed);
}

/// A host function's error comes through the plugin.
pub fn the_host_greeters_host_may_fail<S: Subject>() {
    let mut plugin = host_greeter::<S>();
    let error = plugin.call::<_, String>("greet_user", ("bad",)).unwrap_err();
    assert_eq!(error.to_string(), "no such key");
    assert!(plugin.guest().is_poisoned());
}

/// `count` reports the words of a text.
pub fn wordcount_counts<S: Subject>() {
    let mut plugin = load::<S>(&guests::wasm("wordcount"));
    let report: String = plugin.call("count", ("The cat. the DOG, a cat's the",)).unwrap();
    assert_eq!(report, "the 3\na 1\ncat 1\ncat's 1\ndog 1\n");
    assert_eq!(plugin.call::<_, String>("count", ("",)).unwrap(), "");
    assert_eq!(plugin.call::<_, String>("count", (" .,; ",)).unwrap(), "");
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// The `wc_` exports keep words from call to call, and `wc_clear` gives everything back.
pub fn wordcount_keeps_words_between_calls<S: Subject>() {
    let mut plugin = load::<S>(&guests::wasm("wordcount"));
    assert_eq!(plugin.call::<_, u32>("wc_words", ()).unwrap(), 0);
    assert_eq!(plugin.call::<_, u32>("wc_feed", ("one two two",)).unwrap(), 3);
    assert_eq!(plugin.call::<_, u32>("wc_feed", ("Three three three",)).unwrap(), 3);
    assert_eq!(plugin.call::<_, u32>("wc_words", ()).unwrap(), 3);
    assert_eq!(plugin.call::<_, String>("wc_top", (2u32,)).unwrap(), "three 3\ntwo 2\n");
    assert_eq!(plugin.call::<_, u32>("wc_forget", ("THREE",)).unwrap(), 3);
    assert_eq!(plugin.call::<_, u32>("wc_forget", ("three",)).unwrap(), 0);
    assert_eq!(plugin.call::<_, String>("wc_top", (9u32,)).unwrap(), "two 2\none 1\n");
    plugin.call::<_, ()>("wc_clear", ()).unwrap();
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// Thousands of words make its table grow and shrink, and agree with a map of the host's own.
pub fn wordcount_agrees_with_a_map<S: Subject>() {
    use std::collections::BTreeMap;
    let mut plugin = load::<S>(&guests::wasm("wordcount"));
    let words: Vec<String> = (0..3000u32).map(|i| format!("w{}", i * i % 997)).collect();
    let mut expected = BTreeMap::new();
    for word in &words {
        *expected.entry(word.as_str()).or_insert(0u32) += 1;
    }
    for chunk in words.chunks(100) {
        assert_eq!(plugin.call::<_, u32>("wc_feed", (&chunk.join(" "),)).unwrap(), 100);
    }
    let mut lines: Vec<_> = expected.iter().collect();
    lines.sort_by(|one, other| other.1.cmp(one.1).then(one.0.cmp(other.0)));
    let report: String = lines.iter().map(|(word, count)| format!("{word} {count}\n")).collect();
    assert_eq!(plugin.call::<_, String>("wc_top", (u32::MAX,)).unwrap(), report);
    for (word, count) in &expected {
        assert_eq!(plugin.call::<_, u32>("wc_forget", (*word,)).unwrap(), *count);
    }
    assert_eq!(plugin.call::<_, u32>("wc_words", ()).unwrap(), 0);
    plugin.call::<_, ()>("wc_clear", ()).unwrap();
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// The grower grows its memory and the heap lives with it.
pub fn the_grower_grows<S: Subject>() {
    let options = LoadOptions::new().own_heap(OwnHeap::Ignore);
    let mut plugin = try_load_with::<S, ()>(&guests::wasm("grower"), &options, (), |_| {}).unwrap();
    let pages: u32 = plugin.call("memory_pages", ()).unwrap();
    assert_eq!(plugin.call::<_, i32>("grow_memory", (2u32,)).unwrap() as u32, pages);
    assert_eq!(plugin.call::<_, u32>("memory_pages", ()).unwrap(), pages + 2);
    let block: u32 = plugin.call("raw_malloc", (200_000u32,)).unwrap();
    assert!(block >= (pages + 2) * 65536);
    plugin.call::<_, ()>("raw_free", (block,)).unwrap();
}

/// The constructor runs once.
pub fn the_constructor_runs_once<S: Subject>() {
    let mut plugin = load::<S>(&guests::wasm("ctors"));
    assert_eq!(plugin.call::<_, u32>("constructed", ()).unwrap(), 1);
    assert_eq!(plugin.call::<_, String>("motto", ()).unwrap(), "made before main");
}
