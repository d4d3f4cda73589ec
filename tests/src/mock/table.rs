//! The function table of a store, and functions to put there.

use hostheap_core::error::{Mismatch, TableError};
use hostheap_core::{FuncType, Result, StoreId};
use wasmparser::{ExternalKind, RefType};

use super::code::{HOST, NULL, function, referent};
use super::context::Context;
use super::error;
use super::instance::Table;
use super::store::{Instance, Store, missing};

/// A function of the host's, and which store it lives in.
#[derive(Clone, Copy, Debug)]
pub struct FuncRef {
    /// As references have it.
    pub(super) function: u32,
    pub(super) store: StoreId,
}

/// A table that is bound: its instance, and which of the instance's tables it is.
#[derive(Clone, Copy)]
pub(super) struct Bound {
    instance: usize,
    table: u32,
}

/// Whether function pointers can be indices into a table of this type.
pub(super) fn is_of_functions(ty: &wasmparser::TableType) -> bool {
    ty.element_type == RefType::FUNCREF
}

impl Instance {
    pub(super) fn bind_table<S>(&self, cx: &mut Context<'_, S>, name: &str) -> Result<()> {
        let module = &self.data(cx)?.module;
        let table = module.export(name, ExternalKind::Table);
        let ty = table.and_then(|table| module.tables.get(table as usize)).map(|table| &table.ty);
        match table.filter(|_| ty.is_some_and(is_of_functions)) {
            Some(table) => cx.0.table = Some(Bound { instance: self.index, table }),
            None => return Err(missing(module, name, "function table")),
        }
        Ok(())
    }
}

impl<S> Store<S> {
    fn bound_table(&mut self) -> Result<&mut Table> {
        let bound = self.table.ok_or(TableError::Unbound)?;
        let instance = self.instances.get_mut(bound.instance).ok_or_else(error::broken)?;
        instance.tables.get_mut(bound.table as usize).ok_or_else(error::broken)
    }

    /// The type of a function that an instance refers to.
    pub(super) fn func_type(&self, instance: usize, function: u32) -> Option<FuncType> {
        match function.checked_sub(HOST) {
            Some(index) => self.functions.get(index as usize).map(|(ty, _)| ty.clone()),
            None => self.instances.get(instance)?.module.func_type(function),
        }
    }
}

impl<S> Context<'_, S> {
    pub(super) fn table_size(&mut self) -> Result<u32> {
        // The interpreter's own limit is far below.
        Ok(self.0.bound_table()?.size() as u32)
    }

    pub(super) fn table_grow(&mut self, by: u32) -> Result<u32> {
        let table = self.0.bound_table()?;
        match table.grow(by.into(), NULL) {
            Some(before) => Ok(before as u32),
            None => {
                let (size, max) = (table.size() as u32, table.declared_max());
                Err(TableError::Grow { size, by, max }.into())
            }
        }
    }

    pub(super) fn table_set(&mut self, index: u32, func: Option<&FuncRef>) -> Result<()> {
        if func.is_some_and(|func| func.store != self.0.id) {
            return Err(Mismatch::FunctionOfOtherStore.into());
        }
        let table = self.0.bound_table()?;
        let size = table.size() as u32;
        match table.at(index.into(), 1) {
            Ok(element) => element.fill(func.map_or(NULL, |func| function(func.function))),
            Err(_) => return Err(TableError::OutOfBounds { index, size }.into()),
        }
        Ok(())
    }

    pub(super) fn table_func_type(&mut self, index: u32) -> Result<FuncType> {
        Ok(self.table_func(index)?.2)
    }

    /// The function at an index, by instance and as references have it, and its type.
    pub(super) fn table_func(&mut self, index: u32) -> Result<(Instance, u32, FuncType)> {
        let table = self.0.bound_table()?;
        let size = table.size() as u32;
        let Ok(reference) = table.get(index.into()) else {
            return Err(TableError::OutOfBounds { index, size }.into());
        };
        let function = referent(reference).ok_or(TableError::Null { index })?;
        let instance = self.0.table.ok_or(TableError::Unbound)?.instance;
        let ty = self.0.func_type(instance, function).ok_or_else(error::broken)?;
        Ok((Instance { index: instance, store: self.0.id }, function, ty))
    }
}
