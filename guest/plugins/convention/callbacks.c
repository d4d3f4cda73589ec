/*
 * Function pointers, both ways. Imports two functions from module "host":
 *
 *   call_me(f, x) -> i32       calls f, a pointer to int32_t (int32_t)
 *   poke()                     whatever the host likes
 *
 * In Rust: &Callback as an argument, FuncPtr<A, R> as a result and as an
 * argument of host functions.
 */
#include <stdbool.h>

#include "hostheap.h"

typedef int32_t (*unary)(int32_t);
typedef int32_t (*binary)(int32_t, int32_t);
typedef void (*action)(void);

HH_IMPORT("host", "call_me") int32_t host_call_me(unary f, int32_t x);
HH_IMPORT("host", "poke") void host_poke(void);

/* ---- The host's callbacks ------------------------------------------------ */

/* (&Callback: (i32, i32) -> i32, i32, i32) -> i32 */
HH_EXPORT("apply") int32_t apply(binary f, int32_t a, int32_t b)
{
    return f(a, b);
}

/* (&Callback: () -> ()): calls it n times. */
HH_EXPORT("call_times") void call_times(action f, uint32_t n)
{
    while (n-- > 0) {
        f();
    }
}

/* (&[i32], &Callback: (i32) -> ()) */
HH_EXPORT("for_each")
void for_each(const int32_t *numbers, size_t count, void (*f)(int32_t))
{
    for (size_t i = 0; i < count; i++) {
        f(numbers[i]);
    }
}

/* (&[i32], &Callback: (i32) -> i32) -> Vec<i32> */
HH_EXPORT("map")
hh_packed map(const int32_t *numbers, size_t count, unary f)
{
    int32_t *out = hh_must(calloc(count + 1, sizeof *out));
    for (size_t i = 0; i < count; i++) {
        out[i] = f(numbers[i]);
    }
    return HH_PACK(out, count);
}

/*
 * (&mut [i32], &Callback: (i32, i32) -> i32): sorts, equal ones stay in order;
 * the callback returns less than 0 if the first belongs before.
 */
HH_EXPORT("sort") void sort(int32_t *numbers, size_t count, binary compare)
{
    for (size_t i = 1; i < count; i++) {
        int32_t x = numbers[i];
        size_t at = i;
        for (; at > 0 && compare(x, numbers[at - 1]) < 0; at--) {
            numbers[at] = numbers[at - 1];
        }
        numbers[at] = x;
    }
}

/* (&str, &Callback: (String) -> ()): calls it with each word. */
HH_EXPORT("each_word")
void each_word(const char *text, size_t len, void (*f)(const char *, size_t))
{
    size_t from = 0;
    for (size_t i = 0; i <= len; i++) {
        if (i == len || text[i] == ' ') {
            if (i > from) {
                f(text + from, i - from);
            }
            from = i + 1;
        }
    }
}

/* (&Callback: (f64) -> f64, f64, f64, u32) -> f64: by the midpoint rule. */
HH_EXPORT("integrate")
double integrate(double (*f)(double), double from, double to, uint32_t steps)
{
    double total = 0;
    double width = (to - from) / steps;
    for (uint32_t i = 0; i < steps; i++) {
        total += f(from + (i + 0.5) * width) * width;
    }
    return total;
}

/*
 * (&Callback: (i8, u16, i64, f32, bool) -> i64) -> i64: calls it with -1,
 * 65535, -2, 0.5 and true.
 */
HH_EXPORT("call_mixed")
int64_t call_mixed(int64_t (*f)(int8_t, uint16_t, int64_t, float, bool))
{
    return f(-1, 65535, -2, 0.5f, true);
}

/* (&Callback: (u32) -> String) -> u32: the sum of the bytes of f(3). */
HH_EXPORT("sum_text_of") uint32_t sum_text_of(hh_packed (*f)(uint32_t))
{
    hh_bytes text = hh_unpack(f(3));
    uint32_t sum = 0;
    for (size_t i = 0; i < text.len; i++) {
        sum += (unsigned char)text.ptr[i];
    }
    free(text.ptr);
    return sum;
}

/* (Option<&Callback: (i32) -> i32>, i32) -> i32: -1 for None. */
HH_EXPORT("maybe_apply") int32_t maybe_apply(unary f, int32_t x)
{
    return f != NULL ? f(x) : -1;
}

/* (&Callback: (i32) -> i32, &Callback: (i32) -> i32, i32) -> i32: g(f(x)). */
HH_EXPORT("compose") int32_t compose(unary f, unary g, int32_t x)
{
    return g(f(x));
}

/* (&Callback) -> u32: the pointer itself, an index into the table. */
HH_EXPORT("index_of") uint32_t index_of(action f)
{
    return (uint32_t)(uintptr_t)f;
}

/* (&Callback: () -> ()): calls it while a block is held, and frees that. */
HH_EXPORT("call_holding") void call_holding(action f)
{
    hh_bytes held = hh_copy("held", 4);
    f();
    free(held.ptr);
}

/* ---- Kept for later ------------------------------------------------------ */

static unary handler;

/* (Option<&Callback: (i32) -> i32>): keeps the pointer. */
HH_EXPORT("set_handler") void set_handler(unary f)
{
    handler = f;
}

/* (i32) -> i32: calls it; -1 if there is none. */
HH_EXPORT("fire") int32_t fire(int32_t x)
{
    return handler != NULL ? handler(x) : -1;
}

/* ---- The plugin's own functions ------------------------------------------ */

static int32_t add(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

static int32_t subtract(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a - (uint32_t)b);
}

static int32_t multiply(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a * (uint32_t)b);
}

/* 0 for b traps. */
static int32_t divide(int32_t a, int32_t b)
{
    volatile int32_t divisor = b;
    return a / divisor;
}

/* (u8) -> Option<FuncPtr<(i32, i32), i32>>: for '+', '-', '*' and '/'. */
HH_EXPORT("get_op") binary get_op(uint8_t sign)
{
    return sign == '+'   ? add
           : sign == '-' ? subtract
           : sign == '*' ? multiply
           : sign == '/' ? divide
                         : NULL;
}

static hh_packed shout(const char *text, size_t len)
{
    hh_bytes out = hh_copy(text, len);
    for (size_t i = 0; i < len; i++) {
        if (out.ptr[i] >= 'a' && out.ptr[i] <= 'z') {
            out.ptr[i] = (char)(out.ptr[i] - 'a' + 'A');
        }
    }
    return HH_PACK(out.ptr, out.len);
}

/* () -> FuncPtr<(&str,), String>: upper case. */
HH_EXPORT("get_shout") hh_packed (*get_shout(void))(const char *, size_t)
{
    return shout;
}

/* () -> FuncPtr<(), ()>: the host's own poke, imported. */
HH_EXPORT("get_poke") action get_poke(void)
{
    return host_poke;
}

/* (u32) -> FuncPtr<any, any>: an index, in the table or not. */
HH_EXPORT("get_index") action get_index(uint32_t index)
{
    return (action)(uintptr_t)index;
}

/* ---- Handed to the host -------------------------------------------------- */

static int32_t plus_100(int32_t x)
{
    return add(x, 100);
}

/* (i32) -> i32: host.call_me(x + 100, x). */
HH_EXPORT("hand_out") int32_t hand_out(int32_t x)
{
    return host_call_me(plus_100, x);
}

/* () -> i32: host.call_me(NULL, 0). */
HH_EXPORT("hand_out_null") int32_t hand_out_null(void)
{
    return host_call_me(NULL, 0);
}

/* () -> i32: host.call_me of a function that takes two. */
HH_EXPORT("hand_out_wrong") int32_t hand_out_wrong(void)
{
    return host_call_me((unary)(void (*)(void))add, 1);
}

/* () -> i32: host.call_me of an index far beyond the table. */
HH_EXPORT("hand_out_wild") int32_t hand_out_wild(void)
{
    return host_call_me((unary)(uintptr_t)0x7fffffffu, 1);
}

/* (&Callback: (i32) -> i32, i32) -> i32: host.call_me of the host's own. */
HH_EXPORT("relay") int32_t relay(unary f, int32_t x)
{
    return host_call_me(f, x);
}

/* ---- Recursion ----------------------------------------------------------- */

/*
 * (&Callback: (u32) -> (), u32): calls it with n - 1 unless n is 0. The
 * callback calls dive in turn, if it likes.
 */
HH_EXPORT("dive") void dive(void (*f)(uint32_t), uint32_t n)
{
    if (n > 0) {
        f(n - 1);
    }
}

/* (i32) -> i32: x, each step but the last by way of host.call_me. */
HH_EXPORT("count_down") int32_t count_down(int32_t x)
{
    return x > 0 ? host_call_me(count_down, x - 1) + 1 : 0;
}

/* ---- What traps ---------------------------------------------------------- */

/* (&Callback: any but () -> ()): calls it as if it were () -> (). */
HH_EXPORT("call_as_action") void call_as_action(action volatile f)
{
    f();
}

/* (&Callback: any but (i64) -> f64) */
HH_EXPORT("call_as_f64") double call_as_f64(double (*f)(int64_t))
{
    return f(1);
}

/* (): calls a function of its own as another type. */
HH_EXPORT("call_wrong_type") void call_wrong_type(void)
{
    action volatile f = (action)add;
    f();
}

/* (&Callback: (i32) -> i32): calls it with 1, then traps. */
HH_EXPORT("call_and_trap") void call_and_trap(unary f)
{
    f(1);
    __builtin_trap();
}
