//! `#[export]`: the function as it was, and one with C's signature that calls it.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;

/// `name = "…"`, or nothing.
pub(crate) struct Options {
    name: Option<syn::LitStr>,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.is_empty() {
            return Ok(Self { name: None });
        }
        let key: syn::Ident = input.parse()?;
        if key != "name" {
            return Err(syn::Error::new(key.span(), "expected `name = \"…\"`"));
        }
        input.parse::<syn::Token![=]>()?;
        let name = Some(input.parse()?);
        input.parse::<Option<syn::Token![,]>>()?;
        Ok(Self { name })
    }
}

/// An export's name is its symbol too, so these would take the place of the real ones.
const TAKEN: &[&str] = &[
    "malloc",
    "free",
    "calloc",
    "realloc",
    "reallocarray",
    "aligned_alloc",
    "memalign",
    "posix_memalign",
    "malloc_usable_size",
    "memcpy",
    "memmove",
    "memset",
    "memcmp",
    "bcmp",
    "strlen",
    "main",
    "_start",
    "_initialize",
    "memory",
    "heap_base",
    "__heap_base",
];

pub(crate) fn expand(options: &Options, item: &syn::ItemFn) -> syn::Result<TokenStream> {
    let sig = &item.sig;
    crate::refuse_what_c_lacks(sig, "an export")?;
    if let Some(token) = &sig.unsafety {
        return Err(syn::Error::new_spanned(
            token,
            "an export is a safe function: what the host passes is valid",
        ));
    }
    if let Some(abi) = &sig.abi {
        return Err(syn::Error::new_spanned(
            abi,
            "the attribute adds the C signature: leave this out",
        ));
    }
    for input in &sig.inputs {
        if let syn::FnArg::Typed(input) = input {
            crate::refuse_static(&input.ty)?;
        }
    }
    let function = &sig.ident;
    let (name, name_span) = match &options.name {
        Some(name) => (name.value(), name.span()),
        None => (syn::ext::IdentExt::unraw(function).to_string(), function.span()),
    };
    if TAKEN.contains(&name.as_str()) {
        let why = format!("`{name}` has a meaning of its own in a module: choose another name");
        return Err(syn::Error::new(name_span, why));
    }

    let (types, output) = crate::types(sig);
    let (mut params, mut values) = (Vec::new(), Vec::new());
    for (i, ty) in types.iter().enumerate() {
        let (a, b) = (format_ident!("a{i}"), format_ident!("b{i}"));
        // Errors point to the type.
        params.push(quote_spanned!(ty.span()=>
            #a: <#ty as ::hostheap_guest::abi::Abi>::A, #b: <#ty as ::hostheap_guest::abi::Abi>::B
        ));
        values.push(quote_spanned!(ty.span()=>
            unsafe { ::hostheap_guest::abi::Param::lift(&scope, #a, #b) }
        ));
    }
    let call = quote!(#function(#(#values),*));
    let (out, ret, body) = match &output {
        None => (quote!(), quote!(), call),
        Some(ty) => (
            quote_spanned!(ty.span()=> out: <#ty as ::hostheap_guest::abi::Outcome>::Out,),
            quote_spanned!(ty.span()=> -> <#ty as ::hostheap_guest::abi::Outcome>::Ret),
            quote_spanned!(ty.span()=>
                unsafe { ::hostheap_guest::abi::Outcome::lower(#call, out) }
            ),
        ),
    };
    let cfgs = item.attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
    Ok(quote! {
        #item

        #(#cfgs)*
        const _: () = {
            // Safety: the host passes what the convention says, and nothing outlives the scope.
            #[cfg_attr(target_arch = "wasm32", unsafe(export_name = #name))]
            #[allow(
                dead_code, unused_unsafe, unused_variables, unreachable_code,
                improper_ctypes_definitions,
                clippy::all, clippy::pedantic, clippy::undocumented_unsafe_blocks
            )]
            unsafe extern "C" fn exported(#out #(#params),*) #ret {
                let scope = ::hostheap_guest::abi::Scope::new();
                #body
            }
        };
    })
}
