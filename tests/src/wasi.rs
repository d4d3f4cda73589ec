//! As much of WASI preview 1 as C programs ask for that have no business with a system: there are
//! no files, no arguments and no environment, time stands still, and what is written is kept.
//!
//! Everything is the same each time, so that two forms of a program can be compared.

use hostheap_core::{Error, Guest, Linker, Result};

use crate::subject::Suited;

/// The state of a plugin whose system this is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wasi {
    /// What was written to standard output and standard error.
    pub written: Vec<u8>,
}

const MODULE: &str = "wasi_snapshot_preview1";

const SUCCESS: i32 = 0;
/// `badf`: there is no such file.
const BADF: i32 = 8;
/// `nosys`: there is no such function.
const NOSYS: i32 = 52;
/// `spipe`: standard output is no file in which one could seek.
const SPIPE: i32 = 70;

/// The time that it always is, in nanoseconds.
const NOW: u64 = 1_700_000_000_000_000_000;

/// Offers plugins these functions, and `env.emscripten_notify_memory_growth`, which does nothing.
///
/// # Errors
///
/// If a name is taken.
pub fn offer<B: Suited>(linker: &mut Linker<B, Wasi>) -> Result<()> {
    type G<'a, B> = Guest<'a, B, Wasi>;
    linker
        .func(MODULE, "fd_write", write::<B>)?
        .func(MODULE, "clock_time_get", |guest: &mut G<'_, B>, _: i32, _: i64, out: u32| {
            store(guest, out, &NOW.to_le_bytes()).map(|()| SUCCESS)
        })?
        .func(MODULE, "random_get", |guest: &mut G<'_, B>, out: u32, len: u32| {
            store(guest, out, &vec![7; len as usize]).map(|()| SUCCESS)
        })?
        // No arguments and no environment: neither entries nor bytes.
        .func(MODULE, "environ_sizes_get", |guest: &mut G<'_, B>, count: u32, bytes: u32| {
            store(guest, count, &[0; 4])?;
            store(guest, bytes, &[0; 4]).map(|()| SUCCESS)
        })?
        .func(MODULE, "args_sizes_get", |guest: &mut G<'_, B>, count: u32, bytes: u32| {
            store(guest, count, &[0; 4])?;
            store(guest, bytes, &[0; 4]).map(|()| SUCCESS)
        })?
        .func(MODULE, "environ_get", |_: &mut G<'_, B>, _: i32, _: i32| SUCCESS)?
        .func(MODULE, "args_get", |_: &mut G<'_, B>, _: i32, _: i32| SUCCESS)?
        // A character device, so that the C library writes line by line.
        .func(MODULE, "fd_fdstat_get", |guest: &mut G<'_, B>, fd: i32, out: u32| {
            if !(0..=2).contains(&fd) {
                return Ok(BADF);
            }
            let mut stat = [0; 24];
            stat[0] = 2;
            store(guest, out, &stat).map(|()| SUCCESS)
        })?
        .func(MODULE, "fd_fdstat_set_flags", |_: &mut G<'_, B>, _: i32, _: i32| NOSYS)?
        .func(MODULE, "fd_close", |_: &mut G<'_, B>, _: i32| SUCCESS)?
        .func(MODULE, "fd_seek", |_: &mut G<'_, B>, _: i32, _: i64, _: i32, _: i32| SPIPE)?
        .func(MODULE, "fd_read", |guest: &mut G<'_, B>, _: i32, _: i32, _: i32, out: u32| {
            store(guest, out, &[0; 4]).map(|()| SUCCESS)
        })?
        .func(MODULE, "fd_renumber", |_: &mut G<'_, B>, _: i32, _: i32| NOSYS)?
        .func(MODULE, "fd_prestat_get", |_: &mut G<'_, B>, _: i32, _: i32| BADF)?
        .func(MODULE, "fd_prestat_dir_name", |_: &mut G<'_, B>, _: i32, _: i32, _: i32| BADF)?
        .func(
            MODULE,
            "path_open",
            |_: &mut G<'_, B>,
             _: i32,
             _: i32,
             _: i32,
             _: i32,
             _: i32,
             _: i64,
             _: i64,
             _: i32,
             _: i32| NOSYS,
        )?
        .func(MODULE, "proc_exit", |_: &mut G<'_, B>, code: i32| -> Result<()> {
            Err(Error::host(format!("the program exits with {code}")))
        })?
        .func("env", "emscripten_notify_memory_growth", |_: &mut G<'_, B>, _: i32| {})?;
    Ok(())
}

fn store<B: Suited>(guest: &mut Guest<'_, B, Wasi>, at: u32, bytes: &[u8]) -> Result<()> {
    let (memory, _) = guest.memory_and_state()?;
    let end = at as usize + bytes.len();
    memory.get_mut(at as usize..end).ok_or_else(outside)?.copy_from_slice(bytes);
    Ok(())
}

fn outside() -> Error {
    Error::host("a pointer leads outside the memory")
}

fn write<B: Suited>(
    guest: &mut Guest<'_, B, Wasi>,
    fd: i32,
    pieces: u32,
    count: u32,
    out: u32,
) -> Result<i32> {
    if !(1..=2).contains(&fd) {
        return Ok(BADF);
    }
    let (memory, state) = guest.memory_and_state()?;
    let word = |at: usize| {
        let bytes = memory.get(at..at + 4).ok_or_else(outside)?;
        Ok::<_, Error>(u32::from_le_bytes(bytes.try_into().expect("4 bytes")) as usize)
    };
    let mut total = 0_u32;
    for piece in 0..count as usize {
        let at = pieces as usize + 8 * piece;
        let (start, length) = (word(at)?, word(at + 4)?);
        state.written.extend(memory.get(start..start + length).ok_or_else(outside)?);
        total += length as u32;
    }
    store(guest, out, &total.to_le_bytes())?;
    Ok(SUCCESS)
}
