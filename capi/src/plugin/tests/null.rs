//! Every function of the plugin API with NULL where a pointer should be.

use crate::boundary::testing::message;
use crate::boundary::value::hh_value;
use crate::boundary::{Array, ArrayMut, Chosen, Owned, Text, User};
use crate::plugin::{
    alloc::*, block::*, callback::*, engine::*, func::*, global::*, heap::*, instance::*,
    invocation::*, linker::*, memory::*, module::*, view::*,
};
use crate::status::hh_status::{self, HH_ERR_NULL, HH_OK};

#[test]
fn each_says_what_is_null() {
    let user = User::number(0);
    let text = || Text::of(c"x");
    let calls: &[(&str, &dyn Fn() -> hh_status)] = &[
        ("engine", &|| hh_engine_new(Text::NULL, Chosen::null(), None)),
        ("engine", &|| hh_engine_capabilities(None, None)),
        ("module", &|| hh_module_load(None, Array::null(), 0, Chosen::null(), None)),
        ("module", &|| hh_module_load_file(None, text(), Chosen::null(), None)),
        ("module", &|| hh_module_layout(None, None)),
        ("text", &|| hh_module_rewrites(None, None)),
        ("module", &|| hh_module_import_at(None, 0, None)),
        ("module", &|| hh_module_export_at(None, 0, None)),
        ("linker", &|| hh_linker_new(None, None)),
        ("linker", &|| hh_linker_limits(None, Chosen::null())),
        ("linker", &|| hh_linker_func(None, text(), text(), text(), None, user, None)),
        ("linked", &|| hh_linker_link(None, None, None)),
        ("instance", &|| hh_linker_instantiate(None, None, user, None)),
        ("instance", &|| hh_linked_instantiate(None, user, None)),
        ("instance", &|| hh_instance_clear_poison(None)),
        ("func", &|| hh_instance_func(None, text(), text(), None)),
        ("func", &|| hh_instance_func_at(None, 0, text(), None)),
        ("func", &|| hh_func_call(None, Array::null(), 0)),
        ("callback", &|| hh_instance_callback(None, text(), None, user, None, None)),
        ("instance", &|| hh_instance_read(None, 0, ArrayMut::null(), 0)),
        ("instance", &|| hh_instance_write(None, 0, Array::null(), 0)),
        ("instance", &|| hh_instance_fill(None, 0, 0, 0)),
        ("instance", &|| hh_instance_move(None, 0, 0, 0)),
        ("instance", &|| hh_instance_memory_size(None, None)),
        ("instance", &|| hh_instance_memory_grow(None, 0, None)),
        ("bytes", &|| hh_instance_take_bytes(None, 0, 0, None)),
        ("text", &|| hh_instance_read_text(None, 0, 0, None)),
        ("view", &|| hh_instance_view(None, 0, 0, None)),
        ("instance", &|| hh_instance_global(None, text(), hh_value::to_void())),
        ("instance", &|| hh_instance_set_global(None, text(), hh_value::i32(0))),
        ("offset", &|| hh_instance_malloc(None, 0, None)),
        ("offset", &|| hh_instance_calloc(None, 0, 0, None)),
        ("offset", &|| hh_instance_aligned_alloc(None, 16, 0, None)),
        ("moved", &|| hh_instance_realloc(None, 0, 0, None)),
        ("instance", &|| hh_instance_free(None, 0)),
        ("size", &|| hh_instance_usable_size(None, 0, None)),
        ("out", &|| hh_instance_heap_stats(None, None)),
        ("count", &|| hh_instance_blocks(None, ArrayMut::null(), 0, None)),
        ("out", &|| hh_instance_block_at(None, 0, None)),
        ("block", &|| hh_instance_keep(None, Array::null(), 0, None)),
        ("block", &|| hh_block_read(None, 0, ArrayMut::null(), 0)),
        ("block", &|| hh_block_write(None, 0, Array::null(), 0)),
        ("block", &|| hh_block_give(Owned::of(core::ptr::null_mut()), None)),
        ("call", &|| hh_invocation_take(None, Array::null(), 0)),
        ("call", &|| hh_invocation_give(None, Array::null(), 0)),
        ("call", &|| hh_give_error(None, 1, Text::NULL)),
        ("call", &|| hh_fail(None, Text::NULL)),
        ("call", &|| hh_fail_with(None, 20, Text::NULL)),
    ];
    for (at, (what, call)) in calls.iter().enumerate() {
        assert_eq!(call(), HH_ERR_NULL, "number {at}, {what}");
        assert_eq!(message(), format!("`{what}` is NULL: give it a value"), "number {at}");
    }
}

#[test]
fn to_free_null_is_fine() {
    fn null<T>() -> Owned<T> {
        Owned::of(core::ptr::null_mut())
    }
    assert_eq!(hh_engine_delete(null()), HH_OK);
    assert_eq!(hh_module_delete(null()), HH_OK);
    assert_eq!(hh_linker_delete(null()), HH_OK);
    assert_eq!(hh_linked_delete(null()), HH_OK);
    assert_eq!(hh_instance_delete(null()), HH_OK);
    assert_eq!(hh_func_delete(null()), HH_OK);
    assert_eq!(hh_block_delete(null()), HH_OK);
    assert_eq!(hh_callback_delete(null()), HH_OK);
    assert_eq!(hh_view_end(None), HH_OK);
}

#[test]
fn questions_about_null_have_an_answer() {
    assert!(hh_engine_runtime(None).is_null());
    assert!(hh_module_allocator(None).is_null());
    assert!(hh_module_report(None).is_none());
    assert!(!hh_module_uses_host_heap(None));
    assert_eq!((hh_module_import_count(None), hh_module_export_count(None)), (0, 0));
    assert_eq!(hh_instance_user(None).to_number(), 0);
    assert!(!hh_instance_is_poisoned(None));
    assert_eq!((hh_block_offset(None), hh_block_len(None), hh_callback_index(None)), (0, 0, 0));
    assert_eq!(hh_invocation_count(None), 0);
    assert!(hh_invocation_instance(None).is_null());
    assert!(hh_runtime_name(hh_runtime_count()).is_null());
}
