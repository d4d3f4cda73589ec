//! Which instructions read and write memory, and how much.

use wasmparser::Operator;

/// An instruction that reads or writes memory.
pub(super) struct Access {
    pub(super) offset: u64,
    pub(super) bytes: u32,
    pub(super) reads: bool,
    pub(super) pops: u32,
    pub(super) pushes: bool,
}

impl Access {
    pub(super) fn writes(&self) -> bool {
        self.pops > 1
    }
}

macro_rules! accesses {
    ($operator:expr; $($name:ident = $bytes:literal $reads:literal $pops:literal $pushes:literal;)*) => {
        match $operator {
            $(Operator::$name { memarg, .. } => Some(Access {
                offset: memarg.offset,
                bytes: $bytes,
                reads: $reads,
                pops: $pops,
                pushes: $pushes,
            }),)*
            _ => None,
        }
    };
}

/// What an instruction does with memory, if it does.
pub(super) fn access(operator: &Operator<'_>) -> Option<Access> {
    accesses! { operator;
        I32Load = 4 true 1 true;
        I64Load = 8 true 1 true;
        F32Load = 4 true 1 true;
        F64Load = 8 true 1 true;
        I32Load8S = 1 true 1 true;
        I32Load8U = 1 true 1 true;
        I32Load16S = 2 true 1 true;
        I32Load16U = 2 true 1 true;
        I64Load8S = 1 true 1 true;
        I64Load8U = 1 true 1 true;
        I64Load16S = 2 true 1 true;
        I64Load16U = 2 true 1 true;
        I64Load32S = 4 true 1 true;
        I64Load32U = 4 true 1 true;
        I32Store = 4 false 2 false;
        I64Store = 8 false 2 false;
        F32Store = 4 false 2 false;
        F64Store = 8 false 2 false;
        I32Store8 = 1 false 2 false;
        I32Store16 = 2 false 2 false;
        I64Store8 = 1 false 2 false;
        I64Store16 = 2 false 2 false;
        I64Store32 = 4 false 2 false;
        V128Load = 16 true 1 true;
        V128Load8x8S = 8 true 1 true;
        V128Load8x8U = 8 true 1 true;
        V128Load16x4S = 8 true 1 true;
        V128Load16x4U = 8 true 1 true;
        V128Load32x2S = 8 true 1 true;
        V128Load32x2U = 8 true 1 true;
        V128Load8Splat = 1 true 1 true;
        V128Load16Splat = 2 true 1 true;
        V128Load32Splat = 4 true 1 true;
        V128Load64Splat = 8 true 1 true;
        V128Load32Zero = 4 true 1 true;
        V128Load64Zero = 8 true 1 true;
        V128Store = 16 false 2 false;
        I32AtomicLoad = 4 true 1 true;
        I64AtomicLoad = 8 true 1 true;
        I32AtomicLoad8U = 1 true 1 true;
        I32AtomicLoad16U = 2 true 1 true;
        I32AtomicStore = 4 false 2 false;
        I64AtomicStore = 8 false 2 false;
        I32AtomicRmwAdd = 4 true 2 true;
        I32AtomicRmw8AddU = 1 true 2 true;
        I32AtomicRmw16AddU = 2 true 2 true;
        I32AtomicRmwSub = 4 true 2 true;
        I32AtomicRmw8SubU = 1 true 2 true;
        I32AtomicRmw16SubU = 2 true 2 true;
        I32AtomicRmwAnd = 4 true 2 true;
        I32AtomicRmw8AndU = 1 true 2 true;
        I32AtomicRmw16AndU = 2 true 2 true;
        I32AtomicRmwOr = 4 true 2 true;
        I32AtomicRmw8OrU = 1 true 2 true;
        I32AtomicRmw16OrU = 2 true 2 true;
        I32AtomicRmwXor = 4 true 2 true;
        I32AtomicRmw8XorU = 1 true 2 true;
        I32AtomicRmw16XorU = 2 true 2 true;
        I32AtomicRmwXchg = 4 true 2 true;
        I32AtomicRmw8XchgU = 1 true 2 true;
        I32AtomicRmw16XchgU = 2 true 2 true;
        I32AtomicRmwCmpxchg = 4 true 3 true;
        I32AtomicRmw8CmpxchgU = 1 true 3 true;
        I32AtomicRmw16CmpxchgU = 2 true 3 true;
        I64AtomicRmwAdd = 8 true 2 true;
        I64AtomicRmw8AddU = 1 true 2 true;
        I64AtomicRmw16AddU = 2 true 2 true;
        I64AtomicRmw32AddU = 4 true 2 true;
        I64AtomicRmwSub = 8 true 2 true;
        I64AtomicRmw8SubU = 1 true 2 true;
        I64AtomicRmw16SubU = 2 true 2 true;
        I64AtomicRmw32SubU = 4 true 2 true;
        I64AtomicRmwAnd = 8 true 2 true;
        I64AtomicRmw8AndU = 1 true 2 true;
        I64AtomicRmw16AndU = 2 true 2 true;
        I64AtomicRmw32AndU = 4 true 2 true;
        I64AtomicRmwOr = 8 true 2 true;
        I64AtomicRmw8OrU = 1 true 2 true;
        I64AtomicRmw16OrU = 2 true 2 true;
        I64AtomicRmw32OrU = 4 true 2 true;
        I64AtomicRmwXor = 8 true 2 true;
        I64AtomicRmw8XorU = 1 true 2 true;
        I64AtomicRmw16XorU = 2 true 2 true;
        I64AtomicRmw32XorU = 4 true 2 true;
        I64AtomicRmwXchg = 8 true 2 true;
        I64AtomicRmw8XchgU = 1 true 2 true;
        I64AtomicRmw16XchgU = 2 true 2 true;
        I64AtomicRmw32XchgU = 4 true 2 true;
        I64AtomicRmwCmpxchg = 8 true 3 true;
        I64AtomicRmw8CmpxchgU = 1 true 3 true;
        I64AtomicRmw16CmpxchgU = 2 true 3 true;
        I64AtomicRmw32CmpxchgU = 4 true 3 true;
        I64AtomicLoad8U = 1 true 1 true;
        I64AtomicLoad16U = 2 true 1 true;
        I64AtomicLoad32U = 4 true 1 true;
        I32AtomicStore8 = 1 false 2 false;
        I32AtomicStore16 = 2 false 2 false;
        I64AtomicStore8 = 1 false 2 false;
        I64AtomicStore16 = 2 false 2 false;
        I64AtomicStore32 = 4 false 2 false;
        V128Load8Lane = 1 true 2 true;
        V128Store8Lane = 1 false 2 false;
        V128Load16Lane = 2 true 2 true;
        V128Store16Lane = 2 false 2 false;
        V128Load32Lane = 4 true 2 true;
        V128Store32Lane = 4 false 2 false;
        V128Load64Lane = 8 true 2 true;
        V128Store64Lane = 8 false 2 false;
    }
}
