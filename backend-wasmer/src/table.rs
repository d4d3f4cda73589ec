//! The function table of a store, and functions to put there.

use hostheap_core::error::{Mismatch, TableError};
use hostheap_core::{Error, FuncType, Result, StoreId};
use wasmer::{Type, Value};

use crate::context::Context;
use crate::error;
use crate::store::Instance;

/// A function, and which store it lives in.
#[derive(Clone, Debug)]
pub struct FuncRef {
    pub(crate) inner: wasmer::Function,
    pub(crate) store: StoreId,
}

/// Whether function pointers of a 32-bit plugin can be indices into a table of this type.
pub(crate) fn is_of_functions(ty: &wasmer::TableType) -> bool {
    ty.ty == Type::FuncRef
}

impl Instance {
    pub(crate) fn bind_table<S: Send + 'static>(
        &self,
        cx: &mut Context<'_, S>,
        name: &str,
    ) -> Result<()> {
        self.check(cx)?;
        let table = self.inner.exports.get_table(name).ok().cloned();
        match table.filter(|table| is_of_functions(&table.ty(&cx.0))) {
            Some(table) => cx.0.data_mut().table = Some(table),
            None => return Err(self.missing(cx, name, "function table")),
        }
        Ok(())
    }
}

impl<S: Send + 'static> Context<'_, S> {
    fn table(&self) -> Result<wasmer::Table> {
        Ok(self.0.data().table.clone().ok_or(TableError::Unbound)?)
    }

    pub(crate) fn table_size(&self) -> Result<u32> {
        Ok(self.table()?.size(&self.0))
    }

    pub(crate) fn table_grow(&mut self, by: u32) -> Result<u32> {
        let table = self.table()?;
        match table.grow(&mut self.0, by, Value::FuncRef(None)) {
            Ok(before) => Ok(before),
            Err(_) => {
                let (size, max) = (self.table_size()?, table.ty(&self.0).maximum.map(u64::from));
                Err(TableError::Grow { size, by, max }.into())
            }
        }
    }

    pub(crate) fn table_set(&mut self, index: u32, func: Option<&FuncRef>) -> Result<()> {
        // wasmer would fail in its own words; one comparison makes it an error.
        if func.is_some_and(|func| func.store != self.1) {
            return Err(Mismatch::FunctionOfOtherStore.into());
        }
        let (table, size) = (self.table()?, self.table_size()?);
        if index >= size {
            return Err(TableError::OutOfBounds { index, size }.into());
        }
        let element = Value::FuncRef(func.map(|func| func.inner.clone()));
        table.set(&mut self.0, index, element).map_err(Error::runtime)
    }

    pub(crate) fn table_func_type(&mut self, index: u32) -> Result<FuncType> {
        let func = self.table_func(index)?;
        Ok(error::func_type(&func.ty(&self.0)))
    }

    /// The function at an index. wasmer makes a new object for each look-up, which
    /// stays in the store.
    pub(crate) fn table_func(&mut self, index: u32) -> Result<wasmer::Function> {
        match self.table()?.get(&mut self.0, index) {
            Some(Value::FuncRef(Some(func))) => Ok(func),
            Some(_) => Err(TableError::Null { index }.into()),
            None => Err(TableError::OutOfBounds { index, size: self.table_size()? }.into()),
        }
    }
}
