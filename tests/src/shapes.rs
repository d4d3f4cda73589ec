//! The structs that the plugins of `guest/plugins/convention` share with their hosts.

use std::ffi::CString;

use bytemuck::{CheckedBitPattern, NoUninit, Pod, Zeroable};
use hostheap_core::convention::{CStruct, Compose, GuestPtr, Place};

/// `struct point`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Up.
    pub y: f64,
}

impl Point {
    /// A point at x and y.
    pub const fn new(x: f64, y: f64) -> Self {
        Point { x, y }
    }
}

impl CStruct for Point {
    const C_NAME: &'static str = "struct point";
}

/// `struct item`: not every bit pattern is one, because of its `bool`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, NoUninit, CheckedBitPattern)]
pub struct Item {
    /// What it is known by.
    pub id: u32,
    /// In kilograms.
    pub weight: f32,
    /// Where it lies.
    pub level: i16,
    /// Whether it can be eaten.
    pub fresh: bool,
    /// How good it is.
    pub grade: u8,
}

impl Item {
    /// The item that the plugins make of a number.
    pub const fn of(id: u32) -> Self {
        let level = (id as i16).wrapping_neg();
        Item { id, weight: id as f32 / 2.0, level, fresh: id % 2 == 1, grade: id as u8 }
    }
}

impl CStruct for Item {
    const C_NAME: &'static str = "struct item";
}

/// `struct padded`, whose gap is a field here.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
pub struct Padded {
    /// Before the gap.
    pub tag: u8,
    /// The gap.
    pub pad: [u8; 7],
    /// Behind it.
    pub value: f64,
}

impl Padded {
    /// With zeros in the gap.
    pub const fn new(tag: u8, value: f64) -> Self {
        Padded { tag, pad: [0; 7], value }
    }
}

impl CStruct for Padded {
    const C_NAME: &'static str = "struct padded";
}

/// `struct header`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub struct RawHeader {
    /// Its name.
    pub name: GuestPtr<u8>,
    /// The name's length.
    pub name_len: u32,
    /// Its value.
    pub value: GuestPtr<u8>,
    /// The value's length.
    pub value_len: u32,
}

impl CStruct for RawHeader {
    const C_NAME: &'static str = "struct header";
}

/// `struct request`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub struct RawRequest {
    /// What it is known by.
    pub id: u32,
    /// What is asked for.
    pub path: GuestPtr<u8>,
    /// The path's length.
    pub path_len: u32,
    /// The first header.
    pub headers: GuestPtr<RawHeader>,
    /// How many headers.
    pub header_count: u32,
    /// NUL-terminated, or `NULL`.
    pub agent: GuestPtr<u8>,
    /// The first weight.
    pub weights: GuestPtr<f64>,
    /// How many weights.
    pub weight_count: u32,
}

impl CStruct for RawRequest {
    const C_NAME: &'static str = "struct request";
}

/// What becomes a [`RawHeader`].
#[derive(Clone, Debug, Default)]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl Compose for Header {
    type Struct = RawHeader;
    fn compose(&self, place: &mut Place<'_>) -> RawHeader {
        let (name, value) = (place.str(&self.name), place.str(&self.value));
        RawHeader { name: name.ptr, name_len: name.len, value: value.ptr, value_len: value.len }
    }
}

/// What becomes a [`RawRequest`].
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// What it is known by.
    pub id: u32,
    /// What is asked for.
    pub path: String,
    /// Names and values.
    pub headers: Vec<Header>,
    /// Who asks.
    pub agent: Option<CString>,
    /// Numbers, to have some.
    pub weights: Vec<f64>,
}

impl Request {
    /// A request with headers.
    pub fn new(id: u32, path: &str, headers: &[(&str, &str)]) -> Self {
        let header =
            |&(name, value): &(&str, &str)| Header { name: name.into(), value: value.into() };
        let headers = headers.iter().map(header).collect();
        Request { id, path: path.into(), headers, ..Request::default() }
    }

    /// What `render_request` makes of it.
    pub fn rendered(&self) -> String {
        let mut text = format!("{}\n", self.path);
        for Header { name, value } in &self.headers {
            text += &format!("{name}: {value}\n");
        }
        if let Some(agent) = &self.agent {
            text += &format!("by {}\n", agent.to_string_lossy());
        }
        text
    }
}

impl Compose for Request {
    type Struct = RawRequest;
    fn compose(&self, place: &mut Place<'_>) -> RawRequest {
        let path = place.str(&self.path);
        let headers = place.all_composed(&self.headers);
        let agent = self.agent.as_ref().map_or(GuestPtr::NULL, |agent| place.c_str(agent));
        let weights = place.slice(&self.weights);
        RawRequest {
            id: self.id,
            path: path.ptr,
            path_len: path.len,
            headers: headers.ptr,
            header_count: headers.len,
            agent,
            weights: weights.ptr,
            weight_count: weights.len,
        }
    }
}

/// The hash that the plugins make of bytes.
pub fn hash(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |hash: u32, &byte| hash.wrapping_mul(31).wrapping_add(byte.into()))
}
