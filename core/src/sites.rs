//! Call sites: from which line of the plugin's source each of its blocks was asked for.
//!
//! A plugin that is compiled with the kit's `HH_CALL_SITES` says so before each call of the family, by the
//! import `hostheap.site`. What it said lies in host memory, and is looked up when somebody wants to know
//! whose block is still there. Without [`Linker::call_sites`](crate::Linker::call_sites) the import does
//! nothing, and the family is the usual one.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;
use core::fmt;

use crate::allocate::HasHeap;
use crate::context::Context;
use crate::error::Result;
use crate::heap::Heap;
use crate::import::Import;
use crate::imports::{HeapImports, MODULE, invoke};
use crate::module::Member;
use crate::value::FuncType;

/// The import module of [`SITE`].
pub const SITE_MODULE: &str = "hostheap";
/// `void site(const char *file, uint32_t line)`: where the next call of the family comes from.
pub const SITE: &str = "site";

/// Bytes of a file's name that are read: longer ones are cut.
const FILE_LEN: u32 = 1024;

/// Sites of blocks that are gone are cleared away when there are so many more than live blocks.
const STALE: usize = 1024;

/// From where a block was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallSite {
    /// The file, as the compiler was given it (`__FILE__`).
    pub file: String,
    /// The line (`__LINE__`), from 1.
    pub line: u32,
}

impl fmt::Display for CallSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// What a plugin said about its blocks.
#[derive(Debug, Default)]
pub(crate) struct Sites {
    /// For the next call of the family. The file's name is where it lies in the plugin.
    next: Option<Site>,
    blocks: BTreeMap<u32, Site>,
}

#[derive(Clone, Copy, Debug)]
struct Site {
    file: u32,
    line: u32,
}

/// A state whose plugin may say where its calls come from.
pub(crate) trait HasSites: HasHeap {
    /// The heap, and what it said of it; `None` if nobody asked.
    fn heap_and_sites(&mut self) -> (&Heap, Option<&mut Sites>);

    /// What it said.
    fn sites(&mut self) -> Option<&mut Sites> {
        self.heap_and_sites().1
    }
}

/// The type of [`SITE`].
pub(crate) fn site_type() -> FuncType {
    crate::types::func_type::<(i32, i32), ()>()
}

/// Registers [`SITE`].
pub(crate) fn define_site<B, S: HasSites>(linker: &mut B::Linker<S>) -> Result<()>
where
    B: Import<(i32, i32), ()>,
{
    let site = |mut cx: B::Context<'_, S>, file: i32, line: i32| {
        if let Some(sites) = cx.state_mut().sites() {
            let (file, line) = (file.cast_unsigned(), line.cast_unsigned());
            sites.next = Some(Site { file, line });
        }
        Ok(())
    };
    <B as Import<(i32, i32), ()>>::import(linker, SITE_MODULE, SITE, site)
}

/// Registers one member of the family that remembers where it was called from.
pub(crate) fn define_traced<B: HeapImports, S: HasSites>(
    linker: &mut B::Linker<S>,
    name: &str,
) -> Result<bool> {
    let Some(member) = Member::named(name) else { return Ok(false) };
    match member {
        Member::Free => <B as Import<(i32,), ()>>::import(
            linker,
            MODULE,
            name,
            |mut cx: B::Context<'_, S>, p: i32| traced(&mut cx, Member::Free, &[p]).map(|_| ()),
        ),
        Member::Malloc | Member::UsableSize => <B as Import<(i32,), i32>>::import(
            linker,
            MODULE,
            name,
            move |mut cx: B::Context<'_, S>, a: i32| traced(&mut cx, member, &[a]),
        ),
        Member::Calloc | Member::Realloc | Member::AlignedAlloc | Member::Memalign => {
            <B as Import<(i32, i32), i32>>::import(
                linker,
                MODULE,
                name,
                move |mut cx: B::Context<'_, S>, a: i32, b: i32| traced(&mut cx, member, &[a, b]),
            )
        }
        Member::ReallocArray | Member::PosixMemalign => {
            <B as Import<(i32, i32, i32), i32>>::import(
                linker,
                MODULE,
                name,
                move |mut cx: B::Context<'_, S>, a: i32, b: i32, c: i32| {
                    traced(&mut cx, member, &[a, b, c])
                },
            )
        }
    }?;
    Ok(true)
}

/// Does what the member does, and notes whose block came of it.
fn traced<C: Context<State: HasSites>>(
    cx: &mut C,
    member: Member,
    arguments: &[i32],
) -> Result<i32> {
    // A call that says nothing of itself, such as a library's, has no site.
    let site = cx.state_mut().sites().and_then(|sites| sites.next.take());
    let bits: [u32; 3] =
        core::array::from_fn(|i| arguments.get(i).copied().unwrap_or(0).cast_unsigned());
    let result = invoke(cx, member, &bits[..arguments.len()])?;
    let block = match member {
        Member::UsableSize => return Ok(result.cast_signed()),
        Member::Free => None,
        // 0 is success, and the block stands where the guest asked for it.
        Member::PosixMemalign if result == 0 => {
            let mut offset = [0; 4];
            cx.read(bits[0], &mut offset)?;
            Some(u32::from_le_bytes(offset))
        }
        Member::PosixMemalign => None,
        _ => Some(result).filter(|offset| *offset != 0),
    };
    // A realloc that fails leaves its block as it was.
    let freed = match member {
        Member::Free => true,
        Member::Realloc | Member::ReallocArray => block.is_some(),
        _ => false,
    };
    let (heap, Some(sites)) = cx.state_mut().heap_and_sites() else {
        return Ok(result.cast_signed());
    };
    if freed {
        sites.blocks.remove(&bits[0]);
    }
    match (block, site) {
        (Some(offset), Some(site)) => drop(sites.blocks.insert(offset, site)),
        (Some(offset), None) => drop(sites.blocks.remove(&offset)),
        (None, _) => {}
    }
    clear_stale(&mut sites.blocks, heap);
    Ok(result.cast_signed())
}

/// Forgets the blocks that are gone, once they are many: what the host frees, results for example, does
/// not come by here.
fn clear_stale(blocks: &mut BTreeMap<u32, Site>, heap: &Heap) {
    if blocks.len() > 2 * heap.stats().live_blocks as usize + STALE {
        blocks.retain(|offset, _| is_live(heap, *offset));
    }
}

fn is_live(heap: &Heap, offset: u32) -> bool {
    heap.block_containing(offset).is_some_and(|block| block.offset == offset)
}

/// From where the live block at `offset` was asked for, if its plugin said so.
pub(crate) fn site_of<C: Context<State: HasSites>>(cx: &mut C, offset: u32) -> Option<CallSite> {
    if !is_live(cx.state().heap(), offset) {
        return None;
    }
    let site = *cx.state_mut().sites()?.blocks.get(&offset)?;
    let room = cx.memory_size().ok()?.saturating_sub(u64::from(site.file));
    let room = u32::try_from(room).unwrap_or(u32::MAX);
    let bytes = cx.bytes(site.file, room.min(FILE_LEN)).ok()?;
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let file = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let file = if file.is_empty() { "?".to_owned() } else { file };
    Some(CallSite { file, line: site.line })
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::heap::HeapConfig;

    #[test]
    fn blocks_that_the_host_freed_are_forgotten_in_time() {
        let mut heap = Heap::new(HeapConfig::new(1024));
        heap.extend(1024, 1 << 20).unwrap();
        let mut blocks = BTreeMap::new();
        let offsets: Vec<u32> = (0..2 * STALE).map(|_| heap.malloc(16).unwrap()).collect();
        for offset in &offsets {
            blocks.insert(*offset, Site { file: 0, line: 1 });
        }
        clear_stale(&mut blocks, &heap);
        assert_eq!(blocks.len(), 2 * STALE, "all are live");
        for offset in &offsets[3..] {
            heap.free(*offset).unwrap();
        }
        clear_stale(&mut blocks, &heap);
        assert_eq!(blocks.keys().copied().collect::<Vec<_>>(), &offsets[..3]);
    }
}
