//! What is known of a value while a function is followed.

use core::ops::Range;

/// Constants that a value may be an offset from, at most this many.
const BASES: usize = 6;

/// Parameters that are told apart.
pub(super) const PARAMS: u32 = 16;

/// Constants below this are distances, not addresses: linkers put no data there unless they are told.
pub(super) const LOWEST: u32 = 1024;

/// No data lies below this.
const NULL_ENDS: u32 = 16;

/// A set of constants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bases {
    list: [u32; BASES],
    len: u8,
    /// There were more.
    pub(super) more: bool,
}

impl Bases {
    const NONE: Bases = Bases { list: [0; BASES], len: 0, more: false };

    const ANY: Bases = Bases { list: [0; BASES], len: 0, more: true };

    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.list.iter().take(usize::from(self.len)).copied()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0 && !self.more
    }

    fn add(&mut self, base: u32) {
        if base < NULL_ENDS || self.iter().any(|known| known == base) {
            return;
        }
        match self.list.get_mut(usize::from(self.len)) {
            Some(place) => {
                *place = base;
                self.len += 1;
            }
            None => self.more = true,
        }
    }

    fn union(mut self, other: Bases) -> Bases {
        other.iter().for_each(|base| self.add(base));
        self.more |= other.more;
        self
    }

    /// All of them moved down. Those that are moved up still cover what lies above them.
    fn moved(self, by: i32) -> Bases {
        if by >= 0 {
            return self;
        }
        let mut moved = Bases { more: self.more, ..Bases::default() };
        self.iter().for_each(|base| moved.add(base.wrapping_add_signed(by)));
        moved
    }
}

/// Distances from a pointer: 0 and the 31 below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Below(u32);

impl Below {
    const NONE: Below = Below(0);
    const ZERO: Below = Below(1);
    const ANY: Below = Below(u32::MAX);

    fn moved(self, by: i32) -> Below {
        let distance = by.unsigned_abs();
        if distance >= 32 {
            return Below::NONE;
        }
        // Bit n stands for the distance -n.
        Below(if by <= 0 { self.0 << distance } else { self.0 >> distance })
    }

    /// Whether an access at this offset may lie so far below the pointer.
    fn reaches(self, offset: u64, target: i32) -> bool {
        let Ok(offset) = i32::try_from(offset) else { return false };
        let Some(distance) = offset.checked_sub(target) else { return false };
        u32::try_from(distance).is_ok_and(|bit| bit < 32 && self.0 & (1 << bit) != 0)
    }
}

/// What is known of an i32. Everything in it is a possibility, except `exact`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Value {
    /// It is this.
    pub(super) exact: Option<u32>,
    /// And that may be an address of static data.
    address: bool,
    /// It may be one of these constants plus a number, as an element of a table is.
    pub(super) bases: Bases,
    /// It may be one of these constants plus what is more likely a pointer: then the constant is a
    /// distance.
    pub(super) distances: Bases,
    /// It may be one of these parameters plus something.
    pub(super) params: u16,
    /// It may be derived from a global, as addresses in the stack's frame are.
    pub(super) stack: bool,
    /// It may be a pointer from elsewhere, such as one read from memory.
    pub(super) other: bool,
    /// It may be a number that is no address.
    number: bool,
    /// It may lie so far below a pointer that somebody gave it.
    below: Below,
    /// It may have been read from the header of a block.
    pub(super) header: bool,
}

impl Value {
    /// Nothing yet: no assignment was seen.
    pub(super) const NOTHING: Value = Value {
        exact: None,
        address: false,
        bases: Bases::NONE,
        distances: Bases::NONE,
        params: 0,
        stack: false,
        other: false,
        number: false,
        below: Below::NONE,
        header: false,
    };

    /// A constant. Those at or above the end of static data are no addresses.
    pub(super) fn constant(value: u32, data: &Range<u32>) -> Value {
        Value { exact: Some(value), address: data.contains(&value), ..Value::NOTHING }
    }

    /// The same if it has become a constant.
    pub(super) fn folded(mut self, data: &Range<u32>) -> Value {
        self.address |= self.exact.is_some_and(|value| data.contains(&value));
        self
    }

    fn exact(value: u32, a: Value, b: Value) -> Value {
        Value { exact: Some(value), address: a.address | b.address, ..Value::NOTHING }
    }

    pub(super) fn param(index: u32) -> Value {
        match index {
            0..PARAMS => Value { params: 1 << index, below: Below::ZERO, ..Value::NOTHING },
            _ => Value::pointer(),
        }
    }

    /// A number or a pointer from elsewhere.
    pub(super) fn pointer() -> Value {
        Value { other: true, below: Below::ZERO, ..Value::NOTHING }
    }

    /// The result of arithmetic that no address survives.
    pub(super) fn number() -> Value {
        Value { number: true, ..Value::NOTHING }
    }

    pub(super) fn stack() -> Value {
        Value { stack: true, ..Value::NOTHING }
    }

    /// A value of which nothing was kept track.
    pub(super) fn anything() -> Value {
        Value {
            exact: None,
            address: false,
            bases: Bases::ANY,
            distances: Bases::ANY,
            params: u16::MAX,
            stack: true,
            other: true,
            number: true,
            below: Below::ANY,
            header: false,
        }
    }

    /// The addresses it may be or be an element at.
    pub(super) fn addresses(&self) -> impl Iterator<Item = u32> + '_ {
        self.exact.filter(|_| self.address).into_iter().chain(self.bases.iter())
    }

    /// The same, and constants that are more likely distances.
    pub(super) fn constants(&self) -> impl Iterator<Item = u32> + '_ {
        self.addresses().chain(self.distances.iter())
    }

    /// Whether something may have been added to its addresses.
    pub(super) fn is_indexed(&self) -> bool {
        self.exact.is_none() && (self.number || self.bases.is_empty())
    }

    /// Whether it may be a pointer that is no constant.
    pub(super) fn is_pointer(&self) -> bool {
        self.stack || self.other || self.params != 0
    }

    /// Whether it lies in the stack's frame and nowhere else.
    pub(super) fn only_stack(&self) -> bool {
        self.stack && !self.other && self.params == 0 && self.bases.is_empty()
    }

    /// Whether an access at an offset from it may lie this far (a negative distance) from a pointer.
    pub(super) fn reaches(&self, offset: u64, target: i32) -> bool {
        self.below.reaches(offset, target)
    }

    /// One or the other.
    pub(super) fn or(self, other: Value) -> Value {
        if self == other || other == Value::NOTHING {
            return self;
        }
        if self == Value::NOTHING {
            return other;
        }
        let (a, b) = (self.inexact(), other.inexact());
        Value {
            exact: None,
            address: false,
            bases: a.bases.union(b.bases),
            distances: a.distances.union(b.distances),
            params: a.params | b.params,
            stack: a.stack | b.stack,
            other: a.other | b.other,
            number: a.number | b.number,
            below: Below(a.below.0 | b.below.0),
            header: a.header | b.header,
        }
    }

    /// What it becomes if it keeps changing: what changed may be anything.
    pub(super) fn widened(self, changed: Value) -> Value {
        let mut wide = changed.inexact();
        if wide.below != self.below {
            wide.below = Below::ANY;
        }
        wide.bases.more |= wide.bases != self.inexact().bases;
        wide.distances.more |= wide.distances != self.distances;
        wide
    }

    /// A constant becomes one of several possibilities. Small ones are no addresses.
    fn inexact(mut self) -> Value {
        match self.exact.take() {
            Some(value) if self.address => self.bases.add(value),
            Some(_) => self.number = true,
            None => {}
        }
        self.address = false;
        self
    }

    pub(super) fn plus(self, other: Value) -> Value {
        match (self.exact, other.exact) {
            (Some(a), Some(b)) => Value::exact(a.wrapping_add(b), self, other),
            (Some(constant), None) => other.moved(constant, self.address),
            (None, Some(constant)) => self.moved(constant, other.address),
            (None, None) => {
                // A constant that may be added to a pointer is a distance, as a size is.
                let distance = |it: Value, pointer: Value| {
                    if pointer.is_pointer() && pointer.bases.is_empty() {
                        it.as_distance()
                    } else {
                        it
                    }
                };
                let (a, b) = (distance(self, other), distance(other, self));
                Value { below: Below::NONE, header: false, ..a.or(b) }
            }
        }
    }

    pub(super) fn minus(self, other: Value) -> Value {
        match (self.exact, other.exact) {
            (Some(a), Some(b)) => Value::exact(a.wrapping_sub(b), self, other),
            (None, Some(constant)) => self.moved(constant.wrapping_neg(), false),
            // A distance, or a pointer moved down by a number.
            _ => Value { below: Below::NONE, header: false, ..self.inexact() }.or(Value::number()),
        }
    }

    fn as_distance(mut self) -> Value {
        self.distances = self.distances.union(self.bases);
        self.bases = Bases::NONE;
        self
    }

    fn moved(self, by: u32, address: bool) -> Value {
        let mut moved = self;
        let signed = by.cast_signed();
        moved.header = false;
        moved.number |= !moved.bases.is_empty();
        if signed.unsigned_abs() < LOWEST {
            moved.bases = moved.bases.moved(signed);
            moved.distances = moved.distances.moved(signed);
        }
        if address && self.is_pointer() {
            moved.distances.add(by);
        } else if address {
            moved.bases.add(by);
        }
        moved.below = moved.below.moved(signed);
        moved
    }

    /// Some of its bits, or with some more.
    pub(super) fn masked(self, other: Value) -> Value {
        match (self.exact, other.exact) {
            // A few bits of it are no address.
            (_, Some(mask)) | (Some(mask), _) if mask < LOWEST => Value::number(),
            (Some(a), Some(b)) => Value::exact(a & b, self, other),
            _ => {
                // A mask is no address; what it is taken from may still be one.
                let part = |value: Value| match value.exact {
                    Some(_) => Value::number(),
                    None => Value { below: Below::NONE, header: false, ..value },
                };
                part(self).or(part(other))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;

    fn constant(value: u32) -> Value {
        Value::constant(value, &(LOWEST..1 << 16))
    }

    #[test]
    fn distances_below_a_pointer_add_up() {
        let p = Value::param(0);
        let header = p.plus(constant((-8_i32).cast_unsigned()));
        assert!(header.reaches(0, -8) && header.reaches(4, -4) && !header.reaches(8, -4));
        assert!(p.minus(constant(4)).reaches(0, -4));
        assert!(header.plus(constant(4)).reaches(0, -4));
        assert!(!p.reaches(0, -4) && !p.plus(p).reaches(0, -4));
        assert!(header.or(Value::pointer()).reaches(4, -4));
    }

    #[test]
    fn constants_are_exact_until_something_is_added() {
        let table = constant(2048);
        assert_eq!(table.plus(constant(8)).exact, Some(2056));
        let element = table.plus(Value::number());
        assert_eq!((element.exact, element.constants().collect::<Vec<_>>()), (None, vec![2048]));
        assert_eq!(table.or(constant(0)).constants().collect::<Vec<_>>(), [2048]);
        assert!(constant(0).or(Value::pointer()).constants().next().is_none());
    }

    #[test]
    fn the_stack_is_told_from_what_may_be_elsewhere() {
        let frame = Value::stack().minus(constant(16));
        assert!(frame.only_stack() && frame.plus(constant(8)).only_stack());
        assert!(!frame.or(Value::pointer()).only_stack());
    }
}
