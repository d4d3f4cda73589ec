//! `#[export]`: the function as it was, and one with C's signature that calls it.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::parse::{Parse, ParseStream};

use crate::at;

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
#[rustfmt::skip]
const TAKEN: &[&str] = &[
    "malloc", "free", "calloc", "realloc", "reallocarray", "aligned_alloc", "memalign",
    "posix_memalign", "malloc_usable_size", "memcpy", "memmove", "memset", "memcmp", "bcmp",
    "strlen", "main", "_start", "_initialize", "memory", "heap_base", "__heap_base",
];

/// What `f64` and `f32` call for their methods: an export `exp` that calls `x.exp()` would call itself.
#[rustfmt::skip]
const MATH: &[&str] = &[
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "copysign", "cos",
    "cosh",
    "erf", "erfc", "exp", "exp2", "expm1", "fabs", "fdim", "floor", "fma", "fmax", "fmin", "fmod",
    "hypot", "ldexp", "lgamma", "log", "log10", "log1p", "log2", "pow", "rint", "round", "sin",
    "sinh", "sqrt", "tan", "tanh", "tgamma", "trunc",
];

/// What the standard library calls on WASI, and the libc for it.
#[rustfmt::skip]
const LIBC: &[&str] = &[
    "abort", "accept", "chdir", "clock_gettime", "close", "closedir", "dup", "environ", "exit",
    "fcntl", "fstat", "fsync", "getcwd", "getenv", "getentropy", "isatty", "link", "lseek",
    "memchr", "memrchr", "mkdir", "nanosleep", "open", "opendir", "poll", "read", "readdir",
    "readlink", "readv", "recv", "remove", "rename", "rmdir", "select", "send", "setenv",
    "shutdown", "sleep", "stat", "strchr", "strcmp", "strdup", "strerror_r", "strncmp", "symlink",
    "time", "truncate", "unlink", "unsetenv", "usleep", "write", "writev",
];

/// Why an export cannot have this name, and whether that holds on WASI only.
fn refuse_name(name: &str) -> Option<(String, bool)> {
    if TAKEN.contains(&name) {
        return Some((format!("`{name}` has a meaning of its own in a module"), false));
    }
    if MATH.contains(&name) || name.strip_suffix('f').is_some_and(|name| MATH.contains(&name)) {
        let why = "whose place this function would take";
        return Some((format!("`{name}` is a function of C's mathematics, {why}"), false));
    }
    let why = "whose place this function would take, for the standard library too";
    LIBC.contains(&name)
        .then(|| (format!("`{name}` is a function of the C library's, {why}"), true))
}

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
    let mut only_here = quote!();
    if let Some((why, on_wasi)) = refuse_name(&name) {
        let error = syn::Error::new(name_span, format!("{why}: choose another name"));
        if !on_wasi {
            return Err(error);
        }
        let error = error.to_compile_error();
        only_here = quote!(#[cfg(target_os = "wasi")] #error);
    }

    let (types, output) = crate::types(sig);
    let (scope, out_place) = (crate::own("scope"), crate::own("out"));
    let (mut params, mut values) = (Vec::new(), Vec::new());
    for (i, ty) in types.iter().enumerate() {
        let (a, b) = (crate::own(&format!("a{i}")), crate::own(&format!("b{i}")));
        // Errors point to the type.
        params.push(quote_spanned!(at(ty)=>
            #a: <#ty as ::hostheap_guest::abi::Abi>::A, #b: <#ty as ::hostheap_guest::abi::Abi>::B
        ));
        values.push(quote_spanned!(at(ty)=>
            unsafe { ::hostheap_guest::abi::Param::lift(&#scope, #a, #b) }
        ));
    }
    let call = quote!(#function(#(#values),*));
    let (out, ret, body) = match &output {
        None => (quote!(), quote!(), call),
        Some(ty) => (
            quote_spanned!(at(ty)=> #out_place: <#ty as ::hostheap_guest::abi::Outcome>::Out,),
            quote_spanned!(at(ty)=> -> <#ty as ::hostheap_guest::abi::Outcome>::Ret),
            quote_spanned!(at(ty)=>
                unsafe { ::hostheap_guest::abi::Outcome::lower(#call, #out_place) }
            ),
        ),
    };
    let cfgs = item.attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
    Ok(quote! {
        #item
        #only_here

        #(#cfgs)*
        const _: () = {
            // Safety: the host passes what the convention says, and nothing outlives the scope.
            #[cfg_attr(target_arch = "wasm32", unsafe(export_name = #name))]
            #[allow(
                dead_code, unused_unsafe, unused_variables, unreachable_code,
                improper_ctypes_definitions,
                clippy::all, clippy::pedantic, clippy::undocumented_unsafe_blocks
            )]
            unsafe extern "C" fn __hostheap_exported(#out #(#params),*) #ret {
                let #scope = ::hostheap_guest::abi::Scope::new();
                #body
            }
        };
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(item: &str) -> Result<String, String> {
        let item = syn::parse_str(item).map_err(|error| error.to_string())?;
        match expand(&Options { name: None }, &item) {
            Ok(tokens) => Ok(tokens.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn the_function_itself_stays() -> Result<(), String> {
        let tokens = expanded("fn greet(name: &str) -> String { name.into() }")?;
        assert!(tokens.starts_with("fn greet (name : & str) -> String { name . into () }"));
        assert!(tokens.contains(r#"export_name = "greet""#));
        Ok(())
    }

    #[test]
    fn lifetimes_are_left_out_of_the_signature() -> Result<(), String> {
        let tokens = expanded("fn longest<'a>(texts: &'a [Text<'a>]) -> &'a str { texts[0] }")?;
        let (_, signature) = tokens.split_once("fn __hostheap_exported").ok_or("no export")?;
        assert!(signature.contains("& 'static [Text < 'static >]"));
        assert!(signature.contains("& 'static str"));
        Ok(())
    }

    #[test]
    fn raw_identifiers_lose_their_prefix() -> Result<(), String> {
        assert!(expanded("fn r#match() {}")?.contains(r#"export_name = "match""#));
        Ok(())
    }

    #[test]
    fn a_function_that_never_returns_has_no_result() -> Result<(), String> {
        assert!(!expanded("fn stop() -> ! { panic!() }")?.contains("Outcome"));
        Ok(())
    }

    #[test]
    fn names_of_symbols_that_are_called_behind_ones_back_are_refused() -> Result<(), String> {
        for name in ["malloc", "exp", "powf", "_initialize"] {
            let error = expanded(&format!("fn {name}() {{}}")).unwrap_err();
            assert!(error.contains("choose another name"), "{error}");
        }
        assert!(expanded("fn read() {}")?.contains("target_os = \"wasi\""));
        assert!(!expanded("fn half() {}")?.contains("target_os = \"wasi\""));
        Ok(())
    }
}
