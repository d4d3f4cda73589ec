//! Why a plugin panicked, told to the host by a function of the plugin's choice.

use core::fmt::{self, Write};
use core::panic::PanicMessage;

/// Text of at most so many bytes, on the stack: memory may be what has run out.
struct Line {
    bytes: [u8; 512],
    len: usize,
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.bytes.len() - self.len;
        let part = &text[..text.floor_char_boundary(room)];
        self.bytes[self.len..][..part.len()].copy_from_slice(part.as_bytes());
        self.len += part.len();
        if part.len() == text.len() { Ok(()) } else { Err(fmt::Error) }
    }
}

fn say(tell: fn(&str), message: fmt::Arguments<'_>) {
    let mut line = Line { bytes: [0; 512], len: 0 };
    // An error is a message that was cut off.
    let _ = line.write_fmt(message);
    tell(core::str::from_utf8(&line.bytes[..line.len]).unwrap_or_default());
}

#[doc(hidden)]
pub fn __panicked(tell: fn(&str), message: &PanicMessage<'_>, file: &str, line: u32) {
    say(tell, format_args!("panicked: {message} ({file}:{line})"));
}

/// For plugins without the standard library: what a panic does, which somebody must say.
///
/// `panic_handler!(tell)` hands "panicked: MESSAGE (FILE:LINE)" to `tell`, a `fn(&str)` such as a host
/// function, and traps. A message that is too long for 512 bytes is cut. `panic_handler!()` only
/// traps, and costs nothing.
///
/// ```ignore
/// #![no_std]
/// #[hostheap_guest::import(module = "host")]
/// unsafe extern "C" {
///     safe fn tell(text: &str);
/// }
/// hostheap_guest::panic_handler!(tell);
/// ```
#[macro_export]
macro_rules! panic_handler {
    () => {
        #[cfg(target_arch = "wasm32")]
        #[panic_handler]
        fn __hostheap_panic(_: &::core::panic::PanicInfo<'_>) -> ! {
            ::core::arch::wasm32::unreachable()
        }
    };
    ($tell:expr) => {
        #[cfg(target_arch = "wasm32")]
        #[panic_handler]
        fn __hostheap_panic(info: &::core::panic::PanicInfo<'_>) -> ! {
            let (file, line) = info.location().map_or(("", 0), |at| (at.file(), at.line()));
            $crate::__private::panicked($tell, &info.message(), file, line);
            ::core::arch::wasm32::unreachable()
        }
    };
}

/// For plugins with the standard library: hands "panicked: MESSAGE (FILE:LINE)" to `tell` whenever the
/// plugin panics. The panic goes on as it would. [`panic_hook!`](crate::panic_hook) calls this before
/// the first export runs.
#[cfg(feature = "std")]
pub fn set_panic_hook(tell: fn(&str)) {
    std::panic::set_hook(std::boxed::Box::new(move |info| {
        let (file, line) = info.location().map_or(("", 0), |at| (at.file(), at.line()));
        let message = info.payload_as_str().unwrap_or("no text");
        say(tell, format_args!("panicked: {message} ({file}:{line})"));
    }));
}

/// [`set_panic_hook`](crate::set_panic_hook) in a constructor, which runs when the host makes an
/// instance. Feature `std`.
///
/// ```ignore
/// hostheap_guest::panic_hook!(tell);
/// ```
#[cfg(feature = "std")]
#[macro_export]
macro_rules! panic_hook {
    ($tell:expr) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            extern "C" fn set() {
                $crate::set_panic_hook($tell);
            }
            #[used]
            #[unsafe(link_section = ".init_array")]
            static SET: extern "C" fn() = set;
        };
    };
}

#[cfg(test)]
mod tests {
    use std::string::String;
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn long_messages_are_cut_between_letters() {
        static TOLD: Mutex<String> = Mutex::new(String::new());
        fn tell(text: &str) {
            TOLD.lock().unwrap().push_str(text);
        }
        say(tell, format_args!("x{}", "ü".repeat(300)));
        let told = TOLD.lock().unwrap();
        assert_eq!(*told, std::format!("x{}", "ü".repeat(255)));
    }
}
