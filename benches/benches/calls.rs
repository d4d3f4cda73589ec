//! What the neutral layer costs: its typed calls against each runtime's own, in both directions,
//! and a plugin's malloc and free against two host calls that do nothing.
//!
//! Run with `cargo bench -p hostheap-benches`.

use anyhow::Result;
use hostheap_benches::{Effort, Row, Side, compare, table};
use hostheap_core::{Backend, Context, Engine, EngineConfig, Export, Import, Linker};
use std::hint::black_box;

/// The neutral layer must add nothing measurable.
const CALL_TARGET: f64 = 1.05;
/// The heap's own work beside two crossings: the target of the heap's next version.
const PAIR_TARGET: f64 = 1.3;
/// Placing an argument must not cost as much as half a call.
const PASS_TARGET: f64 = 1.5;

fn guest() -> Result<Vec<u8>> {
    Ok(wat::parse_str(include_str!("guest.wat"))?)
}

/// A guest behind the neutral traits, without the plugin layer.
struct Neutral<B: Backend> {
    store: B::Store<u32>,
    instance: B::Instance,
}

impl<B: Backend> Neutral<B> {
    fn new() -> Result<Self> {
        let engine = B::engine(&EngineConfig::new())?;
        let module = B::compile(&engine, &guest()?)?;
        let mut linker = B::linker::<u32>(&engine);
        let get = |cx: B::Context<'_, u32>, v: i32| Ok(v + cx.state().cast_signed());
        let put = |_: B::Context<'_, u32>, _: i32| Ok(());
        for module in ["env", "host"] {
            let names = if module == "env" { ["malloc", "free"] } else { ["get", "put"] };
            <B as Import<(i32,), i32>>::import(&mut linker, module, names[0], get)?;
            <B as Import<(i32,), ()>>::import(&mut linker, module, names[1], put)?;
        }
        let linked = B::link(&linker, &module)?;
        let mut store = B::store(&engine, 0)?;
        let instance = B::instantiate(&linked, &mut store)?;
        Ok(Neutral { store, instance })
    }

    fn add(&mut self) -> Result<impl FnMut(u32)> {
        let mut cx = B::context(&mut self.store);
        let add = <B as Export<(i32, i32), i32>>::func(&mut cx, &self.instance, "add")?;
        Ok(move |n: u32| {
            for i in 0..n.cast_signed() {
                black_box(<B as Export<(i32, i32), i32>>::call(&mut cx, &add, (i, 1)).ok());
            }
        })
    }

    fn nothing(&mut self) -> Result<impl FnMut(u32)> {
        let mut cx = B::context(&mut self.store);
        let nothing = <B as Export<(), ()>>::func(&mut cx, &self.instance, "nothing")?;
        Ok(move |n: u32| {
            for _ in 0..n {
                black_box(<B as Export<(), ()>>::call(&mut cx, &nothing, ()).ok());
            }
        })
    }

    fn looping(&mut self, name: &str) -> Result<impl FnMut(u32)> {
        let mut cx = B::context(&mut self.store);
        let f = <B as Export<(i32,), ()>>::func(&mut cx, &self.instance, name)?;
        Ok(move |n: u32| {
            <B as Export<(i32,), ()>>::call(&mut cx, &f, (n.cast_signed(),)).expect("no trap");
        })
    }
}

/// malloc and free as a plugin sees them, against two host functions that do nothing.
fn pair<B: Backend>(effort: Effort) -> Result<Row> {
    let engine = Engine::<B>::new()?;
    let module = engine.load(&guest()?)?;
    let mut linker = Linker::<B, ()>::new(&engine);
    linker.func("host", "get", |_: &mut hostheap_core::Guest<'_, B, ()>, v: i32| v)?;
    linker.func("host", "put", |_: &mut hostheap_core::Guest<'_, B, ()>, _: i32| ())?;
    let linked = linker.link(&module)?;
    let (mut one, mut two) = (linked.instantiate(())?, linked.instantiate(())?);
    let get_put = one.func::<(u32,), ()>("get_put")?;
    let malloc_free = two.func::<(u32,), ()>("malloc_free")?;
    Ok(compare(
        effort,
        format!("{}: malloc+free / two no-op calls", B::NAME),
        PAIR_TARGET,
        &mut |n| get_put.call(&mut one, (n,)).expect("no trap"),
        &mut |n| malloc_free.call(&mut two, (n,)).expect("no trap"),
    ))
}

/// A buffer of 64 bytes as an argument, against the runtime's own call of nothing.
fn pass<B: Backend>(effort: Effort, nothing: Side<'_>) -> Result<Row> {
    let engine = Engine::<B>::new()?;
    let module = engine.load(&guest()?)?;
    let mut linker = Linker::<B, ()>::new(&engine);
    linker.func("host", "get", |_: &mut hostheap_core::Guest<'_, B, ()>, v: i32| v)?;
    linker.func("host", "put", |_: &mut hostheap_core::Guest<'_, B, ()>, _: i32| ())?;
    let mut plugin = linker.instantiate(&module, ())?;
    let first_byte = plugin.func::<(&[u8],), u32>("first_byte")?;
    let bytes = black_box([7; 64]);
    let name = format!("{}: pass 64 bytes / no-op call", B::NAME);
    Ok(compare(effort, name, PASS_TARGET, nothing, &mut |n| {
        for _ in 0..n {
            black_box(first_byte.call(&mut plugin, (&bytes,)).expect("no trap"));
        }
    }))
}

/// The comparisons of one runtime; `own` is its own API doing nothing, an addition, and host calls.
fn rows<B: Backend>(effort: Effort, own: [&mut dyn FnMut(u32); 3]) -> Result<Vec<Row>> {
    let [nothing, add, gets] = own;
    let name = |what: &str| format!("{}: {what}", B::NAME);
    let mut neutral = Neutral::<B>::new()?;
    let mut rows = Vec::new();
    let mut against = |what: &str, own: Side<'_>, ours: Side<'_>| {
        rows.push(compare(effort, name(what), CALL_TARGET, own, ours));
    };
    against("call () -> ()", &mut *nothing, &mut neutral.nothing()?);
    against("call (i32, i32) -> i32", add, &mut neutral.add()?);
    against("host function (i32) -> i32", gets, &mut neutral.looping("gets")?);
    rows.push(pair::<B>(effort)?);
    rows.push(pass::<B>(effort, nothing)?);
    Ok(rows)
}

/// wasmtime's error is no `std::error::Error`.
fn told(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow::anyhow!("{error}")
}

/// wasmtime's own typed calls, and wasmi's, which has the same API but for its constructors.
macro_rules! own_like_wasmtime {
    ($rt:ident, $Backend:ty, $effort:expr, $compile:expr, $instantiate:ident) => {{
        let engine = $rt::Engine::default();
        let module = $compile(&engine, &guest()?).map_err(told)?;
        let mut linker = $rt::Linker::<u32>::new(&engine);
        for (module, get, put) in [("env", "malloc", "free"), ("host", "get", "put")] {
            linker
                .func_wrap(module, get, |caller: $rt::Caller<'_, u32>, v: i32| {
                    v + caller.data().cast_signed()
                })
                .map_err(told)?;
            linker.func_wrap(module, put, |_: $rt::Caller<'_, u32>, _: i32| {}).map_err(told)?;
        }
        let mut store = $rt::Store::new(&engine, 0u32);
        let instance = linker.$instantiate(&mut store, &module).map_err(told)?;
        let nothing = instance.get_typed_func::<(), ()>(&mut store, "nothing").map_err(told)?;
        let add = instance.get_typed_func::<(i32, i32), i32>(&mut store, "add").map_err(told)?;
        let gets = instance.get_typed_func::<i32, ()>(&mut store, "gets").map_err(told)?;
        let store = std::cell::RefCell::new(store);
        rows::<$Backend>(
            $effort,
            [
                &mut |n| {
                    let mut store = store.borrow_mut();
                    for _ in 0..n {
                        black_box(nothing.call(&mut *store, ()).ok());
                    }
                },
                &mut |n| {
                    let mut store = store.borrow_mut();
                    for i in 0..n.cast_signed() {
                        black_box(add.call(&mut *store, (i, 1)).ok());
                    }
                },
                &mut |n| {
                    gets.call(&mut *store.borrow_mut(), n.cast_signed()).expect("no trap");
                },
            ],
        )?
    }};
}

#[cfg(feature = "wasmtime")]
fn on_wasmtime(effort: Effort) -> Result<Vec<Row>> {
    use hostheap::wasmtime::Backend;
    Ok(own_like_wasmtime!(
        wasmtime,
        Backend,
        effort,
        |e, w: &[u8]| wasmtime::Module::from_binary(e, w),
        instantiate
    ))
}

#[cfg(feature = "wasmi")]
fn on_wasmi(effort: Effort) -> Result<Vec<Row>> {
    use hostheap::wasmi::Backend;
    Ok(own_like_wasmtime!(
        wasmi,
        Backend,
        effort,
        |e, w: &[u8]| wasmi::Module::new(e, w),
        instantiate_and_start
    ))
}

#[cfg(feature = "wasmer")]
fn on_wasmer(effort: Effort) -> Result<Vec<Row>> {
    use hostheap::wasmer::Backend;
    use wasmer::{Function, FunctionEnv, FunctionEnvMut, Imports, Instance, Module, Store};
    let mut store = Store::new(wasmer::Engine::from(wasmer::sys::Cranelift::default()));
    let module = Module::from_binary(&store, &guest()?)?;
    let env = FunctionEnv::new(&mut store, 0u32);
    let mut imports = Imports::new();
    for (module, get, put) in [("env", "malloc", "free"), ("host", "get", "put")] {
        let f = |env: FunctionEnvMut<'_, u32>, v: i32| v + env.data().cast_signed();
        imports.define(module, get, Function::new_typed_with_env(&mut store, &env, f));
        let f = |_: FunctionEnvMut<'_, u32>, _: i32| {};
        imports.define(module, put, Function::new_typed_with_env(&mut store, &env, f));
    }
    let instance = Instance::new(&mut store, &module, &imports)?;
    let nothing = instance.exports.get_typed_function::<(), ()>(&store, "nothing")?;
    let add = instance.exports.get_typed_function::<(i32, i32), i32>(&store, "add")?;
    let gets = instance.exports.get_typed_function::<i32, ()>(&store, "gets")?;
    let store = std::cell::RefCell::new(store);
    rows::<Backend>(
        effort,
        [
            &mut |n| {
                let mut store = store.borrow_mut();
                for _ in 0..n {
                    black_box(nothing.call(&mut *store).ok());
                }
            },
            &mut |n| {
                let mut store = store.borrow_mut();
                for i in 0..n.cast_signed() {
                    black_box(add.call(&mut *store, i, 1).ok());
                }
            },
            &mut |n| {
                gets.call(&mut *store.borrow_mut(), n.cast_signed()).expect("no trap");
            },
        ],
    )
}

/// All comparisons of one runtime.
type Measure = fn(Effort) -> Result<Vec<Row>>;

fn main() -> Result<()> {
    let effort = Effort::from_env();
    let mut all = Vec::new();
    let runtimes: &[Measure] = &[
        #[cfg(feature = "wasmtime")]
        on_wasmtime,
        #[cfg(feature = "wasmi")]
        on_wasmi,
        #[cfg(feature = "wasmer")]
        on_wasmer,
    ];
    for runtime in runtimes {
        let rows = runtime(effort)?;
        for row in &rows {
            eprintln!("{}: {:.2}", row.name, row.ratio);
        }
        all.extend(rows);
    }
    println!("{}", table(&all, "the runtime's own", "hostheap"));
    Ok(())
}
