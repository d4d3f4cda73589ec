//! Whether what stays could miss what goes.

use alloc::collections::BTreeSet;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

use wasmparser::Operator;

use super::access::access;
use super::error::ExternalizeError;
use super::identify::Family;
use super::reach::Reach;
use super::read::Program;
use super::report::{FunctionId, Proof};
use super::state::State;
use super::trace::{Event, Tracer};
use super::value::{PARAMS, Value};

/// Headers are looked for here in any case, and where the removed `free` has them besides.
const USUAL: [i32; 2] = [-4, -8];

/// Bytes at the start of the heap that are the first block's, or its header.
const HEAP_STARTS: u32 = 16;

/// Exports that say where the linker put something; nobody reads there because of them.
const LINKERS_SYMBOLS: [&str; 9] = [
    "__heap_base",
    "__heap_end",
    "__data_end",
    "__dso_handle",
    "__global_base",
    "__memory_base",
    "__stack_pointer",
    "__stack_low",
    "__stack_high",
];

/// What was found in the functions that stay.
struct Found<'s> {
    state: &'s State,
    heap_base: u32,
    /// A read where the heap starts.
    walks: Option<(u32, u32)>,
    /// The first read of the state.
    reads: Option<(u32, u32)>,
    writers: u32,
    grows: Option<u32>,
    asks_size: Option<u32>,
    flags: Option<u32>,
    /// A read where a header would be, and how far before a pointer.
    header: Option<(u32, i32)>,
    /// Parameters that each function reads memory at.
    read_params: Vec<u16>,
    /// A parameter of a function that is a parameter of its caller's.
    passed: Vec<Passed>,
    /// An address of the state that a function is handed.
    handed: Vec<(u32, u32, u32, u32)>,
}

struct Passed {
    callee: u32,
    param: u32,
    caller: u32,
    params: u16,
}

pub(super) fn check(
    program: &Program<'_>,
    family: &Family,
    reach: &Reach,
    state: &State,
    tracer: &mut Tracer<'_, '_>,
    heap_base: u32,
) -> Result<Vec<Proof>, ExternalizeError> {
    tracer.set_globals(&|_, initial| state.holds(initial));
    let mut offsets: BTreeSet<i32> = USUAL.into();
    offsets.extend(&state.headers);
    tracer.set_headers(&offsets.into_iter().collect::<Vec<_>>());
    let mut found = Found {
        state,
        heap_base,
        walks: None,
        reads: None,
        writers: 0,
        grows: None,
        asks_size: None,
        flags: None,
        header: None,
        read_params: vec![0; program.functions.len()],
        passed: Vec::new(),
        handed: Vec::new(),
    };
    let stays = || (program.imported()..program.count()).filter(|f| reach.stays(*f));
    for function in stays() {
        let mut writes = false;
        let mut opaque = false;
        tracer.follow(function, &mut |event| {
            found.event(function, event, family, &mut writes, &mut opaque);
        })?;
        if opaque && found.reads.is_none() {
            found.reads = mentioned(program, state, function)?.map(|address| (function, address));
        }
        found.writers += u32::from(writes);
    }
    // The host may read at whatever it is given.
    found.read_params.iter_mut().take(program.imports.len()).for_each(|params| *params = u16::MAX);
    found.through_parameters();

    let id = |function| FunctionId::of(program, function);
    if let Some(function) = found.grows {
        let kept_by = reach.caller.get(function as usize).copied().flatten().map(id);
        return Err(ExternalizeError::GrowsMemory { function: id(function), kept_by });
    }
    if let Some((function, address)) = found.reads {
        return Err(ExternalizeError::ReadsState { function: id(function), address });
    }
    if let Some((function, address)) = found.walks {
        return Err(ExternalizeError::ReadsHeap { function: id(function), address });
    }
    for (name, index) in &program.exported_globals {
        let initial = program.globals.get(*index as usize).and_then(|global| global.initial);
        let inside = initial.filter(|address| state.holds(*address));
        if let Some(address) = inside.filter(|_| !LINKERS_SYMBOLS.contains(name)) {
            return Err(ExternalizeError::ExportsState { global: (*name).to_string(), address });
        }
    }
    if let Some(function) = found.flags {
        let offset = found.header.map_or(-4, |(_, offset)| offset);
        return Err(ExternalizeError::ReadsHeader { function: id(function), offset, flags: true });
    }
    let unnamed = stays().find(|f| program.names.get(f).is_none_or(|name| name.is_empty()));
    if let Some(unnamed) = unnamed.filter(|_| state.headers.is_empty()) {
        return Err(ExternalizeError::Unnamed { function: id(unnamed) });
    }
    if let Some((function, offset)) = found.header.filter(|_| !state.flags) {
        let function = id(function);
        return Err(ExternalizeError::ReadsHeader { function, offset, flags: false });
    }
    Ok(proof(program, family, state, &found, unnamed.is_none()))
}

fn proof(
    program: &Program<'_>,
    family: &Family,
    state: &State,
    found: &Found<'_>,
    all_named: bool,
) -> Vec<Proof> {
    let narrow = |address: u64| u32::try_from(address).unwrap_or(u32::MAX);
    let first = state.ranges.first().map_or(0, |(start, _)| narrow(*start));
    let end = state.ranges.last().map_or(0, |(_, end)| narrow(*end));
    let mut proof = vec![
        Proof::Family { members: family.members() },
        Proof::StateUnread { first, end, ranges: state.ranges.len() },
    ];
    if found.writers > 0 {
        proof.push(Proof::StateWritten { functions: found.writers });
    }
    proof.push(Proof::NoGrowth);
    proof.push(Proof::HeadersUnread {
        all_named,
        offsets: state.headers.clone(),
        flags: state.flags,
    });
    if let Some(function) = found.asks_size {
        proof.push(Proof::AsksSize { function: FunctionId::of(program, function) });
    }
    proof
}

impl Found<'_> {
    fn event(
        &mut self,
        function: u32,
        event: Event<'_>,
        family: &Family,
        writes: &mut bool,
        opaque: &mut bool,
    ) {
        match event {
            Event::Access { address, offset, bytes, reads, stored } => {
                if address.bases.more || address.distances.more {
                    *opaque = true;
                }
                let inside = self.inside(&address, offset, bytes);
                if let Some(exact) = address.exact.filter(|_| reads && self.walks.is_none()) {
                    let at = exact.saturating_add(u32::try_from(offset).unwrap_or(u32::MAX));
                    let start = self.heap_base..self.heap_base.saturating_add(HEAP_STARTS);
                    self.walks = start.contains(&at).then_some((function, at));
                }
                if let Some(inside) = inside {
                    *writes |= stored.is_some();
                    if reads {
                        self.reads = self.reads.or(Some((function, inside)));
                    }
                }
                if reads {
                    if let Some(params) = self.read_params.get_mut(function as usize) {
                        *params |= address.params;
                    }
                    self.look_for_header(function, &address, offset, bytes);
                }
                // The state may hold addresses of its own.
                if let Some(stored) = stored.filter(|_| inside.is_none()) {
                    self.leaves(function, &stored);
                }
            }
            Event::Call { function: callee, arguments } => {
                if family.member(callee).is_some() {
                    return;
                }
                for (param, argument) in (0..PARAMS).zip(arguments) {
                    for constant in argument.constants().filter(|c| self.state.holds(*c)) {
                        self.handed.push((function, callee, param, constant));
                    }
                    if argument.params != 0 {
                        let params = argument.params;
                        self.passed.push(Passed { callee, param, caller: function, params });
                    }
                }
            }
            Event::Leaves(value) => self.leaves(function, &value),
            Event::Indirect(value) => {
                self.leaves(function, &value);
                if let Some(exact) = value.exact.filter(|exact| self.state.holds(*exact)) {
                    self.reads = self.reads.or(Some((function, exact)));
                }
            }
            Event::Flags => self.flags = self.flags.or(Some(function)),
            Event::Grow => self.grows = self.grows.or(Some(function)),
            Event::Size => self.asks_size = self.asks_size.or(Some(function)),
        }
    }

    /// The address in the state that an access may be at.
    fn inside(&self, address: &Value, offset: u64, bytes: u32) -> Option<u32> {
        let exact = !address.is_indexed();
        let hit = |start: u64| {
            let hit = match exact {
                true => self.state.contains(start, u64::from(bytes)),
                false => self.state.may_contain(start, u64::from(bytes)),
            };
            hit.then(|| u32::try_from(start).unwrap_or(u32::MAX))
        };
        if let Some(exact) = address.exact {
            return hit(u64::from(exact).saturating_add(offset));
        }
        let mut constants = address.constants().peekable();
        if constants.peek().is_none() {
            // A table's address may stand in the instruction, and the index be computed.
            return hit(offset).filter(|_| !address.only_stack());
        }
        let mut constants = constants.map(|constant| u64::from(constant).saturating_add(offset));
        constants.find_map(hit)
    }

    fn look_for_header(&mut self, function: u32, address: &Value, offset: u64, bytes: u32) {
        if self.header.is_some() || address.only_stack() || !matches!(bytes, 4 | 8) {
            return;
        }
        let read = |distance: &&i32| address.reaches(offset, **distance);
        let distance = self.state.headers.iter().find(read).copied();
        self.header = distance.map(|distance| (function, distance));
    }

    /// An address of the state that goes where it is not followed: that of one of its objects, or
    /// one that the allocator itself sends there.
    fn leaves(&mut self, function: u32, value: &Value) {
        let state = self.state;
        let known = |at: &u32| state.handed_on.contains(at) || state.starts(*at);
        if let Some(constant) = value.constants().find(known) {
            self.reads = self.reads.or(Some((function, constant)));
        }
    }

    /// Addresses of the state that are handed to functions that read there.
    fn through_parameters(&mut self) {
        self.passed.sort_unstable_by_key(|passed| passed.callee);
        let mut waiting: Vec<u32> =
            (0..).zip(&self.read_params).filter(|(_, m)| **m != 0).map(|(f, _)| f).collect();
        while let Some(callee) = waiting.pop() {
            let read = self.read_params.get(callee as usize).copied().unwrap_or(0);
            let first = self.passed.partition_point(|passed| passed.callee < callee);
            let callers = self.passed.get(first..).unwrap_or_default();
            for passed in callers.iter().take_while(|passed| passed.callee == callee) {
                let Some(params) = self.read_params.get_mut(passed.caller as usize) else {
                    continue;
                };
                if read & (1 << passed.param) != 0 && *params | passed.params != *params {
                    *params |= passed.params;
                    waiting.push(passed.caller);
                }
            }
        }
        for (function, callee, param, constant) in &self.handed {
            let read = self.read_params.get(*callee as usize).copied().unwrap_or(0);
            if read & (1 << param) != 0 {
                self.reads = self.reads.or(Some((*function, *constant)));
            }
        }
    }
}

/// The first address of the state that stands anywhere in a function.
fn mentioned(
    program: &Program<'_>,
    state: &State,
    function: u32,
) -> Result<Option<u32>, ExternalizeError> {
    let Some(body) = program.body(function) else { return Ok(None) };
    for operator in body.get_operators_reader()? {
        let operator = operator?;
        let constant = match (&operator, access(&operator)) {
            (Operator::I32Const { value }, _) => value.cast_unsigned(),
            (_, Some(access)) => u32::try_from(access.offset).unwrap_or(0),
            _ => continue,
        };
        if state.holds(constant) {
            return Ok(Some(constant));
        }
    }
    Ok(None)
}
