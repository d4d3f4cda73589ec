//! Signatures as text, and the destinations that fit their results.

use hostheap_core::contract::{Prototype, ResultKind};

use super::answer::DESTINATION;
use crate::boundary::Text;
use crate::boundary::decode::Wanted;
use crate::boundary::value::{hh_kind, hh_value};
use crate::status::Fail;

/// Reads one, or says what is wrong with it, and where.
pub(crate) fn parse(text: Text<'_>) -> Result<Prototype, Fail> {
    let text = text.text("signature")?;
    text.parse().map_err(|error| Fail::argument(format!("the signature `{text}`: {error}")))
}

/// Where a function's result can go.
#[derive(Debug)]
pub(crate) struct Expected {
    kinds: &'static [hh_kind],
    /// For each number of a tuple.
    fields: Box<[hh_kind]>,
    signature: Box<str>,
}

impl Expected {
    pub(crate) fn of(prototype: &Prototype) -> Self {
        use hh_kind as k;
        let optional = prototype.result_is_optional();
        let kinds: &[hh_kind] = match prototype.result_kind() {
            ResultKind::Pointer => &[k::HH_KIND_TO_PTR],
            ResultKind::Function => &[k::HH_KIND_TO_FN],
            ResultKind::Text | ResultKind::CString => &[k::HH_KIND_TO_STRING],
            ResultKind::Bytes => &[k::HH_KIND_TO_STRING, k::HH_KIND_TO_VEC],
            ResultKind::Elements => &[k::HH_KIND_TO_VEC],
            ResultKind::Struct if optional => &[k::HH_KIND_TO_OPTION_STRUCT],
            ResultKind::Struct => &[k::HH_KIND_TO_STRUCT],
            ResultKind::Tuple => &[k::HH_KIND_TO_TUPLE],
            // A number; nothing; and what a later version of core has.
            kind => number(kind),
        };
        let fields = prototype.result_field_kinds().flat_map(number).copied().collect();
        let signature = prototype.to_string().into_boxed_str();
        Expected { kinds, fields, signature }
    }

    /// Whether a result can go there, before there is one. Any result can be ignored.
    #[inline]
    pub(crate) fn check(&self, destination: &hh_value<'_>) -> Result<(), Fail> {
        let kind = destination.kind(DESTINATION)?;
        if kind != hh_kind::HH_KIND_TO_VOID && !self.kinds.contains(&kind) {
            // An argument in its place is told apart.
            destination.wanted(DESTINATION)?;
            return Err(self.unfit());
        }
        // That it is not NULL is seen before the call too.
        if let Wanted::Tuple(places) = destination.wanted(DESTINATION)? {
            if places.len() != self.fields.len() {
                return Err(self.unfit());
            }
            for (place, field) in places.iter().zip(&self.fields) {
                let kind = place.kind(DESTINATION)?;
                place.wanted(DESTINATION)?;
                if kind != hh_kind::HH_KIND_TO_VOID && kind != *field {
                    return Err(self.unfit());
                }
            }
        }
        Ok(())
    }

    #[cold]
    fn unfit(&self) -> Fail {
        let names: Vec<_> = self.kinds.iter().map(|kind| kind.maker()).collect();
        let needed = match self.kinds {
            [] => String::from("hh_to_void()"),
            [hh_kind::HH_KIND_TO_TUPLE] => {
                let fields: Vec<_> = self.fields.iter().map(|field| field.maker()).collect();
                format!("hh_to_tuple with {} destinations: {}", fields.len(), fields.join(", "))
            }
            _ => names.join(" or "),
        };
        let message = format!(
            "the result of `{}` does not fit its destination: use {needed}",
            self.signature
        );
        Fail::argument(message)
    }
}

/// The destination for a number; none for anything else.
fn number(kind: ResultKind) -> &'static [hh_kind] {
    use hh_kind as k;
    match kind {
        ResultKind::I32 => &[k::HH_KIND_TO_I32],
        ResultKind::U32 => &[k::HH_KIND_TO_U32],
        ResultKind::I64 => &[k::HH_KIND_TO_I64],
        ResultKind::U64 => &[k::HH_KIND_TO_U64],
        ResultKind::F32 => &[k::HH_KIND_TO_F32],
        ResultKind::F64 => &[k::HH_KIND_TO_F64],
        ResultKind::Bool => &[k::HH_KIND_TO_BOOL],
        ResultKind::Char => &[k::HH_KIND_TO_CHAR],
        _ => &[],
    }
}

impl hh_kind {
    /// What makes it: `hh_to_i32`.
    fn maker(self) -> String {
        let name = format!("{self:?}");
        name.replace("HH_KIND_", "hh_").to_lowercase()
    }
}
