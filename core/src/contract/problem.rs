//! The codes of what keeps a host from loading a module.

use super::Code;
use crate::module::ModuleError;

/// The code under which a check reports it.
///
/// ```
/// use hostheap_core::contract::Code;
/// use hostheap_core::module::Survey;
///
/// let survey = Survey::read(&wat::parse_str("(module)")?)?;
/// let codes: Vec<Code> = survey.problems().iter().map(Code::from).collect();
/// assert_eq!(codes, [Code::NoMemory]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl From<&ModuleError> for Code {
    fn from(problem: &ModuleError) -> Self {
        match problem {
            ModuleError::NotWasm { .. } => Code::NotWasm,
            ModuleError::Component => Code::Component,
            ModuleError::ObjectFile => Code::ObjectFile,
            ModuleError::Malformed { .. } => Code::Malformed,
            ModuleError::TooLarge { .. } => Code::TooLarge,
            ModuleError::NoMemory => Code::NoMemory,
            ModuleError::SeveralMemories { .. } => Code::SeveralMemories,
            ModuleError::SharedMemory => Code::SharedMemory,
            ModuleError::Memory64 => Code::Memory64,
            ModuleError::CustomPageSize { .. } => Code::CustomPageSize,
            ModuleError::DataBeyondMemory { .. } => Code::DataBeyondMemory,
            ModuleError::StackBeyondMemory { .. } => Code::StackBeyondMemory,
            ModuleError::HeapBaseType { .. }
            | ModuleError::HeapBaseMutable { .. }
            | ModuleError::HeapBaseNotConstant { .. } => Code::HeapBaseType,
            ModuleError::HeapBaseBelowData { .. }
            | ModuleError::HeapBaseBelowStack { .. }
            | ModuleError::HeapBaseBeyondMemory { .. } => Code::HeapBaseWrong,
            ModuleError::NoRoom { .. } => Code::NoHeapRoom,
            ModuleError::OwnHeap { imports_malloc: true, .. } => Code::TwoHeaps,
            ModuleError::OwnHeap { imports_malloc: false, .. } => Code::HiddenHeap,
            ModuleError::MemoryAboveLimit { .. } => Code::InitialMemory,
            ModuleError::UncommonTable { .. } => Code::UncommonTable,
            ModuleError::ReservedExport { .. } => Code::ReservedExport,
            ModuleError::TablesAboveLimit { .. } | ModuleError::OtherModule => Code::Unmanageable,
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec::Vec;

    use super::super::{Contract, Severity};
    use super::*;
    use crate::module::Survey;

    #[test]
    fn checks_report_problems_under_their_codes() {
        let base = |value: &str| {
            let mut source = String::from("(module (memory 1) (global (export \"__heap_base\") ");
            source.push_str(value);
            source.push_str(") (data (i32.const 1024) \"words\"))");
            source
        };
        let sources = [
            String::from("(module)"),
            String::from("(module (memory 1) (memory 1))"),
            String::from("(module (memory 1 2 shared))"),
            String::from("(module (memory i64 1))"),
            String::from("(module (memory 1 (pagesize 1)))"),
            String::from("(module (memory 1) (data (i32.const 65535) \"words\"))"),
            String::from(
                "(module (memory 1)
                    (global (export \"__stack_pointer\") (mut i32) (i32.const 65552)))",
            ),
            String::from("(module (memory 65536))"),
            base("i64 (i64.const 2048)"),
            base("(mut i32) (i32.const 2048)"),
            base("i32 (i32.const 1026)"),
            base("i32 (i32.const 65552)"),
        ];
        for source in sources {
            let wasm = wat::parse_str(&source).expect("is a module");
            let survey = Survey::read(&wasm).expect("can be read");
            let mut codes: Vec<Code> = survey.problems().iter().map(Code::from).collect();
            let report = Contract::default().check_survey(&survey);
            let mut found: Vec<Code> = report
                .findings
                .iter()
                .filter(|finding| finding.severity == Severity::Error)
                .map(|finding| finding.code)
                .collect();
            codes.sort_unstable();
            found.sort_unstable();
            assert!(!codes.is_empty(), "{source}");
            assert_eq!(codes, found, "{source}");
        }
        for (bytes, code) in
            [(&b"(module)"[..], Code::NotWasm), (b"\0asm\x01\0\0\0\x01\xff", Code::Malformed)]
        {
            let error = Survey::read(bytes).expect_err("is no module");
            assert_eq!(Code::from(&error), code);
            assert_eq!(Contract::default().check(bytes).findings[0].code, code);
        }
    }
}
