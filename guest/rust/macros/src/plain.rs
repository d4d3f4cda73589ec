//! `#[derive(Plain)]`: the checks that make it safe.

use proc_macro2::TokenStream;
use quote::quote;

pub(crate) fn expand(item: &syn::DeriveInput) -> syn::Result<TokenStream> {
    let name = &item.ident;
    if !item.generics.params.is_empty() {
        return Err(syn::Error::new_spanned(
            &item.generics,
            "a plain struct has no parameters: the host has one such struct",
        ));
    }
    match &item.data {
        syn::Data::Struct(data) => {
            if !has_repr(item, &["C"])? {
                return Err(syn::Error::new_spanned(
                    name,
                    "add #[repr(C)]: only then its fields lie as they do in the host's struct",
                ));
            }
            let types: Vec<_> = data.fields.iter().map(|field| &field.ty).collect();
            if types.is_empty() {
                return Err(syn::Error::new_spanned(
                    name,
                    "a struct without fields cannot be passed",
                ));
            }
            Ok(quote! {
                // Safety: #[repr(C)], and what is asserted here.
                unsafe impl ::hostheap_guest::Plain for #name {}
                const _: () = {
                    const fn plain<T: ::hostheap_guest::Plain>() -> usize {
                        ::core::mem::size_of::<T>()
                    }
                    assert!(
                        ::core::mem::size_of::<#name>() == 0 #(+ plain::<#types>())*,
                        "the struct has gaps: fill them with a field, such as `pad: [u8; 3]`, as in \
                         the host's"
                    );
                    assert!(::core::mem::size_of::<#name>() > 0, "a struct without bytes cannot be passed");
                    assert!(::core::mem::align_of::<#name>() <= 16, "it is aligned to more than 16");
                };
                ::hostheap_guest::__plain_struct!(#name);
            })
        }
        syn::Data::Enum(data) => {
            let reprs = ["u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64"];
            if !has_repr(item, &reprs)? {
                return Err(syn::Error::new_spanned(
                    name,
                    "add #[repr(u8)] or another integer: an enum is an integer for the host",
                ));
            }
            if let Some(it) =
                data.variants.iter().find(|it| !matches!(it.fields, syn::Fields::Unit))
            {
                return Err(syn::Error::new_spanned(it, "a plain enum's variants have no fields"));
            }
            if data.variants.is_empty() {
                return Err(syn::Error::new_spanned(
                    name,
                    "an enum without variants has no values",
                ));
            }
            // Safety: an integer. The host passes only values that the type has.
            Ok(quote!(unsafe impl ::hostheap_guest::Plain for #name {}))
        }
        syn::Data::Union(_) => Err(syn::Error::new_spanned(name, "a union cannot be passed")),
    }
}

fn has_repr(item: &syn::DeriveInput, wanted: &[&str]) -> syn::Result<bool> {
    let mut found = false;
    for attr in item.attrs.iter().filter(|attr| attr.path().is_ident("repr")) {
        attr.parse_nested_meta(|meta| {
            found |= wanted.iter().any(|word| meta.path.is_ident(word));
            if meta.path.is_ident("packed") {
                return Err(meta.error("a packed struct cannot be lent by reference"));
            }
            if meta.input.peek(syn::token::Paren) {
                let content;
                syn::parenthesized!(content in meta.input);
                content.parse::<TokenStream>()?;
            }
            Ok(())
        })?;
    }
    Ok(found)
}
