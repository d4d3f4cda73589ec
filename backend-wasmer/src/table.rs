//! The function table of a store, and functions to put there.

use std::collections::BTreeMap;

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

/// A bound table, and what was found in it.
pub(crate) struct FunctionTable {
    inner: wasmer::Table,
    /// wasmer makes a new object for each look-up, which stays in the store. So what was found is
    /// kept, where the guest cannot change what stands in the table.
    found: Option<BTreeMap<u32, wasmer::Function>>,
    /// Where it can, so many look-ups are left.
    left: u32,
}

/// The most objects that look-ups of a table which the guest can change may leave in a store: some
/// tens of megabytes.
const LOOKUPS: u32 = 1 << 18;

impl Instance {
    pub(crate) fn bind_table<S: Send + 'static>(
        &self,
        cx: &mut Context<'_, S>,
        name: &str,
    ) -> Result<()> {
        self.check(cx)?;
        let table = self.inner.exports.get_table(name).ok().cloned();
        match table.filter(|table| is_of_functions(&table.ty(&cx.0))) {
            Some(inner) => {
                let found = self.fixed_tables.then(BTreeMap::new);
                cx.0.data_mut().table = Some(FunctionTable { inner, found, left: LOOKUPS });
            }
            None => return Err(self.missing(cx, name, "function table")),
        }
        Ok(())
    }
}

impl<S: Send + 'static> Context<'_, S> {
    fn table(&self) -> Result<wasmer::Table> {
        let table = self.0.data().table.as_ref();
        Ok(table.map(|table| table.inner.clone()).ok_or(TableError::Unbound)?)
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
        if let Some(found) = self.found() {
            found.remove(&index);
        }
        let element = Value::FuncRef(func.map(|func| func.inner.clone()));
        table.set(&mut self.0, index, element).map_err(Error::runtime)
    }

    pub(crate) fn table_func_type(&mut self, index: u32) -> Result<FuncType> {
        let func = self.table_func(index)?;
        Ok(error::func_type(&func.ty(&self.0)))
    }

    fn found(&mut self) -> Option<&mut BTreeMap<u32, wasmer::Function>> {
        self.0.data_mut().table.as_mut()?.found.as_mut()
    }

    /// The function at an index.
    pub(crate) fn table_func(&mut self, index: u32) -> Result<wasmer::Function> {
        if let Some(function) = self.found().and_then(|found| found.get(&index).cloned()) {
            return Ok(function);
        }
        let table = self.table()?;
        self.count_lookup()?;
        let function = match table.get(&mut self.0, index) {
            Some(Value::FuncRef(Some(function))) => function,
            Some(_) => return Err(TableError::Null { index }.into()),
            None => {
                return Err(TableError::OutOfBounds { index, size: self.table_size()? }.into());
            }
        };
        if let Some(found) = self.found() {
            found.insert(index, function.clone());
        }
        Ok(function)
    }

    /// Counts a look-up that leaves an object in the store for good.
    fn count_lookup(&mut self) -> Result<()> {
        let Some(table) = &mut self.0.data_mut().table else { return Ok(()) };
        if table.found.is_some() {
            return Ok(());
        }
        match table.left.checked_sub(1) {
            Some(left) => table.left = left,
            None => {
                return Err(Error::runtime(format_args!(
                    "wasmer keeps memory for each look-up in a table that the plugin's code can \
                     change, and {LOOKUPS} were made in this plugin: resolve function pointers once \
                     and keep the handles, or use another runtime"
                )));
            }
        }
        Ok(())
    }
}
