//! An instance and all that belongs to it stay on their thread.

use super::{Rig, handle};
use crate::boundary::Owned;
use crate::boundary::User;
use crate::boundary::testing::message;
use crate::boundary::value::hh_value;
use crate::plugin::func::hh_func_delete;
use crate::plugin::instance::{hh_instance_delete, hh_instance_user};
use crate::plugin::linker::hh_linker_instantiate;
use crate::status::hh_status::{HH_ERR_THREAD, HH_OK};

#[test]
fn another_thread_is_refused_and_can_free_nothing() {
    let rig = Rig::new();
    let count = rig.func(c"count", c"() -> i32");
    let (instance, func) = (rig.instance.expose_provenance(), count.0.expose_provenance());
    std::thread::spawn(move || {
        let instance = core::ptr::with_exposed_provenance_mut(instance);
        let count = super::Func(core::ptr::with_exposed_provenance_mut(func));
        assert_eq!(count.call(&[hh_value::to_void()]), HH_ERR_THREAD);
        assert!(message().contains("thread that made it"), "{}", message());
        assert_eq!(hh_func_delete(Owned::of(count.0)), HH_ERR_THREAD);
        assert_eq!(hh_instance_delete(Owned::of(instance)), HH_ERR_THREAD);
        assert_eq!(hh_instance_user(handle(instance)).to_number(), 0);
    })
    .join()
    .unwrap();
    assert_eq!(count.call(&[hh_value::to_void()]), HH_OK);
    count.free();
    rig.free();
}

#[test]
fn linkers_and_modules_serve_several_threads_at_once() {
    let rig = Rig::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let linker = handle(rig.linker);
            let module = handle(rig.module);
            scope.spawn(move || {
                let (status, instance) =
                    crate::boundary::testing::result(core::ptr::null_mut(), |place| {
                        hh_linker_instantiate(linker, module, User::number(1), place)
                    });
                assert_eq!(status, HH_OK);
                let count = super::func(instance, c"count", c"() -> i32");
                for expected in 1..100 {
                    let mut calls = 0;
                    assert_eq!(count.call(&[hh_value::to_i32(&mut calls)]), HH_OK);
                    assert_eq!(calls, expected);
                }
                count.free();
                assert_eq!(hh_instance_delete(Owned::of(instance)), HH_OK);
            });
        }
    });
    rig.free();
}
