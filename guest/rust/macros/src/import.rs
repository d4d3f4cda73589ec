//! `#[import]`: for each declaration a Rust function that calls one with C's signature.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::parse::{Parse, ParseStream};

use crate::at;

/// `module = "…"`.
pub(crate) struct Options {
    module: syn::LitStr,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let wanted =
            "expected `module = \"…\"`: the name that the host gives its functions' module";
        if input.is_empty() {
            return Err(input.error(wanted));
        }
        let key: syn::Ident = input.parse()?;
        if key != "module" {
            return Err(syn::Error::new(key.span(), wanted));
        }
        input.parse::<syn::Token![=]>()?;
        let module = input.parse()?;
        input.parse::<Option<syn::Token![,]>>()?;
        Ok(Self { module })
    }
}

/// `unsafe extern "C" { … }`.
pub(crate) struct Block {
    functions: Vec<Function>,
}

struct Function {
    attrs: Vec<syn::Attribute>,
    vis: syn::Visibility,
    safe: bool,
    sig: syn::Signature,
}

impl Parse for Block {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        input.call(syn::Attribute::parse_outer)?;
        let unsafety: Option<syn::Token![unsafe]> = input.parse()?;
        if !input.peek(syn::Token![extern]) {
            return Err(input.error("this attribute is for a block: unsafe extern \"C\" { … }"));
        }
        let abi: syn::Abi = input.parse()?;
        if unsafety.is_none() {
            return Err(syn::Error::new_spanned(
                abi,
                "write `unsafe extern \"C\"`: that the host has these functions is your promise",
            ));
        }
        if abi.name.as_ref().is_some_and(|name| name.value() != "C") {
            return Err(syn::Error::new_spanned(abi, "host functions have the C signature: \"C\""));
        }
        let content;
        syn::braced!(content in input);
        let mut functions = Vec::new();
        while !content.is_empty() {
            let attrs = content.call(syn::Attribute::parse_outer)?;
            let vis = content.parse()?;
            // `safe` is a keyword here only.
            let fork = content.fork();
            let safe = fork.parse::<syn::Ident>().is_ok_and(|word| word == "safe");
            if safe {
                content.parse::<syn::Ident>()?;
            }
            let sig = content.parse()?;
            content.parse::<syn::Token![;]>()?;
            functions.push(Function { attrs, vis, safe, sig });
        }
        Ok(Self { functions })
    }
}

pub(crate) fn expand(options: &Options, block: &Block) -> syn::Result<TokenStream> {
    let functions = block.functions.iter().map(|function| one(&options.module, function));
    functions.collect()
}

fn local(name: &str, number: usize) -> syn::Ident {
    crate::own(&format!("{name}{number}"))
}

fn one(module: &syn::LitStr, function: &Function) -> syn::Result<TokenStream> {
    let Function { attrs, vis, safe, sig } = function;
    crate::refuse_what_c_lacks(sig, "a host function")?;
    let ident = &sig.ident;
    let mut name = syn::LitStr::new(&syn::ext::IdentExt::unraw(ident).to_string(), ident.span());
    let mut kept = Vec::new();
    for attr in attrs {
        if !attr.path().is_ident("link_name") {
            kept.push(attr);
            continue;
        }
        let value = &attr.meta.require_name_value()?.value;
        name = syn::parse2(quote!(#value))?;
    }

    let (types, output) = crate::types(sig);
    let (mut raw_params, mut raw_args, mut params, mut lowered) = (vec![], vec![], vec![], vec![]);
    for (i, (input, ty)) in sig.inputs.iter().zip(&types).enumerate() {
        let syn::FnArg::Typed(input) = input else { continue };
        let (value, a, b) = (local("v", i), local("a", i), local("b", i));
        let syn::Type::Verbatim(_) = &*input.ty else {
            let declared = &input.ty;
            // The declared name, for documentation, if it is one.
            let shown = match &*input.pat {
                syn::Pat::Ident(it) => it.ident.clone(),
                _ => value,
            };
            raw_params.push(quote_spanned!(at(ty)=>
                #a: <#ty as ::hostheap_guest::abi::Abi>::A, #b: <#ty as ::hostheap_guest::abi::Abi>::B
            ));
            lowered.push(quote_spanned!(at(ty)=>
                let (#a, #b) = ::hostheap_guest::abi::Argument::lower(#shown);
            ));
            raw_args.push(quote!(#a, #b));
            params.push(quote!(#shown: #declared));
            continue;
        };
        return Err(syn::Error::new_spanned(&input.ty, "this is no type"));
    }
    let output = output.ok_or_else(|| {
        let why = "a host function that does not return ends the call: declare it without a result";
        syn::Error::new_spanned(&sig.output, why)
    })?;
    let (generics, declared_output) = (&sig.generics, &sig.output);
    let unsafety = (!safe).then(|| quote!(unsafe));
    let out = crate::own("out");
    let raw_sig = quote_spanned!(at(&output)=>
        fn __hostheap_raw(
            #out: <#output as ::hostheap_guest::abi::Received>::Out,
            #(#raw_params),*
        ) -> <#output as ::hostheap_guest::abi::Received>::Ret
    );
    Ok(quote! {
        #(#kept)*
        #[allow(clippy::all, clippy::pedantic, clippy::undocumented_unsafe_blocks)]
        #vis #unsafety fn #ident #generics (#(#params),*) #declared_output {
            #[cfg(target_arch = "wasm32")]
            #[link(wasm_import_module = #module)]
            #[allow(improper_ctypes)]
            unsafe extern "C" {
                #[link_name = #name]
                #raw_sig;
            }
            #[cfg(not(target_arch = "wasm32"))]
            #[allow(unused_variables)]
            unsafe #raw_sig {
                panic!(concat!("`", #module, ".", #name, "` is a function of a plugin's host"))
            }
            #(#lowered)*
            // Safety: the host keeps the convention, as the block's author says.
            unsafe {
                ::hostheap_guest::abi::Received::receive(|#out| __hostheap_raw(#out, #(#raw_args),*))
            }
        }
    })
}
