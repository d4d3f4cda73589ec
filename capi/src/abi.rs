//! The layout of the structs of the interface, so that no change of it goes unseen.

/// Size and offsets of a struct on machines with 64-bit pointers, in bytes: compared when the library is
/// compiled, and in C by `tests/abi.rs`, which reads them from here.
macro_rules! abi {
    ($name:ty: $size:literal { $($field:ident: $at:literal),* $(,)? }) => {
        #[cfg(target_pointer_width = "64")]
        const _: () = {
            assert!(size_of::<$name>() == $size);
            $(assert!(core::mem::offset_of!($name, $field) == $at);)*
        };
    };
}
pub(crate) use abi;
