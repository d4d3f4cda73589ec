//! Several texts at once: C's `const hh_bytes *all, size_t count`.

use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;

macro_rules! list_element {
    ($(#[$doc:meta])* $name:ident, $target:ty, $method:ident, |$bytes:ident| $make:expr) => {
        $(#[$doc])*
        #[repr(C)]
        #[derive(Clone, Copy)]
        pub struct $name<'a> {
            ptr: *const u8,
            len: usize,
            lent: PhantomData<&'a $target>,
        }

        impl<'a> $name<'a> {
            /// It as a plain reference, which lives as long as the call.
            #[inline]
            pub const fn $method(self) -> &'a $target {
                if self.len == 0 {
                    // The pointer of an empty one may be anything.
                    let $bytes: &[u8] = &[];
                    return $make;
                }
                // Safety: the host lends these bytes for 'a.
                let $bytes = unsafe { core::slice::from_raw_parts(self.ptr, self.len) };
                $make
            }
        }

        impl<'a> From<&'a $target> for $name<'a> {
            fn from(value: &'a $target) -> Self {
                Self { ptr: value.as_ptr(), len: value.len(), lent: PhantomData }
            }
        }

        impl Deref for $name<'_> {
            type Target = $target;
            #[inline]
            fn deref(&self) -> &$target {
                (*self).$method()
            }
        }

        impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&**self, f)
            }
        }
    };
}

list_element! {
    /// One of several texts that the host lends: a parameter `&[Text<'_>]`. It derefs to `str`.
    ///
    /// ```
    /// use hostheap_guest::Text;
    ///
    /// #[hostheap_guest::export]
    /// fn total_length(texts: &[Text<'_>]) -> u32 {
    ///     texts.iter().map(|text| text.len() as u32).sum()
    /// }
    ///
    /// assert_eq!(total_length(&["one".into(), "two".into()]), 6);
    /// ```
    Text, str, as_str, |bytes| {
        // Safety: the host's texts are UTF-8.
        unsafe { core::str::from_utf8_unchecked(bytes) }
    }
}
list_element! {
    /// One of several byte strings that the host lends: a parameter `&[Blob<'_>]`.
    Blob, [u8], as_bytes, |bytes| bytes
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    #[test]
    fn a_text_is_the_str_that_it_was_made_of() {
        for text in ["", "a", "ü漢"] {
            let list = [Text::from(text)];
            assert_eq!(list[0].as_str(), text);
            assert_eq!(format!("{} {list:?}", list[0]), format!("{text} [{text:?}]"));
        }
        assert_eq!(Blob::from(&[1, 2][..]).as_bytes(), [1, 2]);
    }
}
