/*
 * Whose block it is: owned arguments, which the plugin frees, keeps or returns;
 * kept ones, which outlive the call; and the wrong things to do with borrowed
 * ones. Imports host.poke(), which is called in the middle of a call.
 *
 * Structs: see shapes.h.
 */
#include "shapes.h"

HH_IMPORT("host", "poke") void host_poke(void);

/* Hides from the compiler where a pointer came from. */
static void *opaque(const volatile void *p)
{
    const volatile void *volatile hidden = p;
    return (void *)(uintptr_t)hidden;
}

static uint32_t byte_sum(const volatile char *bytes, size_t len)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < len; i++) {
        sum += (unsigned char)bytes[i];
    }
    return sum;
}

/* ---- Owned: freed by the plugin ------------------------------------------ */

/* (Owned(&str)) -> u32: the sum of its bytes. */
HH_EXPORT("consume") uint32_t consume(char *text, size_t len)
{
    uint32_t sum = byte_sum(text, len);
    free(text);
    return sum;
}

/* (Owned(&CStr)) -> u32: its length. */
HH_EXPORT("consume_c_text") size_t consume_c_text(char *text)
{
    size_t len = strlen(text);
    free(text);
    return len;
}

/* (Owned(&[i32])) -> i64: the sum. */
HH_EXPORT("consume_numbers")
int64_t consume_numbers(int32_t *numbers, size_t count)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += numbers[i];
    }
    free(numbers);
    return sum;
}

/* (Owned(&Point)) -> f64: x + y. */
HH_EXPORT("consume_point") double consume_point(struct point *p)
{
    double sum = p->x + p->y;
    free(p);
    return sum;
}

/* (Option<Owned(&str)>) -> i64: the sum of its bytes; -1 for None. */
HH_EXPORT("maybe_consume") int64_t maybe_consume(char *text, size_t len)
{
    return text != NULL ? (int64_t)consume(text, len) : -1;
}

/* (Owned(&str), &str, Owned(&[i32])) -> i64: the sums of all. */
HH_EXPORT("consume_two_of_three")
int64_t consume_two_of_three(char *a, size_t a_len, const char *b,
                             size_t b_len, int32_t *c, size_t c_len)
{
    return (int64_t)consume(a, a_len) + byte_sum(b, b_len) +
           consume_numbers(c, c_len);
}

/* ---- Owned: kept, returned, resized -------------------------------------- */

/* What `stash` keeps: the bytes of each text, and a block to link it. */
static struct node {
    struct node *next;
    char *text;
    size_t len;
} *stashed;

/* (Owned(&str)) -> u32: keeps it; returns how many there are. */
HH_EXPORT("stash") uint32_t stash(char *text, size_t len)
{
    struct node *n = hh_must(malloc(sizeof *n));
    uint32_t count = 0;
    n->next = stashed;
    n->text = text;
    n->len = len;
    stashed = n;
    for (; n != NULL; n = n->next) {
        count++;
    }
    return count;
}

/* () -> u32: the sum of the bytes of all. */
HH_EXPORT("stash_sum") uint32_t stash_sum(void)
{
    uint32_t sum = 0;
    for (struct node *n = stashed; n != NULL; n = n->next) {
        sum += byte_sum(n->text, n->len);
    }
    return sum;
}

/* () -> Option<String>: the last one, whose block goes to the host. */
HH_EXPORT("unstash") hh_packed unstash(void)
{
    struct node *n = stashed;
    if (n == NULL) {
        return HH_PACK(NULL, 0);
    }
    hh_packed out = HH_PACK(n->text, n->len);
    stashed = n->next;
    free(n);
    return out;
}

/* () -> u32: frees all; returns how many there were. */
HH_EXPORT("stash_clear") uint32_t stash_clear(void)
{
    uint32_t count = 0;
    while (stashed != NULL) {
        free(hh_unpack(unstash()).ptr);
        count++;
    }
    return count;
}

/* (Owned(&str)) -> String: the very block. */
HH_EXPORT("give_back") hh_packed give_back(char *text, size_t len)
{
    return HH_PACK(text, len);
}

/* (Owned(&Point)) -> Point: the very block. */
HH_EXPORT("give_point_back") struct point *give_point_back(struct point *p)
{
    return p;
}

/* (Owned(&str), u32) -> String: the text n times, by realloc. */
HH_EXPORT("repeat_in_place")
hh_packed repeat_in_place(char *text, size_t len, uint32_t times)
{
    text = hh_must(realloc(text, len * times > 0 ? len * times : 1));
    for (uint32_t i = 1; i < times; i++) {
        memcpy(text + i * len, text, len);
    }
    return HH_PACK(text, len * times);
}

/* (Owned(&str)): leaves it lying about: one block more that is live. */
HH_EXPORT("lose") void lose(char *text, size_t len)
{
    (void)text;
    (void)len;
}

/* (Owned(&str)): the second free must be caught. */
HH_EXPORT("free_twice") void free_twice(char *text, size_t len)
{
    (void)len;
    free(opaque(text));
    free(opaque(text));
}

/* (Owned(&str)): traps before it is freed: it stays the plugin's. */
HH_EXPORT("trap_owning") void trap_owning(char *text, size_t len)
{
    (void)text;
    (void)len;
    __builtin_trap();
}

/* ---- Kept: blocks that outlive the call ---------------------------------- */

static const volatile char *remembered;

/* (&GuestBlock): keeps the pointer. */
HH_EXPORT("remember") void remember(const char *text)
{
    remembered = text;
}

/* (&str), (&[T]): the same for what is borrowed, and must not be kept. */
HH_EXPORT("remember_borrowed")
void remember_borrowed(const char *text, size_t len)
{
    (void)len;
    remembered = text;
}

/* () -> u8: the first byte of what is remembered; NULL traps. */
HH_EXPORT("recall") uint8_t recall(void)
{
    if (remembered == NULL) {
        __builtin_trap();
    }
    return (uint8_t)remembered[0];
}

/* (u32) -> u8: its byte n. */
HH_EXPORT("recall_at") uint8_t recall_at(uint32_t n)
{
    return (uint8_t)remembered[n];
}

/* (u32) -> u32: the sum of its first n bytes. */
HH_EXPORT("recall_sum") uint32_t recall_sum(size_t n)
{
    return byte_sum(remembered, n);
}

/* (u32) -> i64: the sum of its first n, as int32_t. */
HH_EXPORT("recall_numbers") int64_t recall_numbers(size_t n)
{
    const int32_t *numbers = opaque(remembered);
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += numbers[i];
    }
    return sum;
}

/* (u32) -> String: its first n bytes, still in the block that is kept. */
HH_EXPORT("return_remembered") hh_packed return_remembered(size_t n)
{
    return HH_PACK(remembered, n);
}

/* (u32, u32): writes into what is remembered. */
HH_EXPORT("write_remembered")
void write_remembered(uint32_t at, uint32_t byte)
{
    *((char *)opaque(remembered) + at) = (char)byte;
}

/* (): frees what is remembered, which must be caught if the host keeps it. */
HH_EXPORT("free_remembered") void free_remembered(void)
{
    free(opaque(remembered));
}

/* (u32): resizes it, which must be caught as well. */
HH_EXPORT("realloc_remembered") void *realloc_remembered(size_t size)
{
    return realloc(opaque(remembered), size);
}

/* ---- Borrowed: what must be caught --------------------------------------- */

/* (&str), (&[T]), (&mut [T]) */
HH_EXPORT("free_borrowed") void free_borrowed(char *text, size_t len)
{
    (void)len;
    free(opaque(text));
}

/* (&CStr), (&T), (&mut T), (Composed(&T)) */
HH_EXPORT("free_borrowed_pointer") void free_borrowed_pointer(void *p)
{
    free(opaque(p));
}

/* (&str, u32) -> u32 */
HH_EXPORT("realloc_borrowed")
void *realloc_borrowed(char *text, size_t len, uint32_t size)
{
    (void)len;
    return realloc(opaque(text), size);
}

/* (&mut [i32]): writes one element too many, which harms nobody but itself. */
HH_EXPORT("overrun") void overrun(int32_t *numbers, size_t count)
{
    ((volatile int32_t *)numbers)[count] = -1;
}

/* ---- Borrowed: what is right --------------------------------------------- */

/* (&str) -> String: its own argument. */
HH_EXPORT("return_borrowed")
hh_packed return_borrowed(const char *text, size_t len)
{
    return HH_PACK(text, len);
}

/* (&str) -> String: its second half. */
HH_EXPORT("return_borrowed_half")
hh_packed return_borrowed_half(const char *text, size_t len)
{
    return HH_PACK(text + len / 2, len - len / 2);
}

/* (&CStr) -> CString: its own argument. */
HH_EXPORT("return_borrowed_c_text")
const char *return_borrowed_c_text(const char *text)
{
    return text;
}

/* (&Point) -> Point: its own argument. */
HH_EXPORT("return_borrowed_point")
const struct point *return_borrowed_point(const struct point *p)
{
    return p;
}

/* ---- In the middle of a call --------------------------------------------- */

/* (&str): traps while it holds its argument and a block of its own. */
HH_EXPORT("trap_with") void trap_with(const char *text, size_t len)
{
    hh_copy(text, len);
    __builtin_trap();
}

/* (&str) -> bool: calls host.poke(); whether the text is the same after it. */
HH_EXPORT("poke_between") bool poke_between(const char *text, size_t len)
{
    uint32_t before = byte_sum(text, len);
    host_poke();
    return byte_sum(text, len) == before;
}

/* (Owned(&str)) -> u32: calls host.poke(), then is as `consume`. */
HH_EXPORT("poke_and_consume") uint32_t poke_and_consume(char *text, size_t len)
{
    host_poke();
    return consume(text, len);
}

/* (&mut i32): adds 1, calls host.poke(), adds 10. */
HH_EXPORT("poke_and_add") void poke_and_add(volatile int32_t *x)
{
    *x += 1;
    host_poke();
    *x += 10;
}

/* () -> String: calls host.poke() with the result at hand. */
HH_EXPORT("poke_and_return") hh_packed poke_and_return(void)
{
    hh_bytes out = hh_copy("poked", 5);
    host_poke();
    return HH_PACK(out.ptr, out.len);
}
