//! Closures that the plugin calls.

use crate::kv::Store;

// [recipe]
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use hostheap::{Guest, Plugin};

pub(crate) fn run(plugin: &mut Plugin<Store>) -> anyhow::Result<()> {
    // Sort with a comparator of the host's. What it needs it owns: it lives as long as the guard.
    let names: Arc<[&str]> = Arc::new(["pear", "fig", "apple"]);
    let mut order: Vec<u32> = (0..3).collect();
    let by_name = plugin.callback({
        let names = Arc::clone(&names);
        move |_: &mut Guest<'_, Store>, a: u32, b: u32| {
            let name = |n: u32| names.get(n as usize).copied().unwrap_or("");
            name(a).cmp(name(b)) as i32
        }
    })?;
    plugin.call::<_, ()>("sort_by", (&mut order, &by_name))?;
    let sorted: Vec<_> = order.iter().map(|&n| names[n as usize]).collect();
    println!("callbacks: {sorted:?}");
    assert_eq!(sorted, ["apple", "fig", "pear"]);

    // Progress, and a way to stop.
    let last = Arc::new(AtomicU32::new(0));
    let progress = plugin.callback({
        let last = Arc::clone(&last);
        move |_: &mut Guest<'_, Store>, done: u32| {
            last.store(done, Ordering::Relaxed);
            done < 500 // false stops it
        }
    })?;
    plugin.call::<_, u64>("crunch", (1_000_000u32, &progress))?;
    assert_eq!(last.load(Ordering::Relaxed), 500);
    Ok(())
}
// [/recipe]
