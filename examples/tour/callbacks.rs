//! `docs/convention/callbacks.md`

use crate::Page;

pub(crate) fn run(page: Page) -> anyhow::Result<()> {
    // [load]
    use hostheap::convention::{Callback, FuncPtr};
    use hostheap::{Engine, Guest, Linker};

    let engine = Engine::new()?;
    let mut linker = Linker::<Vec<String>>::new(&engine);

    // A function pointer of the plugin's, called by the host in the middle of the plugin's call.
    linker.func(
        "host",
        "apply_twice",
        |guest: &mut Guest<'_, Vec<String>>, f: FuncPtr<(i32,), i32>, x: i32| {
            let once = f.call(guest, (x,))?;
            f.call(guest, (once,))
        },
    )?;
    let wasm = std::fs::read("guest/plugins/tour/tour_callbacks.wasm")?;
    let mut plugin = linker.instantiate(&engine.load(&wasm)?, Vec::new())?;
    // [/load]

    // [closures]
    let mut numbers = [3, 1, 2];
    let descending = plugin.callback(|_: &mut Guest<'_, Vec<String>>, a: i32, b: i32| b - a)?;
    plugin.call::<_, ()>("sort", (&mut numbers, &descending))?;
    assert_eq!(numbers, [3, 2, 1]);

    // The state is reached through the guest, as in any host function.
    let collect = plugin.callback(|guest: &mut Guest<'_, Vec<String>>, line: String| {
        guest.state_mut().push(line);
    })?;
    plugin.call::<_, ()>("each_line", ("one\ntwo", &collect))?;
    assert_eq!(plugin.state(), &["one", "two"]);

    // Kept by the plugin: the guard must live as long.
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    let seen = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&seen);
    let handler = plugin.callback(move |_: &mut Guest<'_, Vec<String>>, event: i32| {
        count.fetch_add(event.unsigned_abs(), Ordering::Relaxed);
    })?;
    plugin.call::<_, ()>("on_event", (&handler,))?;
    plugin.call::<_, ()>("fire", (5,))?;
    assert_eq!(seen.load(Ordering::Relaxed), 5);
    plugin.call::<_, ()>("on_event", (None::<&Callback>,))?;
    drop(handler);
    // [/closures]

    // [pointers]
    assert_eq!(plugin.call::<_, i32>("nine_times", (5,))?, 45);

    let step: FuncPtr<(i32,), i32> = plugin.call("get_step", ())?;
    assert_eq!(step.call(&mut plugin, (7,))?, 21);

    let triple = step.func(&mut plugin)?; // checked once, for many calls
    assert_eq!(triple.call(&mut plugin, (2,))?, 6);
    // [/pointers]

    let wrong: FuncPtr<(&str,), u32> = FuncPtr::new(step.index());
    page.shows(wrong.call(&mut plugin, ("x",)).unwrap_err());
    page.shows(FuncPtr::<(), ()>::new(999).call(&mut plugin, ()).unwrap_err());
    let short_lived = plugin.callback(|_: &mut Guest<'_, Vec<String>>, _: i32| {})?;
    plugin.call::<_, ()>("on_event", (&short_lived,))?;
    drop(short_lived);
    page.shows(plugin.call::<_, ()>("fire", (1,)).unwrap_err());
    Ok(())
}
