//! `docs/convention/dynamic.md`

// [types]
use hostheap::convention::GuestError;
use hostheap::convention::dynamic::{Answer, Argument, Number, Taken};
use hostheap::{Engine, HostCall, Linker, Plugin};
// [/types]

use crate::Page;

pub(crate) fn run(plugin: &mut Plugin<()>, page: Page) -> anyhow::Result<()> {
    // [calls]
    let repeat = plugin.dyn_func("repeat", &"(str, times: u32) -> string".parse()?)?;
    let mut arguments = [Argument::Str("ab"), Argument::Number(Number::U32(3))];
    let answer = repeat.call(plugin, &mut arguments, 0)?;
    assert_eq!(answer, Answer::Text("ababab".into()));

    // An array that the plugin writes to: the bytes come back.
    let scale = plugin.dyn_func("scale", &"(mut slice<f64>, f64)".parse()?)?;
    let mut bytes: Vec<u8> = [1.0f64, 2.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    let numbers = Argument::ArrayMut { bytes: &mut bytes, count: 2 };
    scale.call(plugin, &mut [numbers, Argument::Number(Number::F64(0.5))], 0)?;
    assert_eq!(bytes[..8], 0.5f64.to_le_bytes());

    // A prototype has no struct's size, so whoever calls says it.
    let new_item = plugin.dyn_func("new_item", &"(u32) -> option<struct item>".parse()?)?;
    let answer = new_item.call(plugin, &mut [Argument::Number(Number::U32(7))], 8)?;
    let Answer::Struct(item) = answer else { anyhow::bail!("no item") };
    assert_eq!(item[..4], 7u32.to_le_bytes());
    // [/calls]

    let mut wrong = [Argument::Str("ab"), Argument::Number(Number::I32(-1))];
    page.shows(repeat.call(plugin, &mut wrong, 0).unwrap_err());
    host(page)
}

fn host(page: Page) -> anyhow::Result<()> {
    // [host]
    let engine = Engine::new()?;
    let mut linker = Linker::<Vec<String>>::new(&engine);
    let functions = [
        ("log", "(str)"),
        ("setting", "(name: str) -> option<string>"),
        ("stats", "(slice<f64>) -> struct stats"),
        ("fill", "(mut slice<u8>, u8)"),
        ("publish", "(owned<str>)"),
        ("open", "(path: str) -> result<string>"),
    ];
    for (name, prototype) in functions {
        linker.dyn_func("host", name, &prototype.parse()?, move |call| answer(name, call))?;
    }

    /// What a binding would have in another language.
    fn answer(name: &str, call: &mut HostCall<'_, '_, Vec<String>>) -> hostheap::Result<()> {
        match (name, call.take(0, 0)?) {
            ("log", Taken::Text(line)) => call.guest().state_mut().push(line.to_uppercase()),
            ("setting", Taken::Text(name)) => match name.as_str() {
                "unit" => call.give(Argument::Str("metres"))?,
                _ => call.give(Argument::Null)?,
            },
            // struct stats { double min, max; }
            ("stats", Taken::Bytes(bytes)) => {
                let number = |x: &[u8]| f64::from_le_bytes(x.try_into().unwrap_or_default());
                let numbers = bytes.chunks_exact(8).map(number);
                let (min, max) = numbers
                    .fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), x| {
                        (min.min(x), max.max(x))
                    });
                let stats = [min.to_le_bytes(), max.to_le_bytes()].concat();
                call.give(Argument::Value(&stats))?;
            }
            ("fill", Taken::Bytes(mut bytes)) => {
                let Taken::Number(Number::U32(byte)) = call.take(1, 0)? else { return Ok(()) };
                bytes.fill(byte as u8);
                call.write_back(0, &bytes)?;
            }
            // It was the plugin's block, and is freed by now.
            ("publish", Taken::Text(text)) => call.guest().state_mut().push(text),
            ("open", Taken::Text(path)) => {
                call.give_error(&GuestError::new(2, format!("no file {path}")))?;
            }
            other => panic!("{other:?}"),
        }
        Ok(())
    }

    let wasm = std::fs::read("guest/plugins/tour/tour_host.wasm")?;
    let mut plugin = linker.instantiate(&engine.load(&wasm)?, Vec::new())?;
    let run = plugin.dyn_func("run", &"() -> f64".parse()?)?;
    assert_eq!(run.call(&mut plugin, &mut [], 0)?, Answer::Number(Number::F64(4.0)));
    assert_eq!(plugin.state(), &["METRES", "****", "news", "NO FILE /MISSING"]);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
    // [/host]

    let mut linker = Linker::<Vec<String>>::new(&engine);
    for (name, prototype) in functions {
        linker.dyn_func("host", name, &prototype.parse()?, |_| Ok(()))?;
    }
    let mut plugin = linker.instantiate(&engine.load(&wasm)?, Vec::new())?;
    page.shows(plugin.call::<_, f64>("run", ()).unwrap_err());
    Ok(())
}
