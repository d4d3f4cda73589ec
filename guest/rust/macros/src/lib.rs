//! The attributes of `hostheap-guest`, where they are documented.

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use syn::parse_macro_input;
use syn::visit::Visit;
use syn::visit_mut::{self, VisitMut};

mod export;
mod import;
mod plain;

/// Makes a function one that the host can call.
///
/// ```ignore
/// #[hostheap_guest::export]
/// fn greet(name: &str) -> String { format!("Hello, {name}!") }
///
/// #[hostheap_guest::export(name = "say-hello")]
/// fn say_hello() {}
/// ```
#[proc_macro_attribute]
pub fn export(options: TokenStream, item: TokenStream) -> TokenStream {
    let options = parse_macro_input!(options as export::Options);
    let item = parse_macro_input!(item as syn::ItemFn);
    or_error(export::expand(&options, &item), Some(&item))
}

/// Declares functions of the host's.
///
/// ```ignore
/// #[hostheap_guest::import(module = "host")]
/// unsafe extern "C" {
///     safe fn tell(text: &str);
///     #[link_name = "ask-me"]
///     safe fn ask(question: &str) -> Option<String>;
/// }
/// ```
#[proc_macro_attribute]
pub fn import(options: TokenStream, item: TokenStream) -> TokenStream {
    let options = parse_macro_input!(options as import::Options);
    let block = parse_macro_input!(item as import::Block);
    or_error(import::expand(&options, &block), None::<&syn::ItemFn>)
}

/// Checks that a struct looks the same to the host, and lets it be passed.
#[proc_macro_derive(Plain)]
pub fn plain(item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as syn::DeriveInput);
    or_error(plain::expand(&item), None::<&syn::ItemFn>)
}

/// The function itself stays in spite of an error, so that its callers have none as well.
fn or_error(expanded: syn::Result<Tokens>, item: Option<&impl quote::ToTokens>) -> TokenStream {
    let tokens = expanded.unwrap_or_else(|error| {
        let error = error.to_compile_error();
        quote::quote!(#error #item)
    });
    tokens.into()
}

/// Where errors point to. The code is this crate's nevertheless, so that the plugin's lints, such as
/// `unsafe_code`, do not look at it.
fn at(ty: &syn::Type) -> proc_macro2::Span {
    proc_macro2::Span::call_site().located_at(syn::spanned::Spanned::span(ty))
}

/// The type with `'static` for each lifetime: the wasm types do not depend on any.
fn without_lifetimes(ty: &syn::Type) -> syn::Type {
    struct Static;
    impl VisitMut for Static {
        fn visit_lifetime_mut(&mut self, lifetime: &mut syn::Lifetime) {
            *lifetime = syn::Lifetime::new("'static", lifetime.span());
        }
        fn visit_type_reference_mut(&mut self, reference: &mut syn::TypeReference) {
            let span = reference.and_token.spans[0];
            reference.lifetime.get_or_insert_with(|| syn::Lifetime::new("'static", span));
            visit_mut::visit_type_reference_mut(self, reference);
        }
        // References in there have lifetimes of their own.
        fn visit_type_bare_fn_mut(&mut self, _: &mut syn::TypeBareFn) {}
    }
    let mut ty = ty.clone();
    Static.visit_type_mut(&mut ty);
    ty
}

/// What is lent for a call has no `'static`. The borrow checker would say so as well, less clearly.
fn refuse_static(ty: &syn::Type) -> syn::Result<()> {
    struct Find(Option<syn::Lifetime>);
    impl Visit<'_> for Find {
        fn visit_lifetime(&mut self, lifetime: &syn::Lifetime) {
            if lifetime.ident == "static" {
                self.0.get_or_insert_with(|| lifetime.clone());
            }
        }
    }
    let mut find = Find(None);
    find.visit_type(ty);
    find.0.map_or(Ok(()), |lifetime| {
        let why = "the host lends this for the call only: leave `'static` out, and copy what must \
                   outlive it";
        Err(syn::Error::new_spanned(lifetime, why))
    })
}

/// What neither an export nor an import can have.
fn refuse_what_c_lacks(sig: &syn::Signature, what: &str) -> syn::Result<()> {
    let refuse = |at: &dyn quote::ToTokens, why: &str| {
        Err(syn::Error::new_spanned(at.to_token_stream(), format!("{what} cannot be {why}")))
    };
    if let Some(token) = &sig.asyncness {
        return refuse(token, "async: the host waits for its result");
    }
    if let Some(token) = &sig.variadic {
        return refuse(token, "variadic: pass a slice, `&[T]`");
    }
    for param in &sig.generics.params {
        if !matches!(param, syn::GenericParam::Lifetime(_)) {
            return refuse(param, "generic: the host calls one function, so name one type");
        }
    }
    for input in &sig.inputs {
        match input {
            syn::FnArg::Receiver(it) => {
                return refuse(it, "a method: the host has no `self`; keep state in a `State`");
            }
            syn::FnArg::Typed(it) => {
                if let syn::Type::ImplTrait(ty) = &*it.ty {
                    return refuse(ty, "generic: the host calls one function, so name one type");
                }
            }
        }
    }
    if let syn::ReturnType::Type(_, ty) = &sig.output
        && let syn::Type::ImplTrait(ty) = &**ty
    {
        return refuse(ty, "generic: the host calls one function, so name one type");
    }
    Ok(())
}

/// The parameters' types, and that of the result unless the function never returns.
fn types(sig: &syn::Signature) -> (Vec<syn::Type>, Option<syn::Type>) {
    let inputs = sig.inputs.iter().filter_map(|input| match input {
        syn::FnArg::Typed(it) => Some(without_lifetimes(&it.ty)),
        syn::FnArg::Receiver(_) => None,
    });
    let output = match &sig.output {
        syn::ReturnType::Default => Some(syn::parse_quote!(())),
        syn::ReturnType::Type(_, ty) if matches!(**ty, syn::Type::Never(_)) => None,
        syn::ReturnType::Type(_, ty) => Some(without_lifetimes(ty)),
    };
    (inputs.collect(), output)
}

/// A name for a variable of the generated code, which none of the author's can take the place of.
fn own(name: &str) -> syn::Ident {
    syn::Ident::new(name, proc_macro2::Span::mixed_site())
}
