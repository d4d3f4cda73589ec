//! A host function's result, for the plugin.

use super::argument::{Argument, Memory};
use super::host::HostCall;
use super::number::Number;
use super::plan::{Behind, Content, Kind, Of, Returns, Shape};
use super::slots::{MOST, Slots};
use crate::context::Context;
use crate::contract::{Access, Scalar};
use crate::convention::host::{code, give};
use crate::convention::results::GuestError;
use crate::convention::take::Returned;
use crate::error::Result;
use crate::runtime::Runtime;

/// A result that was given.
pub(super) struct Given {
    pub(super) slots: Slots,
    /// A new block of the plugin's, which is freed if the call fails after all; 0 if there is none.
    pub(super) block: u32,
}

impl Given {
    fn new(first: u64, block: u32) -> Self {
        let mut slots = [0; MOST];
        slots[0] = first;
        Given { slots, block }
    }
}

impl<B: Runtime, T: Send + 'static> HostCall<'_, '_, B, T> {
    /// Gives the result. Text, arrays and structs by pointer become a new block of the plugin's,
    /// which it frees; a function that may fail succeeds with it.
    ///
    /// # Errors
    ///
    /// [`ConventionError::WrongResult`](crate::convention::ConventionError::WrongResult) if the
    /// prototype says otherwise, or if a result was given already;
    /// [`ConventionError::Stale`](crate::convention::ConventionError::Stale),
    /// [`ConventionError::StaleCallback`](crate::convention::ConventionError::StaleCallback);
    /// [`Error::Alloc`](crate::Error::Alloc); [`Error::OutOfBounds`](crate::Error::OutOfBounds) if
    /// the plugin gave no place for it.
    pub fn give(&mut self, result: Argument<'_>) -> Result<()> {
        self.check_first()?;
        let kind = match self.plan.returns {
            Returns::Scalar(scalar) | Returns::Fallible(Behind::Value(Of::Scalar(scalar))) => {
                Kind::Scalar(scalar)
            }
            Returns::Pointer | Returns::Fallible(Behind::Value(Of::Pointer)) => Kind::Pointer,
            Returns::Function => Kind::Function,
            Returns::CString => Kind::CStr,
            Returns::Pair(_, content) | Returns::Fallible(Behind::Pair(content)) => match content {
                Content::Text => Kind::Str,
                Content::Elements(of) => Kind::Slice(of, Access::In),
            },
            Returns::Struct { .. } | Returns::Fallible(Behind::Value(Of::Struct)) => {
                Kind::Reference(Of::Struct, Access::In)
            }
            Returns::Nothing | Returns::Tuple { .. } | Returns::Fallible(Behind::Nothing) => {
                return Err(self.plan.wrong_result(result.given()).into());
            }
        };
        if let Err(given) = result.check(kind, self.plan.nullable) {
            return Err(self.plan.wrong_result(given).into());
        }
        match &result {
            Argument::Block(block) => block.check(self.guest)?,
            Argument::Callback(callback) => callback.check(self.guest)?,
            _ => {}
        }
        self.put(&result)
    }

    /// Gives a result of two to four numbers.
    ///
    /// # Errors
    ///
    /// Those of [`give`](Self::give).
    pub fn give_tuple(&mut self, numbers: &[Number]) -> Result<()> {
        self.check_first()?;
        let wrong = || self.plan.wrong_result(alloc::format!("a tuple of {}", numbers.len()));
        let Returns::Tuple { many, fields } = self.plan.returns else { return Err(wrong().into()) };
        if numbers.len() != fields.len() {
            return Err(wrong().into());
        }
        let mut given = Given::new(0, 0);
        let mut bytes = [0; 32];
        for (((scalar, offset), number), slot) in fields.iter().zip(numbers).zip(&mut given.slots) {
            let fits = match many {
                true => number.to_slot(scalar).map(|bits| *slot = bits),
                false => write_number(*number, scalar, bytes.get_mut(offset as usize..)),
            };
            if fits.is_none() {
                let found = Argument::Number(*number);
                return Err(self.plan.wrong_result(found.given()).into());
            }
        }
        if !many {
            // Field by field: what lies between them is the plugin's.
            for (scalar, offset) in fields.iter() {
                let size = Of::Scalar(scalar).size(0).unwrap_or(0);
                let from = bytes.get(offset as usize..(offset + size) as usize).unwrap_or(&[]);
                let at = self.out().wrapping_add(offset);
                self.guest.context().write(at, from)?;
            }
        }
        self.given = Some(given);
        Ok(())
    }

    /// Gives the error of a function that may fail: its code, or -1 if that is 0, and its message
    /// where the result has a place for one.
    ///
    /// # Errors
    ///
    /// Those of [`give`](Self::give).
    pub fn give_error(&mut self, error: &GuestError) -> Result<()> {
        self.check_first()?;
        let Returns::Fallible(behind) = self.plan.returns else {
            return Err(self.plan.wrong_result("an error").into());
        };
        let mut block = 0;
        if let Behind::Pair(_) = behind {
            if !error.message.is_empty() {
                block = give(self.guest, error.message.as_bytes())?;
            }
            let pair = Returned { offset: block, len: error.message.len() as u32 };
            self.guest.context().write(self.params[0] as u32, &pair.to_struct())?;
        }
        self.given = Some(Given::new(code(error).cast_unsigned().into(), block));
        Ok(())
    }

    fn check_first(&self) -> Result<()> {
        match self.given {
            Some(_) => Err(self.plan.wrong_result("a second result").into()),
            None => Ok(()),
        }
    }

    /// Puts a result, which is what the prototype says, to where it belongs.
    fn put(&mut self, result: &Argument<'_>) -> Result<()> {
        let out = self.out();
        let given = match (self.plan.returns, result) {
            (Returns::Scalar(scalar), Argument::Number(number)) => {
                Given::new(number.to_slot(scalar).unwrap_or(0), 0)
            }
            (Returns::Fallible(Behind::Value(Of::Scalar(scalar))), Argument::Number(number)) => {
                let guest = &mut *self.guest;
                number.write(scalar, |bytes| guest.context().write(out, bytes)).transpose()?;
                Given::new(0, 0)
            }
            (Returns::Fallible(Behind::Value(Of::Struct)), Argument::Value(bytes))
            | (Returns::Struct { by_pointer: false }, Argument::Value(bytes)) => {
                self.guest.context().write(out, bytes)?;
                Given::new(0, 0)
            }
            (Returns::Fallible(Behind::Value(Of::Pointer)), pointer) => {
                let pointer = pointer_of(pointer);
                self.guest.context().write(out, &pointer.to_le_bytes())?;
                Given::new(0, 0)
            }
            (Returns::Pair(shape, _), result) => {
                let (block, pair) = self.pair(result)?;
                match shape {
                    Shape::Packed => Given::new(pair.to_packed().cast_unsigned(), block),
                    Shape::Two => {
                        let mut given = Given::new(pair.offset.into(), block);
                        given.slots[1] = pair.len.into();
                        given
                    }
                    Shape::Struct => self.put_pair(pair, block)?,
                }
            }
            (Returns::Fallible(Behind::Pair(_)), result) => {
                let (block, pair) = self.pair(result)?;
                self.put_pair(pair, block)?
            }
            // C strings and structs by pointer.
            (_, result) => match result.memory() {
                Some(Memory::Plain(bytes)) => {
                    let block = give(self.guest, bytes)?;
                    Given::new(block.into(), block)
                }
                _ => Given::new(pointer_of(result).into(), 0),
            },
        };
        self.given = Some(given);
        Ok(())
    }

    /// A new block, with how many elements there are in it.
    fn pair(&mut self, result: &Argument<'_>) -> Result<(u32, Returned)> {
        match result.memory() {
            Some(Memory::Plain(bytes)) => {
                let block = give(self.guest, bytes)?;
                Ok((block, Returned { offset: block, len: result.count() }))
            }
            _ => Ok((0, Returned { offset: 0, len: 0 })),
        }
    }

    fn put_pair(&mut self, pair: Returned, block: u32) -> Result<Given> {
        let out = self.out();
        if let Err(error) = self.guest.context().write(out, &pair.to_struct()) {
            let _ = self.guest.free(block);
            return Err(error);
        }
        Ok(Given::new(0, block))
    }

    /// Whether the prototype promises a result that has not been given yet. A host function that
    /// returns then is an error.
    pub fn lacks_result(&self) -> bool {
        let nothing =
            matches!(self.plan.returns, Returns::Nothing | Returns::Fallible(Behind::Nothing));
        self.given.is_none() && !nothing
    }

    /// The results, which are the plugin's from now on.
    pub(super) fn finish(&mut self) -> Result<Slots> {
        let lacks_result = self.lacks_result();
        match self.given.take() {
            Some(given) => Ok(given.slots),
            None if !lacks_result => Ok([0; MOST]),
            None => Err(self.plan.wrong_result("nothing").into()),
        }
    }
}

/// A pointer or a function pointer; 0 for `NULL`.
fn pointer_of(result: &Argument<'_>) -> u32 {
    match result {
        Argument::Pointer(value) | Argument::Function(value) => *value,
        Argument::Block(block) => block.offset(),
        Argument::Callback(callback) => callback.index(),
        _ => 0,
    }
}

/// Writes a number to the start of `to`, if the type has it.
fn write_number(number: Number, scalar: Scalar, to: Option<&mut [u8]>) -> Option<()> {
    let to = to?;
    number.write(scalar, |bytes| to.get_mut(..bytes.len()).map(|to| to.copy_from_slice(bytes)))?
}
