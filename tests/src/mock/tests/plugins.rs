//! The committed C plugins, through the whole library.

use hostheap_core::{Engine, Error, Linker, Plugin, TrapKind};

use super::{Mock, trap_kind};

const GREETER: &[u8] = include_bytes!("../../../../guest/plugins/greeter/greeter.wasm");
const GREETER_MV: &[u8] = include_bytes!("../../../../guest/plugins/greeter/greeter_mv.wasm");
const WORDCOUNT: &[u8] = include_bytes!("../../../../guest/plugins/wordcount/wordcount.wasm");
const CTORS: &[u8] = include_bytes!("../../../../guest/plugins/ctors/ctors.wasm");
const MISBEHAVER: &[u8] = include_bytes!("../../../../guest/plugins/misbehaver/misbehaver.wasm");

fn plugin(wasm: &[u8]) -> Plugin<Mock, ()> {
    let engine = Engine::<Mock>::new().unwrap();
    let module = engine.load(wasm).unwrap();
    Linker::new(&engine).instantiate(&module, ()).unwrap()
}

#[test]
fn greeter_greets_and_computes() {
    let mut greeter = plugin(GREETER);
    assert_eq!(greeter.call::<_, String>("greet", ("World",)).unwrap(), "Hello, World!");
    assert_eq!(greeter.call::<_, String>("greet_struct", ("World",)).unwrap(), "Hello, World!");
    assert_eq!(greeter.call::<_, String>("shout", ("mock",)).unwrap(), "MOCK");
    assert_eq!(greeter.call::<_, String>("reverse", ("olleh",)).unwrap(), "hello");
    assert_eq!(greeter.call::<_, String>("repeat", ("ab", 3_u32)).unwrap(), "ababab");
    assert_eq!(greeter.call::<_, i32>("add", (40, 2)).unwrap(), 42);
    assert_eq!(greeter.call_raw::<_, f64>("average", (1.0, 2.0)).unwrap(), 1.5);
    assert_eq!(greeter.call::<_, i64>("fib", (50_i64,)).unwrap(), 12_586_269_025);
    assert_eq!(greeter.heap_stats().live_blocks, 0);
}

#[test]
fn greeter_returns_two_values() {
    let mut greeter = plugin(GREETER_MV);
    assert_eq!(greeter.call::<_, String>("greet_pair", ("World",)).unwrap(), "Hello, World!");
}

#[test]
fn wordcount_counts_and_frees_all() {
    let mut counter = plugin(WORDCOUNT);
    let text = "the quick brown fox jumps over the lazy dog; The fox!";
    let report = counter.call::<_, String>("count", (text,)).unwrap();
    assert_eq!(report, "the 3\nfox 2\nbrown 1\ndog 1\njumps 1\nlazy 1\nover 1\nquick 1\n");
    assert_eq!(counter.call::<_, u32>("wc_feed", ("b a b",)).unwrap(), 3);
    assert_eq!(counter.call::<_, u32>("wc_feed", ("c b",)).unwrap(), 2);
    assert_eq!(counter.call::<_, String>("wc_top", (1_u32,)).unwrap(), "b 3\n");
    assert_eq!(counter.call::<_, u32>("wc_words", ()).unwrap(), 3);
    counter.call::<_, ()>("wc_clear", ()).unwrap();
    assert_eq!(counter.heap_stats().live_blocks, 0);
}

#[test]
fn constructors_run_before_the_first_call() {
    let mut ctors = plugin(CTORS);
    assert_eq!(ctors.call::<_, u32>("constructed", ()).unwrap(), 1);
    assert_eq!(ctors.call::<_, String>("motto", ()).unwrap(), "made before main");
}

#[test]
fn misbehaviour_is_told_apart() {
    let double_free = plugin(MISBEHAVER).call_raw::<(), ()>("double_free", ());
    assert!(matches!(double_free, Err(Error::InvalidPointer(_))), "{double_free:?}");
    let trapped = |name| trap_kind(plugin(MISBEHAVER).call_raw::<(), ()>(name, ()));
    assert_eq!(trapped("trap"), TrapKind::Unreachable);
    assert_eq!(trapped("call_wrong_type"), TrapKind::IndirectCallTypeMismatch);
    let divided = plugin(MISBEHAVER).call_raw::<_, i32>("divide", (i32::MIN, -1));
    assert_eq!(trap_kind(divided), TrapKind::IntegerOverflow);
}
