//! What a call through the C API costs beside the same call in Rust, and what the dynamic
//! convention, which the C API stands on, has in it.
//!
//! `benches/capi/run` builds the C program and runs this. The two sides take turns: the C program
//! waits for a line that says what to do how often, and answers how long it took, as the way there and
//! back takes longer than many calls.

use std::cell::RefCell;
use std::hint::black_box;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use hostheap::convention::dynamic::Argument;
use hostheap::generic::{Backend, Engine, Guest, Linker, Plugin};
use hostheap_benches::{Effort, Row, compare, compare_timed, table, time};

/// A C call checks each value against the prototype: this much more than Rust's may be.
const TARGET: f64 = 1.3;
/// The C program.
const PROGRAM: &str = "HOSTHEAP_C_CALLS";

/// The C program at work.
struct C {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl C {
    fn start(program: &str, runtime: &str, guest: &str, greeter: &str) -> Result<Self> {
        let mut command = Command::new(program);
        command.args([runtime, guest, greeter]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("the C program")?;
        let to = child.stdin.take().context("its input")?;
        let from = BufReader::new(child.stdout.take().context("its output")?);
        Ok(C { child, to, from })
    }

    /// Does something `n` times, and says how long it took. Every figure would be wrong after a failure.
    fn run(&mut self, what: &str, n: u32) -> Duration {
        let mut line = String::new();
        writeln!(self.to, "{what} {n}").expect("the C program listens");
        self.to.flush().expect("the C program listens");
        self.from.read_line(&mut line).expect("the C program answers");
        let nanoseconds = line.trim().parse();
        Duration::from_nanos(nanoseconds.expect("the C program says how long it took"))
    }
}

impl Drop for C {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn load<B: Backend>(engine: &Engine<B>, wasm: &[u8]) -> Result<Plugin<B, ()>> {
    let mut linker = Linker::<B, ()>::new(engine);
    linker.func("host", "get", |_: &mut Guest<'_, B, ()>, number: i32| number)?;
    linker.func("host", "put", |_: &mut Guest<'_, B, ()>, _: i32| ())?;
    Ok(linker.instantiate(&engine.load(wasm)?, ())?)
}

fn rows<B: Backend>(
    effort: Effort,
    program: &str,
    greeter: &str,
    rows: &mut Vec<Row>,
) -> Result<()> {
    let guest = wat::parse_str(include_str!("guest.wat"))?;
    let guest_file =
        std::env::temp_dir().join(format!("hostheap-guest-{}.wasm", std::process::id()));
    std::fs::write(&guest_file, &guest)?;
    let engine = Engine::<B>::new()?;
    let mut plugin = load(&engine, &guest)?;
    let mut greeter_plugin = load(&engine, &std::fs::read(greeter).context(greeter.to_owned())?)?;
    let path = guest_file.to_str().context("a path in UTF-8")?;
    let c = RefCell::new(C::start(program, B::NAME, path, greeter)?);
    let in_c = |what: &'static str| {
        let c = &c;
        move |n: u32| c.borrow_mut().run(what, n)
    };
    let name = |what: &str| format!("{}: {what}", B::NAME);

    let nothing = plugin.func::<(), ()>("nothing")?;
    let mut rust = |n: u32| {
        for _ in 0..n {
            black_box(nothing.call(&mut plugin, ()).is_ok());
        }
    };
    rows.push(compare_timed(
        effort,
        name("a call of nothing"),
        TARGET,
        &mut |n| time(&mut rust, n),
        &mut in_c("nothing"),
    ));

    let mut plugin_too = load(&engine, &guest)?;
    let dynamic = plugin_too.dyn_func("nothing", &"()".parse()?)?;
    let mut dyn_rust = |n: u32| {
        for _ in 0..n {
            black_box(dynamic.call(&mut plugin_too, &mut [], 0).is_ok());
        }
    };
    rows.push(compare(
        effort,
        name("the same, dynamic, in Rust"),
        TARGET,
        &mut rust,
        &mut dyn_rust,
    ));

    let add = plugin.func::<(i32, i32), i32>("add")?;
    let mut rust = |n: u32| {
        for i in 0..n.cast_signed() {
            black_box(add.call(&mut plugin, (i & 255, 1)).ok());
        }
    };
    rows.push(compare_timed(
        effort,
        name("two numbers, one back"),
        TARGET,
        &mut |n| time(&mut rust, n),
        &mut in_c("add"),
    ));

    let first_byte = plugin.func::<(&[u8],), i32>("first_byte")?;
    let bytes = [1_u8; 64];
    let mut rust = |n: u32| {
        for _ in 0..n {
            black_box(first_byte.call(&mut plugin, (black_box(&bytes),)).ok());
        }
    };
    rows.push(compare_timed(
        effort,
        name("64 bytes in"),
        TARGET,
        &mut |n| time(&mut rust, n),
        &mut in_c("pass"),
    ));

    let dynamic = plugin_too.dyn_func("first_byte", &"(bytes) -> i32".parse()?)?;
    let mut dyn_rust = |n: u32| {
        for _ in 0..n {
            let mut arguments = [Argument::Bytes(black_box(&bytes))];
            black_box(dynamic.call(&mut plugin_too, &mut arguments, 0).ok());
        }
    };
    rows.push(compare(
        effort,
        name("the same, dynamic, in Rust"),
        TARGET,
        &mut rust,
        &mut dyn_rust,
    ));

    let gets = plugin.func::<(u32,), ()>("gets")?;
    let mut rust = |n: u32| {
        black_box(gets.call(&mut plugin, (n,)).is_ok());
    };
    rows.push(compare_timed(
        effort,
        name("a host function: number in, number out"),
        TARGET,
        &mut |n| time(&mut rust, n),
        &mut in_c("gets"),
    ));

    let greet = greeter_plugin.func::<(&str,), String>("greet")?;
    let mut rust = |n: u32| {
        for _ in 0..n {
            black_box(greet.call(&mut greeter_plugin, (black_box("World"),)).ok());
        }
    };
    rows.push(compare_timed(
        effort,
        name("a string in, a string out"),
        TARGET,
        &mut |n| time(&mut rust, n),
        &mut in_c("greet"),
    ));
    std::fs::remove_file(&guest_file)?;
    Ok(())
}

fn main() -> Result<()> {
    let Ok(program) = std::env::var(PROGRAM) else {
        println!(
            "{PROGRAM} must name the program made of benches/capi/calls.c: run benches/capi/run"
        );
        return Ok(());
    };
    let greeter = concat!(env!("CARGO_MANIFEST_DIR"), "/../guest/plugins/greeter/greeter.wasm");
    let effort = Effort::from_env();
    let mut all = Vec::new();
    #[cfg(feature = "wasmtime")]
    rows::<hostheap::wasmtime::Backend>(effort, &program, greeter, &mut all)?;
    #[cfg(feature = "wasmer")]
    rows::<hostheap::wasmer::Backend>(effort, &program, greeter, &mut all)?;
    #[cfg(feature = "wasmi")]
    rows::<hostheap::wasmi::Backend>(effort, &program, greeter, &mut all)?;
    print!("{}", table(&all, "Rust", "C"));
    Ok(())
}
