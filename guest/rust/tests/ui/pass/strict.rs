//! The attributes' code is none of what the plugin's lints look at.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unused_qualifications)]

use hostheap_guest::{Plain, export, import};

/// A struct with a single field.
#[repr(C)]
#[derive(Clone, Copy, Plain)]
pub struct Weight {
    /// In kilograms.
    pub kilograms: f64,
}

#[import(module = "host")]
unsafe extern "C" {
    /// Tells the host.
    pub safe fn tell(text: &str) -> Option<String>;
}

type Name<'a> = &'a str;

#[export]
fn weigh(name: Name<'_>, weight: Weight, r#in: Option<&mut u32>) -> String {
    if let Some(units) = r#in {
        *units += 1;
    }
    format!("{name}: {}", weight.kilograms)
}

#[export]
fn stop() -> ! {
    panic!()
}

fn main() {
    assert_eq!(weigh("Ada", Weight { kilograms: 1.5 }, None), "Ada: 1.5");
}
