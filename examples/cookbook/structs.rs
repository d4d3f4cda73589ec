//! Structs, and arrays of them.

use crate::kv::Store;

// [recipe]
use bytemuck::{Pod, Zeroable};
use hostheap::Plugin;
use hostheap::convention::CStruct;

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
struct Sample {
    time: u64,
    value: f32,
    sensor: u32,
}

impl CStruct for Sample {
    const C_NAME: &'static str = "struct sample";
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
struct Summary {
    from: u64,
    to: u64,
    mean: f64,
    count: u32,
    unused: u32, // without it the derive of `Pod` says that there is padding
}

impl CStruct for Summary {
    const C_NAME: &'static str = "struct summary";
}

pub(crate) fn run(plugin: &mut Plugin<Store>) -> anyhow::Result<()> {
    let samples: Vec<Sample> =
        (1..=4).map(|n| Sample { time: n * 100, value: n as f32, sensor: 7 }).collect();

    let summary: Summary = plugin.call("summarize", (&samples,))?;
    println!("structs: {summary:?}");
    assert_eq!(summary, Summary { from: 100, to: 400, mean: 2.5, count: 4, unused: 0 });

    let high: Vec<Sample> = plugin.call("above", (&samples, 2.5f32))?;
    assert_eq!(high, samples[2..]);
    Ok(())
}
// [/recipe]
