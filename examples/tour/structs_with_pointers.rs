//! `docs/convention/structs-with-pointers.md`

use hostheap::Plugin;

use crate::Page;

// [types]
use std::ffi::CString;

use bytemuck::{Pod, Zeroable};
use hostheap::convention::{CStruct, Compose, Composed, GuestPtr, Place};

/// What the plugin sees: pointers are [`GuestPtr`]s, `size_t` is `u32`.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct RawHeader {
    name: GuestPtr<u8>,
    name_len: u32,
    value: GuestPtr<u8>,
    value_len: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct RawRequest {
    id: u32,
    path: GuestPtr<u8>,
    path_len: u32,
    headers: GuestPtr<RawHeader>,
    header_count: u32,
    agent: GuestPtr<u8>,
}

impl CStruct for RawHeader {
    const C_NAME: &'static str = "struct header";
}

impl CStruct for RawRequest {
    const C_NAME: &'static str = "struct request";
}

/// What the host has.
struct Header(String, String);

struct Request {
    id: u32,
    path: String,
    headers: Vec<Header>,
    agent: Option<CString>,
}

impl Compose for Header {
    type Struct = RawHeader;
    fn compose(&self, place: &mut Place<'_>) -> RawHeader {
        let (name, value) = (place.str(&self.0), place.str(&self.1));
        RawHeader { name: name.ptr, name_len: name.len, value: value.ptr, value_len: value.len }
    }
}

impl Compose for Request {
    type Struct = RawRequest;
    fn compose(&self, place: &mut Place<'_>) -> RawRequest {
        let path = place.str(&self.path);
        let headers = place.all_composed(&self.headers);
        let agent = self.agent.as_ref().map_or(GuestPtr::NULL, |agent| place.c_str(agent));
        RawRequest {
            id: self.id,
            path: path.ptr,
            path_len: path.len,
            headers: headers.ptr,
            header_count: headers.len,
            agent,
        }
    }
}
// [/types]

pub(crate) fn run(plugin: &mut Plugin<()>, _: Page) -> anyhow::Result<()> {
    // [host]
    let request = Request {
        id: 1,
        path: "/index".into(),
        headers: vec![Header("Host".into(), "example.org".into())],
        agent: None,
    };
    let host: Option<String> = plugin.call("header", (Composed(&request), "Host"))?;
    assert_eq!(host.as_deref(), Some("example.org"));

    let size: u32 = plugin.call("request_size", (Composed(&request),))?;
    assert_eq!(size, 6);
    // [/host]

    assert_eq!(request.id, 1);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
    Ok(())
}
