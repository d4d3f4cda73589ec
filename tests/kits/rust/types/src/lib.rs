//! Every type that an export can take and return, and every one that a host function can.
#![expect(clippy::boxed_local, reason = "a block is handed over")]

use std::borrow::Cow;
use std::ffi::{CStr, CString};

// The contract of WASI is none of this plugin's.
hostheap_guest::without_wasi!();

use hostheap_guest::{Blob, Error, Failure, Plain, State, Text, export};

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Plain)]
struct Point {
    x: f64,
    y: f64,
}

#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Plain)]
#[expect(dead_code, reason = "the host passes it")]
enum Grade {
    Low = 1,
    High = 2,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Plain)]
struct Item {
    id: u32,
    level: i16,
    fresh: bool,
    grade: Grade,
}

/// A struct with a single field is passed like any other.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Plain)]
struct Single {
    value: f64,
}

// Scalars.

macro_rules! same {
    ($($name:ident $ty:ty;)*) => {$(
        #[export]
        fn $name(x: $ty) -> $ty {
            x
        }
    )*};
}
same! {
    same_i8 i8; same_i16 i16; same_i32 i32; same_i64 i64;
    same_u8 u8; same_u16 u16; same_u32 u32; same_u64 u64;
    same_f32 f32; same_f64 f64; same_bool bool; same_char char; same_usize usize;
    same_string String; same_numbers Vec<i16>; same_c_string CString; same_item_block Box<Item>;
    same_item Item; same_single Single; same_maybe_string Option<String>;
}

#[export]
fn nothing() {}

// Borrowed.

#[export]
fn count_bytes(bytes: &[u8], more: Option<&[u8]>) -> i64 {
    bytes.len() as i64 - more.map_or(-1, |more| more.len() as i64)
}

#[export]
fn first_part<'a>(text: &'a str, end: char) -> &'a str {
    text.split(end).next().unwrap_or_default()
}

#[export]
fn odd_ones(numbers: &[u16]) -> Vec<u16> {
    numbers.iter().copied().filter(|n| n % 2 == 1).collect()
}

#[export]
fn move_all(points: &mut [Point], dx: f64) {
    points.iter_mut().for_each(|point| point.x += dx);
}

#[export]
fn promote(item: &mut Item) -> bool {
    item.level += 1;
    item.grade = Grade::High;
    std::mem::replace(&mut item.fresh, false)
}

#[export]
fn maybe_increment(counter: Option<&mut u32>) -> Option<&'static str> {
    *counter? += 1;
    Some("incremented")
}

#[export]
fn c_length(text: &CStr) -> u32 {
    text.count_bytes() as u32
}

#[export]
fn maybe_c_length(text: Option<&CStr>) -> i32 {
    text.map_or(-1, |text| text.count_bytes() as i32)
}

#[export]
fn joined(texts: &[Text<'_>], between: &str) -> String {
    texts.iter().map(|text| text.as_str()).collect::<Vec<_>>().join(between)
}

#[export]
fn total(blobs: Option<&[Blob<'_>]>) -> u32 {
    blobs.unwrap_or_default().iter().map(|blob| blob.len() as u32).sum()
}

#[export]
fn taxi(a: &Point, b: Point) -> f64 {
    (a.x - b.x).abs() + (a.y - b.y).abs()
}

// Handed over.

static STACK: State<Vec<String>> = State::new(Vec::new());

#[export]
fn push(text: String) {
    STACK.with(|stack| stack.push(text));
}

#[export]
fn pop() -> Option<String> {
    STACK.with(Vec::pop)
}

#[export]
fn grown(mut numbers: Vec<i16>) -> Vec<i16> {
    numbers.extend([1; 100]);
    numbers
}

// Results.

#[export]
fn static_text() -> &'static str {
    "static"
}

#[export]
fn leaked_text() -> &'static str {
    // A block that must not be freed, as the plugin goes on to use it.
    static LEAKED: State<Option<&'static str>> = State::new(None);
    LEAKED.with(|it| *it.get_or_insert_with(|| String::from("leaked").leak()))
}

#[export]
fn static_numbers() -> &'static [u32] {
    &[2, 3, 5]
}

#[export]
fn cow(owned: bool) -> Cow<'static, str> {
    if owned { "owned".to_owned().into() } else { "borrowed".into() }
}

#[export]
fn separator() -> &'static CStr {
    c"/"
}

#[export]
fn nickname(id: u32) -> Option<String> {
    ["", "Ada"].get(id.checked_sub(1)? as usize).map(|name| (*name).to_owned())
}

#[export]
fn with_room() -> String {
    // Empty, and a block all the same.
    String::with_capacity(100)
}

#[export]
fn maybe_point(there: bool) -> Option<Point> {
    there.then_some(Point { x: 1.0, y: 2.0 })
}

#[export]
fn min_max(numbers: &[i32]) -> (i32, i32) {
    (numbers.iter().copied().min().unwrap_or(0), numbers.iter().copied().max().unwrap_or(0))
}

#[export]
fn mixed() -> (u8, f64, bool, i64) {
    (1, 2.5, true, -4)
}

enum Refusal {
    Empty,
    Odd(usize),
}

impl Failure for Refusal {
    fn into_error(self) -> Error {
        match self {
            Refusal::Empty => Error::new(7, "nothing"),
            Refusal::Odd(len) => Error::new(8, format!("{len} is odd")),
        }
    }
}

#[export]
fn half(text: &str) -> Result<String, Refusal> {
    match text.len() {
        0 => Err(Refusal::Empty),
        len if len % 2 == 1 => Err(Refusal::Odd(len)),
        len => Ok(text[..len / 2].to_owned()),
    }
}

#[export]
fn check(text: &str) -> Result<(), i32> {
    if text.is_empty() { Err(3) } else { Ok(()) }
}

#[export]
fn number(text: &str) -> Result<u64, Error> {
    Ok(text.parse()?)
}

#[export]
fn point(there: bool) -> Result<Point, &'static str> {
    maybe_point(there).ok_or("no point")
}

#[export]
fn evens(up_to: u32) -> Result<Vec<u32>, String> {
    if up_to > 100 {
        Err(format!("{up_to} is too many"))
    } else {
        Ok((0..up_to).step_by(2).collect())
    }
}

// Functions.

extern "C" fn triple(x: i32) -> i32 {
    3 * x
}

#[export]
fn get_step(there: bool) -> Option<extern "C" fn(i32) -> i32> {
    there.then_some(triple)
}

#[export]
fn apply(f: Option<extern "C" fn(i32) -> i32>, x: i32) -> i32 {
    f.map_or(-1, |f| f(x))
}

#[export]
fn each_line(text: &str, f: unsafe extern "C" fn(*const u8, usize)) {
    for line in text.lines() {
        // Safety: the host's callback takes a text.
        unsafe { f(line.as_ptr(), line.len()) }
    }
}

#[export(name = "another-name")]
fn renamed() -> u32 {
    42
}

// Names that the attributes have themselves.

#[export]
fn scope(x: u32) -> u32 {
    x + 1
}

#[export]
fn out(a0: &str) -> String {
    a0.to_owned()
}

#[export]
fn exported(b0: u32, a0: u32) -> u32 {
    b0 - a0
}

#[export]
fn subtracted(a: u32, b: u32) -> String {
    minus(a, b, 1, 2)
}

// Host functions.

#[hostheap_guest::import(module = "host")]
unsafe extern "C" {
    safe fn log(text: &str);
    // Named as what the attribute makes.
    safe fn minus(a1: u32, a0: u32, out: u32, raw: u32) -> String;
    safe fn setting(name: &str) -> Option<String>;
    safe fn primes(count: u32) -> Vec<u16>;
    safe fn stats(numbers: &[f64]) -> Point;
    safe fn double(numbers: &mut [i32]);
    safe fn publish(text: String);
    safe fn open(path: &str) -> Result<String, Error>;
    safe fn size_of(path: &str) -> Result<u64, Error>;
    safe fn close() -> Result<(), Error>;
    safe fn range() -> (i32, f64);
    safe fn home() -> CString;
    safe fn nearest(point: &Point) -> Option<Box<Point>>;
    safe fn twice(f: extern "C" fn(i32) -> i32, x: i32) -> i32;
    #[link_name = "is-big"]
    safe fn is_big(text: Option<&CStr>, size: u8) -> bool;
}

/// Calls each of them; says which answered otherwise than the test's host does.
#[export]
fn call_host() -> Result<String, Error> {
    log("ünï");
    log("");
    assert_eq!(setting("unit").as_deref(), Some("metres"));
    assert_eq!(setting("empty").as_deref(), Some(""));
    assert_eq!(setting("other"), None);
    assert_eq!(primes(3), [2, 3, 5]);
    assert_eq!(primes(0), []);
    assert_eq!(stats(&[3.0, -1.0, 2.0]), Point { x: -1.0, y: 3.0 });
    let mut numbers = [1, 2, 3];
    double(&mut numbers);
    assert_eq!(numbers, [2, 4, 6]);
    publish(String::from("news"));
    publish(String::new());
    assert_eq!(open("/there")?, "content");
    let error = open("/missing").unwrap_err();
    assert_eq!((error.code(), error.message()), (2, "no file /missing"));
    assert_eq!(size_of("/there")?, 7);
    assert_eq!(size_of("/missing").unwrap_err().code(), 2);
    assert_eq!(close().unwrap_err().code(), 9);
    assert_eq!(range(), (-1, 0.5));
    assert_eq!(home().as_c_str(), c"/root");
    let nearest_one = nearest(&Point { x: 1.0, y: 1.0 });
    assert_eq!(nearest_one.as_deref(), Some(&Point { x: 2.0, y: 2.0 }));
    assert_eq!(nearest(&Point { x: -1.0, y: 1.0 }), None);
    assert_eq!(twice(triple, 2), 18);
    assert!(is_big(Some(c"large"), 255));
    assert!(!is_big(None, 1));
    Ok(String::from("all as expected"))
}
