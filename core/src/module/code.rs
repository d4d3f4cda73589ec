//! What a module's code can do, found by reading all of it.

use wasmparser::{Operator, Parser, Payload};

/// Whether the code of a module can change what stands in its tables while it runs. Compilers of C
/// make no such code. For what cannot be read the answer is yes.
///
/// ```
/// use hostheap_core::module::changes_tables;
///
/// let fixed = wat::parse_str("(module (table 1 funcref) (func $f) (elem (i32.const 0) $f))")?;
/// assert!(!changes_tables(&fixed));
///
/// let changing = wat::parse_str(
///     "(module (table 1 funcref) (func (table.set (i32.const 0) (ref.null func))))",
/// )?;
/// assert!(changes_tables(&changing));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn changes_tables(wasm: &[u8]) -> bool {
    Parser::new(0).parse_all(wasm).any(|payload| match payload {
        Ok(Payload::CodeSectionEntry(body)) => match body.get_operators_reader() {
            Ok(operators) => operators.into_iter().any(|operator| match operator {
                Ok(operator) => is_change(&operator),
                Err(_) => true,
            }),
            Err(_) => true,
        },
        Ok(_) => false,
        Err(_) => true,
    })
}

fn is_change(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::TableSet { .. }
            | Operator::TableFill { .. }
            | Operator::TableCopy { .. }
            | Operator::TableInit { .. }
    )
}
