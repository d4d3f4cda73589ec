//! The function table of a store, and functions to put there.

use hostheap_core::error::{Mismatch, TableError};
use hostheap_core::{Error, FuncType, Result, StoreId};
use wasmtime::{HeapType, Ref};

use crate::context::Context;
use crate::error;
use crate::store::Instance;

/// A function, and which store it lives in.
#[derive(Clone, Copy, Debug)]
pub struct FuncRef {
    pub(crate) inner: wasmtime::Func,
    pub(crate) store: StoreId,
}

/// Whether function pointers of a 32-bit plugin can be indices into a table of this type.
pub(crate) fn is_of_functions(ty: &wasmtime::TableType) -> bool {
    let element = ty.element();
    !ty.is_64() && element.is_nullable() && matches!(element.heap_type(), HeapType::Func)
}

impl Instance {
    pub(crate) fn bind_table<S>(&self, cx: &mut Context<'_, S>, name: &str) -> Result<()> {
        self.check(cx)?;
        let table = self.inner.get_table(&mut cx.0, name);
        match table.filter(|table| is_of_functions(&table.ty(&cx.0))) {
            Some(table) => cx.0.data_mut().table = Some(table),
            None => return Err(self.missing(cx, name, "function table")),
        }
        Ok(())
    }
}

impl<S> Context<'_, S> {
    fn table(&self) -> Result<wasmtime::Table> {
        Ok(self.0.data().table.ok_or(TableError::Unbound)?)
    }

    pub(crate) fn table_size(&self) -> Result<u32> {
        let size = self.table()?.size(&self.0);
        // Tables have 32-bit indices here.
        Ok(u32::try_from(size).unwrap_or(u32::MAX))
    }

    pub(crate) fn table_grow(&mut self, by: u32) -> Result<u32> {
        let table = self.table()?;
        match table.grow(&mut self.0, by.into(), Ref::Func(None)) {
            Ok(before) => Ok(u32::try_from(before).unwrap_or(u32::MAX)),
            Err(_) => {
                let (size, max) = (self.table_size()?, table.ty(&self.0).maximum());
                Err(TableError::Grow { size, by, max }.into())
            }
        }
    }

    pub(crate) fn table_set(&mut self, index: u32, func: Option<&FuncRef>) -> Result<()> {
        // wasmtime would fail in its own words; one comparison makes it an error.
        if func.is_some_and(|func| func.store != self.0.data().id) {
            return Err(Mismatch::FunctionOfOtherStore.into());
        }
        let (table, size) = (self.table()?, self.table_size()?);
        if index >= size {
            return Err(TableError::OutOfBounds { index, size }.into());
        }
        let element = Ref::Func(func.map(|func| func.inner));
        table.set(&mut self.0, index.into(), element).map_err(Error::runtime)
    }

    pub(crate) fn table_func_type(&mut self, index: u32) -> Result<FuncType> {
        let func = self.table_func(index)?;
        Ok(error::func_type(&func.ty(&self.0)))
    }

    /// The function at an index.
    pub(crate) fn table_func(&mut self, index: u32) -> Result<wasmtime::Func> {
        match self.table()?.get(&mut self.0, index.into()) {
            Some(Ref::Func(Some(func))) => Ok(func),
            Some(_) => Err(TableError::Null { index }.into()),
            None => Err(TableError::OutOfBounds { index, size: self.table_size()? }.into()),
        }
    }
}
