//! The structs that the plugins of `guest/plugins/convention` share with their hosts: `shapes.h`.

use bytemuck::{CheckedBitPattern, NoUninit, Pod, Zeroable};
use hostheap_core::convention::CStruct;

/// `struct point`, 16 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Upwards.
    pub y: f64,
}

impl CStruct for Point {
    const C_NAME: &'static str = "struct point";
}

/// `struct item`, 12 bytes without a gap; `fresh` has bit patterns that are no `bool`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, NoUninit, CheckedBitPattern)]
pub struct Item {
    /// Its number.
    pub id: u32,
    /// Its weight.
    pub weight: f32,
    /// Its level.
    pub level: i16,
    /// Whether it is fresh.
    pub fresh: bool,
    /// Its grade.
    pub grade: u8,
}

impl CStruct for Item {
    const C_NAME: &'static str = "struct item";
}

/// `struct padded`, 16 bytes, with a field for the gap that C leaves.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
pub struct Padded {
    /// In front of the gap.
    pub tag: u8,
    /// The gap.
    pub pad: [u8; 7],
    /// Behind it.
    pub value: f64,
}

impl CStruct for Padded {
    const C_NAME: &'static str = "struct padded";
}
