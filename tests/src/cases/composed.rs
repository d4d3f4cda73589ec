//! Structs with pointers in them, composed on the host.

use std::cell::Cell;
use std::ffi::CString;

use hostheap_core::convention::{CStruct, Compose, Composed, GuestPtr, Place};
use hostheap_core::error::ConventionError;
use hostheap_core::{LoadOptions, TrapKind};

use crate::rig::{PluginOf, load, try_load_with};
use crate::shapes::{Header, Point, RawRequest, Request};
use crate::subject::Subject;
use crate::{expect, guests};

fn pointers<S: Subject>() -> PluginOf<S> {
    load::<S>(&guests::wasm("pointers"))
}

fn requests() -> Vec<Request> {
    let plain = Request::new(1, "/", &[]);
    let mut all =
        Request::new(u32::MAX, "/größer", &[("Host", "example.org"), ("", ""), ("A", "🦀")]);
    all.agent = Some(CString::new("somebody").unwrap());
    all.weights = vec![0.5, -1.0, 100.0];
    let empty = Request { agent: Some(CString::default()), ..Request::default() };
    vec![plain, all, empty]
}

/// A struct with strings, an array of structs with strings, and numbers arrives whole.
pub fn a_composed_struct_arrives_whole<S: Subject>() {
    let mut plugin = pointers::<S>();
    for request in requests() {
        let rendered: String = plugin.call("render_request", (Composed(&request),)).unwrap();
        assert_eq!(rendered, request.rendered());
        let weight: f64 = plugin.call("request_weight", (Composed(&request),)).unwrap();
        assert_eq!(weight, f64::from(request.id) + request.weights.iter().sum::<f64>());
        assert_eq!(plugin.heap_stats().live_blocks, 0);
    }
}

/// The struct and all that it points to lie in one block with the other arguments.
pub fn a_composed_struct_takes_one_block_with_the_others<S: Subject>() {
    let mut plugin = pointers::<S>();
    let request = &requests()[1];
    for round in 1..=3 {
        let weight: f64 = plugin.call("request_weight", (Composed(request),)).unwrap();
        assert_eq!(weight, f64::from(u32::MAX) + 99.5);
        let stats = plugin.heap_stats();
        assert_eq!((stats.allocated, stats.freed, stats.live_blocks), (round, round, 0));
    }
    let before = plugin.heap_stats().allocated;
    let value: Option<String> = plugin.call("header_value", (Composed(request), "Host")).unwrap();
    assert_eq!(value.as_deref(), Some("example.org"));
    assert_eq!(plugin.heap_stats().allocated - before, 2, "the arguments and the result");
}

/// A header is found by its name, also one of no name and no value.
pub fn a_nested_struct_is_found_by_its_text<S: Subject>() {
    let mut plugin = pointers::<S>();
    let request = &requests()[1];
    let mut value = |name: &str| -> Option<String> {
        plugin.call("header_value", (Composed(request), name)).unwrap()
    };
    assert_eq!(value("A").as_deref(), Some("🦀"));
    assert_eq!(value("").as_deref(), Some(""));
    assert_eq!(value("B"), None);
    assert_eq!(value("hos"), None);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// Everything is aligned as C has it, whatever lies before it.
pub fn everything_in_a_composed_struct_is_aligned<S: Subject>() {
    let mut plugin = pointers::<S>();
    for len in 0..20 {
        let (path, name) = ("p".repeat(len), "n".repeat(len % 7));
        let mut request = Request::new(1, &path, &[(&name, "v"), ("n", &name)]);
        request.weights = vec![1.0; len % 3 + 1];
        let aligned: bool = plugin.call("request_is_aligned", (Composed(&request),)).unwrap();
        assert!(aligned, "{len}");
        let rendered: String = plugin.call("render_request", (Composed(&request),)).unwrap();
        assert_eq!(rendered, request.rendered());
    }
}

/// A thousand nested structs and a text of a mebibyte arrive.
pub fn a_large_composed_struct_arrives<S: Subject>() {
    let mut plugin = pointers::<S>();
    let mut request = Request::new(7, &"/path".repeat(200_000), &[]);
    let header = |i: u32| Header { name: format!("name {i}"), value: "v".repeat(i as usize % 50) };
    request.headers = (0..1000).map(header).collect();
    request.weights = vec![0.25; 1 << 17];
    let rendered: String = plugin.call("render_request", (Composed(&request),)).unwrap();
    assert_eq!(rendered, request.rendered());
    assert_eq!(plugin.call::<_, f64>("request_weight", (Composed(&request),)).unwrap(), 32775.0);
    let last: Option<String> =
        plugin.call("header_value", (Composed(&request), "name 999")).unwrap();
    assert_eq!(last.map(|value| value.len()), Some(49));
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A handle takes composed values of all lifetimes and types that make its struct.
pub fn a_handle_takes_composed_values_again_and_again<S: Subject>() {
    struct Minimal(u32);
    impl Compose for Minimal {
        type Struct = RawRequest;
        fn compose(&self, place: &mut Place<'_>) -> RawRequest {
            Request::new(self.0, "minimal", &[]).compose(place)
        }
    }
    let mut plugin = pointers::<S>();
    let weight = plugin.func::<(Composed<'_, RawRequest>,), f64>("request_weight").unwrap();
    for id in 0..4 {
        let request = Request { id, weights: vec![0.5; 2], ..Request::default() };
        assert_eq!(weight.call(&mut plugin, (Composed(&request),)).unwrap(), f64::from(id) + 1.0);
        assert_eq!(weight.call(&mut plugin, (Composed(&Minimal(id)),)).unwrap(), f64::from(id));
    }
    let stats = plugin.heap_stats();
    assert_eq!((stats.allocated, stats.live_blocks), (8, 0));
}

/// A struct may point to other values, composed ones and its own kind included.
pub fn a_struct_may_point_to_composed_values<S: Subject>() {
    #[repr(C)]
    #[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
    struct Raw {
        x: f64,
        next: GuestPtr,
        point: GuestPtr<Point>,
    }
    impl CStruct for Raw {
        const C_NAME: &'static str = "struct list";
    }
    struct List(u32);
    impl Compose for List {
        type Struct = Raw;
        fn compose(&self, place: &mut Place<'_>) -> Raw {
            let next = match self.0 {
                0 => GuestPtr::NULL,
                n => place.composed(&List(n - 1)).cast(),
            };
            let point = place.value(&Point::new(f64::from(self.0), 0.5));
            Raw { x: f64::from(self.0), next, point }
        }
    }
    let mut plugin = pointers::<S>();
    let kept = plugin.keep(Composed(&List(5))).unwrap();
    let guest = plugin.guest();
    let mut at = GuestPtr::<Raw>::new(kept.offset());
    for n in (0..=5).rev() {
        let Raw { x, next, point } = guest.read(at).unwrap();
        assert_eq!((x, guest.read(point).unwrap()), (f64::from(n), Point::new(f64::from(n), 0.5)));
        assert_eq!(next.is_null(), n == 0);
        at = next.cast();
    }
}

/// A value that places something else the second time harms nobody: no panic, nothing live.
pub fn a_value_that_composes_inconsistently_harms_nobody<S: Subject>() {
    struct Fickle {
        lens: Cell<[usize; 2]>,
    }
    impl Compose for Fickle {
        type Struct = RawRequest;
        fn compose(&self, place: &mut Place<'_>) -> RawRequest {
            let [now, then] = self.lens.get();
            self.lens.set([then, now]);
            Request::new(1, &"x".repeat(now), &[]).compose(place)
        }
    }
    let mut plugin = pointers::<S>();
    for lens in [[0, 1000], [1000, 0], [10, 100_000], [100_000, 10]] {
        let fickle = Fickle { lens: Cell::new(lens) };
        let id: i64 = plugin.call("maybe_request_id", (Some(Composed(&fickle)),)).unwrap();
        assert_eq!(id, 1);
        assert_eq!(plugin.heap_stats().live_blocks, 0);
    }
    let request = &requests()[1];
    let rendered: String = plugin.call("render_request", (Composed(request),)).unwrap();
    assert_eq!(rendered, request.rendered());
}

/// A composed struct is gone after a trap, and where it does not fit.
pub fn a_composed_struct_is_gone_on_every_way_out<S: Subject>() {
    let mut plugin = pointers::<S>();
    let request = &requests()[1];
    let trapped = plugin.call::<_, ()>("negate_and_trap", (Composed(request), 0u32, 0u32));
    assert_eq!(expect::trap(trapped), TrapKind::Unreachable);
    let stats = plugin.heap_stats();
    assert_eq!((stats.allocated, stats.live_blocks), (1, 0));
    let options = LoadOptions::new().max_memory(4 * 65536);
    let wasm = guests::wasm("pointers");
    let mut plugin = try_load_with::<S, ()>(&wasm, &options, (), |_| {}).unwrap();
    let large = Request::new(1, &"x".repeat(1 << 20), &[]);
    expect::alloc(plugin.call::<_, String>("render_request", (Composed(&large),)));
    assert!(!plugin.is_poisoned());
    assert_eq!(plugin.heap_stats().live_blocks, 0);
    let rendered: String = plugin.call("render_request", (Composed(request),)).unwrap();
    assert_eq!(rendered, request.rendered());
}

/// A composed struct of more than 4 GiB is refused before it is written.
pub fn a_composed_struct_beyond_4_gib_is_refused<S: Subject>() {
    struct Huge(String);
    impl Compose for Huge {
        type Struct = RawRequest;
        fn compose(&self, place: &mut Place<'_>) -> RawRequest {
            for _ in 0..4096 {
                place.str(&self.0);
            }
            Request::default().compose(place)
        }
    }
    let mut plugin = pointers::<S>();
    let huge = Huge("x".repeat(1 << 20));
    let error = expect::convention(plugin.call::<_, f64>("request_weight", (Composed(&huge),)));
    let ConventionError::ArgumentsTooLarge { bytes } = error else { panic!("{error:?}") };
    assert!((1 << 32..(1 << 32) + 100).contains(&bytes), "{bytes}");
    assert_eq!(plugin.heap_stats().allocated, 0);
}

/// To C a composed struct is a pointer to one that it does not write to.
pub fn composed_structs_of_another_type_list_their_prototype<S: Subject>() {
    let mut plugin = pointers::<S>();
    let found = plugin.func::<(Composed<'_, RawRequest>, &str), i64>("request_weight");
    let accepted = expect::signatures(found);
    assert_eq!(accepted[0].0.to_string(), "(i32, i32, i32) -> i64");
    assert_eq!(
        accepted[0].1,
        "int64_t request_weight(const struct request *, const char *, size_t)"
    );
}
