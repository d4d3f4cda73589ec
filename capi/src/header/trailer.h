
// --------------------------------------------------------------------------------------------------
// Options: what applies where NULL is given
// --------------------------------------------------------------------------------------------------
//
// These are of the header, so that the library learns the size that the structs have in it.

// The options of a heap that apply where NULL is given.
static inline hh_heap_options hh_heap_options_default(void)
{
    hh_heap_options options;
    hh_heap_options_init(&options, sizeof options);
    return options;
}

// The options of loading that apply where NULL is given.
static inline hh_load_options hh_load_options_default(void)
{
    hh_load_options options;
    hh_load_options_init(&options, sizeof options);
    return options;
}

#ifndef HOSTHEAP_BARE

// --------------------------------------------------------------------------------------------------
// Options of the plugin API: what applies where NULL is given
// --------------------------------------------------------------------------------------------------

// The settings of an engine that apply where NULL is given.
static inline hh_engine_options hh_engine_options_default(void)
{
    hh_engine_options options;
    hh_engine_options_init(&options, sizeof options);
    return options;
}

// The limits that apply where NULL is given.
static inline hh_limits hh_limits_default(void)
{
    hh_limits options;
    hh_limits_init(&options, sizeof options);
    return options;
}

// --------------------------------------------------------------------------------------------------
// Values: arguments, and where results go
// --------------------------------------------------------------------------------------------------
//
// | in the signature | argument | destination of hh_call | destination of hh_take |
// |---|---|---|---|
// | i8 i16 i32, u8 u16 u32, i64, u64 | hh_i32 hh_u32 hh_i64 hh_u64 | hh_to_i32 hh_to_u32 hh_to_i64 hh_to_u64 | the same |
// | f32 f64 bool char | hh_f32 hh_f64 hh_bool hh_char | hh_to_f32 hh_to_f64 hh_to_bool hh_to_char | the same |
// | str | hh_str hh_strn | | hh_to_span hh_to_string |
// | bytes | hh_bytes | hh_to_string | hh_to_span hh_to_string |
// | cstr | hh_cstr | | hh_to_span hh_to_string |
// | slice<T> | hh_array | | hh_to_array hh_to_vec |
// | mut slice<T>, out slice<T> | hh_array_mut | | hh_to_array |
// | slice<str>, slice<bytes> | hh_list | | hh_to_spans |
// | &T | hh_in | | hh_to_struct hh_to_array |
// | mut T, out T | hh_inout | | hh_to_array |
// | ptr | hh_ptr hh_kept | hh_to_ptr | hh_to_ptr |
// | func | hh_fn hh_closure | hh_to_fn | hh_to_fn |
// | option<...> | the same, or hh_null() | the same: data NULL, 0 | the same: data NULL, 0 |
// | string, cstring | hh_str hh_strn; hh_cstr | hh_to_string | |
// | vec<T> | hh_array | hh_to_vec | |
// | struct s | hh_in | hh_to_struct | |
// | option<struct s> | hh_in, hh_null() | hh_to_option_struct | |
// | (i32, f64) | one value for each number | hh_to_tuple | |
// | result<...> | what is in it, or hh_give_error | what is in it; HH_ERR_GUEST | |
// | nothing | | hh_to_void() | |
//
// An integer fits every integer type that has its value: hh_i32(7) may be passed as a u8. The type of a
// destination is the result's. Structs and elements of arrays are as the plugin's C compiler lays them
// out (wasm32: pointers and size_t are uint32_t, little-endian).

static inline hh_value hh_value_make(uint32_t kind, size_t size, uint64_t bits, const void *data,
                                     void *more)
{
    hh_value value;
    // What does not fit is larger than any plugin's memory, and is refused.
    value.kind = kind;
    value.size = (uint64_t)size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
    value.bits = bits;
    // The library writes to what the functions with a pointer that is not const were given.
    memcpy(&value.data, &data, sizeof value.data);
    value.more = more;
    return value;
}

// Arguments
// ---------

// An int8_t, int16_t or int32_t.
static inline hh_value hh_i32(int32_t number)
{
    return hh_value_make(HH_KIND_I32, 0, (uint64_t)(int64_t)number, NULL, NULL);
}

// A uint8_t, uint16_t or uint32_t.
static inline hh_value hh_u32(uint32_t number)
{
    return hh_value_make(HH_KIND_U32, 0, number, NULL, NULL);
}

// An int64_t.
static inline hh_value hh_i64(int64_t number)
{
    return hh_value_make(HH_KIND_I64, 0, (uint64_t)number, NULL, NULL);
}

// A uint64_t.
static inline hh_value hh_u64(uint64_t number)
{
    return hh_value_make(HH_KIND_U64, 0, number, NULL, NULL);
}

// A float.
static inline hh_value hh_f32(float number)
{
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    return hh_value_make(HH_KIND_F32, 0, bits, NULL, NULL);
}

// A double.
static inline hh_value hh_f64(double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return hh_value_make(HH_KIND_F64, 0, bits, NULL, NULL);
}

// A bool.
static inline hh_value hh_bool(bool truth)
{
    return hh_value_make(HH_KIND_BOOL, 0, truth ? 1 : 0, NULL, NULL);
}

// A Unicode character, by its code point.
static inline hh_value hh_char(uint32_t code_point)
{
    return hh_value_make(HH_KIND_CHAR, 0, code_point, NULL, NULL);
}

// Text: UTF-8 that ends with a NUL byte. NULL is an error; hh_null() is for none.
static inline hh_value hh_str(const char *text)
{
    return hh_value_make(HH_KIND_STR, 0, text == NULL ? UINT64_MAX : strlen(text), text, NULL);
}

// Text: `len` bytes of UTF-8, which may have NUL bytes in it.
static inline hh_value hh_strn(const char *text, size_t len)
{
    return hh_value_make(HH_KIND_STR, 0, len, text, NULL);
}

// `len` bytes of anything.
static inline hh_value hh_bytes(const void *data, size_t len)
{
    return hh_value_make(HH_KIND_BYTES, 0, len, data, NULL);
}

// Text that ends with a NUL byte in the plugin too, of any encoding.
static inline hh_value hh_cstr(const char *text)
{
    return hh_value_make(HH_KIND_CSTR, 0, 0, text, NULL);
}

// `count` elements of `element_size` bytes: hh_array(xs, 3, sizeof xs[0]).
static inline hh_value hh_array(const void *data, size_t count, size_t element_size)
{
    return hh_value_make(HH_KIND_ARRAY, element_size, count, data, NULL);
}

// The same, which the plugin writes to: `data` has what it left there when the call has returned. Even
// for `out` it must be initialised. Until then nobody else reads or writes it, the host's own functions
// that the plugin calls meanwhile included.
static inline hh_value hh_array_mut(void *data, size_t count, size_t element_size)
{
    return hh_value_make(HH_KIND_ARRAY_MUT, element_size, count, data, NULL);
}

// A struct or a number behind a pointer: hh_in(&point, sizeof point).
static inline hh_value hh_in(const void *data, size_t size)
{
    return hh_value_make(HH_KIND_IN, size, 0, data, NULL);
}

// The same, which the plugin writes to, under the conditions of hh_array_mut: even for `out` it must be
// initialised, and nobody else touches it until the call has returned.
static inline hh_value hh_inout(void *data, size_t size)
{
    return hh_value_make(HH_KIND_INOUT, size, 0, data, NULL);
}

// Several texts or buffers, each with its length in bytes.
static inline hh_value hh_list(const hh_span *list, size_t count)
{
    return hh_value_make(HH_KIND_LIST, 0, count, list, NULL);
}

// An offset in the plugin's memory: a pointer of its own.
static inline hh_value hh_ptr(uint32_t offset)
{
    return hh_value_make(HH_KIND_PTR, 0, offset, NULL, NULL);
}

// A function pointer of the plugin's.
static inline hh_value hh_fn(uint32_t index)
{
    return hh_value_make(HH_KIND_FN, 0, index, NULL, NULL);
}

// A block that the host keeps, as a pointer.
static inline hh_value hh_kept(const hh_block *block)
{
    return hh_value_make(HH_KIND_KEPT, 0, 0, block, NULL);
}

// A callback, as a function pointer.
static inline hh_value hh_closure(const hh_callback *callback)
{
    return hh_value_make(HH_KIND_CLOSURE, 0, 0, callback, NULL);
}

// None, for option<...>.
static inline hh_value hh_null(void)
{
    return hh_value_make(HH_KIND_NULL, 0, 0, NULL, NULL);
}

// Destinations
// ------------

// No result, or one that does not matter; in hh_take, a parameter that does not, of any type. In hh_call
// a struct, a vec of structs and what option and result have of these cannot be ignored: the library has
// to know their size, so give them a place.
static inline hh_value hh_to_void(void)
{
    return hh_value_make(HH_KIND_TO_VOID, 0, 0, NULL, NULL);
}

// An i8, i16 or i32.
static inline hh_value hh_to_i32(int32_t *place)
{
    return hh_value_make(HH_KIND_TO_I32, 0, 0, place, NULL);
}

// A u8, u16 or u32.
static inline hh_value hh_to_u32(uint32_t *place)
{
    return hh_value_make(HH_KIND_TO_U32, 0, 0, place, NULL);
}

// An i64.
static inline hh_value hh_to_i64(int64_t *place)
{
    return hh_value_make(HH_KIND_TO_I64, 0, 0, place, NULL);
}

// A u64.
static inline hh_value hh_to_u64(uint64_t *place)
{
    return hh_value_make(HH_KIND_TO_U64, 0, 0, place, NULL);
}

// An f32.
static inline hh_value hh_to_f32(float *place)
{
    return hh_value_make(HH_KIND_TO_F32, 0, 0, place, NULL);
}

// An f64.
static inline hh_value hh_to_f64(double *place)
{
    return hh_value_make(HH_KIND_TO_F64, 0, 0, place, NULL);
}

// A bool.
static inline hh_value hh_to_bool(bool *place)
{
    return hh_value_make(HH_KIND_TO_BOOL, 0, 0, place, NULL);
}

// A char: its code point.
static inline hh_value hh_to_char(uint32_t *place)
{
    return hh_value_make(HH_KIND_TO_CHAR, 0, 0, place, NULL);
}

// Text or bytes, which are the caller's then: hh_string_free. `data` is NULL for none.
static inline hh_value hh_to_string(hh_string *place)
{
    return hh_value_make(HH_KIND_TO_STRING, 1, 0, place, NULL);
}

// Elements of `element_size` bytes, which are the caller's then: hh_string_free. Its `len` is in bytes,
// and its `data` aligned for any byte only: copy the elements out. `data` is NULL for none.
static inline hh_value hh_to_vec(hh_string *place, size_t element_size)
{
    return hh_value_make(HH_KIND_TO_VEC, element_size, 0, place, NULL);
}

// A struct of `size` bytes: hh_to_struct(&point, sizeof point).
static inline hh_value hh_to_struct(void *place, size_t size)
{
    return hh_value_make(HH_KIND_TO_STRUCT, size, 0, place, NULL);
}

// A struct that may be missing: `*present` says whether it is there.
static inline hh_value hh_to_option_struct(void *place, size_t size, bool *present)
{
    return hh_value_make(HH_KIND_TO_OPTION_STRUCT, size, 0, place, present);
}

// A pointer into the plugin's memory, which nobody has checked yet; 0 for none.
static inline hh_value hh_to_ptr(uint32_t *place)
{
    return hh_value_make(HH_KIND_TO_PTR, 0, 0, place, NULL);
}

// A function pointer of the plugin's, for hh_instance_func_at; 0 for none.
static inline hh_value hh_to_fn(uint32_t *place)
{
    return hh_value_make(HH_KIND_TO_FN, 0, 0, place, NULL);
}

// Two to four numbers: `places` are as many destinations.
static inline hh_value hh_to_tuple(const hh_value *places, size_t count)
{
    return hh_value_make(HH_KIND_TO_TUPLE, 0, count, places, NULL);
}

// Destinations of hh_take only. What they point to is the library's, a copy of the plugin's bytes, and
// valid until the host function returns.

// Text or bytes, with a NUL byte after them that `len` does not count. `data` is NULL for none.
static inline hh_value hh_to_span(hh_span *place)
{
    return hh_value_make(HH_KIND_TO_SPAN, 1, 0, place, NULL);
}

// Elements of `element_size` bytes; `len` is how many. For `mut` and `out` parameters, what is written
// there goes back to the plugin when the function returns HH_OK. What is behind one pointer (&T, mut T,
// out T) is one element. `data` is aligned as what malloc gives: for every type of C that fits.
static inline hh_value hh_to_array(hh_span *place, size_t element_size)
{
    return hh_value_make(HH_KIND_TO_ARRAY, element_size, 0, place, NULL);
}

// Several texts or buffers.
static inline hh_value hh_to_spans(hh_spans *place)
{
    return hh_value_make(HH_KIND_TO_SPANS, 0, 0, place, NULL);
}

// Calls
// -----

#ifndef __cplusplus

// The values as an array, and their number; the second time they stand there they are not evaluated.
#define HH_VALUES(...)                                                                             \
    ((const hh_value[]){__VA_ARGS__}), (sizeof((const hh_value[]){__VA_ARGS__}) / sizeof(hh_value))

// hh_call(func, destination, arguments...) calls a function of a plugin: see hh_func_call.
//
//     hh_string hello;
//     if (hh_call(greet, hh_to_string(&hello), hh_str("World")) != HH_OK) { ... hh_error_message() ... }
#define hh_call(func, ...) hh_func_call((func), HH_VALUES(__VA_ARGS__))

// hh_take(invocation, destinations...) takes the parameters of a host function, in order: see
// hh_invocation_take.
#define hh_take(call, ...) hh_invocation_take((call), HH_VALUES(__VA_ARGS__))

// hh_give(invocation, value) gives the result of a host function; the numbers of a tuple are several
// values: see hh_invocation_give.
//
//     return hh_give(invocation, hh_str("Ada"));
#define hh_give(call, ...) hh_invocation_give((call), HH_VALUES(__VA_ARGS__))

#else // The same in C++.

template <class... Values>
inline hh_status hh_call(hh_func *func, Values... values)
{
    const hh_value list[] = {values...};
    return hh_func_call(func, list, sizeof...(values));
}

template <class... Values>
inline hh_status hh_take(hh_invocation *call, Values... values)
{
    const hh_value list[] = {values...};
    return hh_invocation_take(call, list, sizeof...(values));
}

template <class... Values>
inline hh_status hh_give(hh_invocation *call, Values... values)
{
    const hh_value list[] = {values...};
    return hh_invocation_give(call, list, sizeof...(values));
}

#endif

#endif // HOSTHEAP_BARE
