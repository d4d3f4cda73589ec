/* Exported globals of a plugin. */
#include "check.h"
#include "tests.h"

/* (module (memory (export "memory") 1)
 *   (global (export "i") (mut i32) (i32.const 7)) (global (export "l") (mut i64) (i64.const -1))
 *   (global (export "d") (mut f64) (f64.const 1.5)) (global (export "c") i32 (i32.const 3))) */
static const uint8_t wasm[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
    /* memory: 1 page */
    0x05, 0x03, 0x01, 0x00, 0x01,
    /* globals */
    0x06, 0x1c, 0x04,
    0x7f, 0x01, 0x41, 0x07, 0x0b,
    0x7e, 0x01, 0x42, 0x7f, 0x0b,
    0x7c, 0x01, 0x44, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf8, 0x3f, 0x0b,
    0x7f, 0x00, 0x41, 0x03, 0x0b,
    /* exports */
    0x07, 0x1a, 0x05,
    0x06, 'm', 'e', 'm', 'o', 'r', 'y', 0x02, 0x00,
    0x01, 'i', 0x03, 0x00,
    0x01, 'l', 0x03, 0x01,
    0x01, 'd', 0x03, 0x02,
    0x01, 'c', 0x03, 0x03,
};

void globals_are_read_and_set(void)
{
    int32_t i;
    uint32_t u;
    int64_t l;
    double d;
    rig rig = { new_engine(), NULL, NULL, NULL };
    OK(hh_module_load(rig.engine, wasm, sizeof wasm, NULL, &rig.module));
    OK(hh_linker_new(rig.engine, &rig.linker));
    rig_start(&rig, NULL);
    OK(hh_instance_global(rig.plugin, "i", hh_to_i32(&i)));
    SAME(i, 7);
    OK(hh_instance_set_global(rig.plugin, "i", hh_i32(-1)));
    OK(hh_instance_global(rig.plugin, "i", hh_to_u32(&u)));
    SAME(u, UINT32_MAX);
    OK(hh_instance_set_global(rig.plugin, "l", hh_i64(INT64_MIN)));
    OK(hh_instance_global(rig.plugin, "l", hh_to_i64(&l)));
    SAME(l, INT64_MIN);
    OK(hh_instance_global(rig.plugin, "d", hh_to_f64(&d)));
    CHECK(d == 1.5);
    OK(hh_instance_set_global(rig.plugin, "d", hh_f64(-2)));
    OK(hh_instance_global(rig.plugin, "d", hh_to_f64(&d)));
    CHECK(d == -2);

    FAILS(HH_ERR_LINK, "nobody", hh_instance_global(rig.plugin, "nobody", hh_to_i32(&i)));
    FAILS(HH_ERR_LINK, NULL, hh_instance_set_global(rig.plugin, "c", hh_i32(4)));
    FAILS(HH_ERR_LINK, NULL, hh_instance_set_global(rig.plugin, "i", hh_f64(4)));
    FAILS(HH_ERR_ARGUMENT, NULL, hh_instance_global(rig.plugin, "l", hh_to_i32(&i)));
    FAILS(HH_ERR_ARGUMENT, NULL, hh_instance_set_global(rig.plugin, "i", hh_str("4")));
    rig_close(&rig);
}
