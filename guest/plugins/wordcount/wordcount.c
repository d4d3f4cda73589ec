/*
 * Wordcount: a small real program. It keeps words in a hash table that grows
 * and shrinks, one block per word, and sorts them for its reports.
 *
 * A word is a run of ASCII letters and digits, apostrophes, and bytes from 0x80
 * up (so other scripts stay whole). ASCII letters count in lower case.
 *
 * A report has one line "WORD COUNT\n" per word: the most frequent first, words
 * of equal count in byte order.
 */
#include <stdbool.h>

#include "hostheap.h"

/* ---- Words --------------------------------------------------------------- */

/* A word as it stands in somebody's text, in any case. */
typedef struct {
    const char *ptr;
    size_t len;
} word;

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_word_byte(char c)
{
    char l = lower(c);
    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '\'' ||
           (unsigned char)c >= 0x80;
}

/* Moves *at past the next word before `end` and stores it; false if none. */
static bool next_word(const char **at, const char *end, word *found)
{
    const char *p = *at;
    while (p < end && !is_word_byte(*p)) {
        p++;
    }
    found->ptr = p;
    while (p < end && is_word_byte(*p)) {
        p++;
    }
    found->len = (size_t)(p - found->ptr);
    *at = p;
    return found->len > 0;
}

/* FNV-1a over the word in lower case. */
static uint32_t hash_of(word w)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < w.len; i++) {
        hash = (hash ^ (unsigned char)lower(w.ptr[i])) * 16777619u;
    }
    return hash;
}

/* ---- Table --------------------------------------------------------------- */

/*
 * Open addressing with linear probing. `capacity` is a power of two, or 0 for a
 * table without slots. At most 3/4 of the slots are taken, and at least 1/8
 * unless the table has its smallest size.
 */
typedef struct {
    char *key; /* in lower case, a block of its own; NULL: empty slot */
    size_t len;
    uint32_t hash;
    uint32_t count;
} slot;

typedef struct {
    slot *slots;
    size_t capacity;
    size_t used;
} table;

#define SMALLEST 16u

static bool same_word(const slot *s, word w, uint32_t hash)
{
    if (s->hash != hash || s->len != w.len) {
        return false;
    }
    for (size_t i = 0; i < w.len; i++) {
        if (s->key[i] != lower(w.ptr[i])) {
            return false;
        }
    }
    return true;
}

/* The word's slot, or the empty one where it belongs. Needs an empty slot. */
static slot *find(const table *t, word w, uint32_t hash)
{
    size_t mask = t->capacity - 1;
    size_t i = hash & mask;
    while (t->slots[i].key != NULL && !same_word(&t->slots[i], w, hash)) {
        i = (i + 1) & mask;
    }
    return &t->slots[i];
}

/* Moves all words to a new array of `capacity` slots, larger or smaller. */
static void resize(table *t, size_t capacity)
{
    slot *old = t->slots;
    size_t old_capacity = t->capacity;
    size_t mask = capacity - 1;

    t->slots = hh_must(calloc(capacity, sizeof(slot)));
    t->capacity = capacity;
    for (size_t i = 0; i < old_capacity; i++) {
        if (old[i].key != NULL) {
            size_t to = old[i].hash & mask;
            while (t->slots[to].key != NULL) {
                to = (to + 1) & mask;
            }
            t->slots[to] = old[i];
        }
    }
    free(old);
}

/* Counts one more `w`. */
static void add(table *t, word w)
{
    uint32_t hash = hash_of(w);
    if (t->used >= t->capacity / 4 * 3) {
        resize(t, t->capacity > 0 ? t->capacity * 2 : SMALLEST);
    }
    slot *s = find(t, w, hash);
    if (s->key == NULL) {
        s->key = hh_must(malloc(w.len));
        for (size_t i = 0; i < w.len; i++) {
            s->key[i] = lower(w.ptr[i]);
        }
        s->len = w.len;
        s->hash = hash;
        t->used++;
    }
    s->count++;
}

/*
 * Closes the gap at `hole`: each later word of the run moves back into it if
 * its own place allows, which leaves a new hole further on.
 */
static void close_gap(table *t, size_t hole)
{
    size_t mask = t->capacity - 1;
    for (size_t i = (hole + 1) & mask; t->slots[i].key != NULL;
         i = (i + 1) & mask) {
        size_t from_home = (i - t->slots[i].hash) & mask;
        size_t from_hole = (i - hole) & mask;
        if (from_home >= from_hole) {
            t->slots[hole] = t->slots[i];
            hole = i;
        }
    }
    t->slots[hole] = (slot){ NULL, 0, 0, 0 };
}

/* Takes a word out; returns how often it had been counted. */
static uint32_t forget(table *t, word w)
{
    if (t->used == 0) {
        return 0;
    }
    slot *s = find(t, w, hash_of(w));
    uint32_t count = s->count;
    if (s->key == NULL) {
        return 0;
    }
    free(s->key);
    close_gap(t, (size_t)(s - t->slots));
    t->used--;
    if (t->capacity > SMALLEST && t->used < t->capacity / 8) {
        resize(t, t->capacity / 2);
    }
    return count;
}

static void clear(table *t)
{
    for (size_t i = 0; i < t->capacity; i++) {
        free(t->slots[i].key);
    }
    free(t->slots);
    *t = (table){ NULL, 0, 0 };
}

/* Counts all words of a text; returns how many it had. */
static uint32_t feed(table *t, const char *text, size_t len)
{
    uint32_t words = 0;
    const char *at = text;
    word w;
    while (next_word(&at, text + len, &w)) {
        add(t, w);
        words++;
    }
    return words;
}

/* ---- Reports ------------------------------------------------------------- */

/* Whether `a` stands before `b` in a report. */
static bool before(const slot *a, const slot *b)
{
    if (a->count != b->count) {
        return a->count > b->count;
    }
    size_t common = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->key, b->key, common);
    return order != 0 ? order < 0 : a->len < b->len;
}

/* Lets the item at `root` sink until none below it belongs after it. */
static void sift_down(const slot **items, size_t root, size_t count)
{
    const slot *item = items[root];
    for (size_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
        if (child + 1 < count && before(items[child], items[child + 1])) {
            child++;
        }
        if (!before(item, items[child])) {
            break;
        }
        items[root] = items[child];
        root = child;
    }
    items[root] = item;
}

/* Heapsort: no recursion and no memory, whatever the input. */
static void sort(const slot **items, size_t count)
{
    for (size_t i = count / 2; i-- > 0;) {
        sift_down(items, i, count);
    }
    for (size_t end = count; end-- > 1;) {
        const slot *last = items[0];
        items[0] = items[end];
        items[end] = last;
        sift_down(items, 0, end);
    }
}

/* Pointers to the table's words in the order of a report. */
static const slot **sorted(const table *t)
{
    const slot **items = hh_must(reallocarray(NULL, t->used, sizeof *items));
    size_t n = 0;
    for (size_t i = 0; i < t->capacity; i++) {
        if (t->slots[i].key != NULL) {
            items[n++] = &t->slots[i];
        }
    }
    sort(items, n);
    return items;
}

static size_t digits(uint32_t number)
{
    size_t n = 1;
    for (; number >= 10; number /= 10) {
        n++;
    }
    return n;
}

static size_t line_len(const slot *s)
{
    return s->len + 1 + digits(s->count) + 1;
}

/* Writes one line; returns where the next one goes. */
static char *write_line(char *out, const slot *s)
{
    char *end = out + line_len(s);
    char *at = end;
    uint32_t rest = s->count;

    memcpy(out, s->key, s->len);
    out[s->len] = ' ';
    *--at = '\n';
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    return end;
}

/* The first `limit` lines of the report. */
static hh_packed report(const table *t, size_t limit)
{
    size_t lines = limit < t->used ? limit : t->used;
    if (lines == 0) {
        return HH_PACK(NULL, 0);
    }
    const slot **items = sorted(t);
    size_t len = 0;
    for (size_t i = 0; i < lines; i++) {
        len += line_len(items[i]);
    }
    char *out = hh_must(malloc(len));
    char *at = out;
    for (size_t i = 0; i < lines; i++) {
        at = write_line(at, items[i]);
    }
    free(items);
    return HH_PACK(out, len);
}

/* ---- Exports ------------------------------------------------------------- */

/* The report on one text; keeps nothing. */
HH_EXPORT("count") hh_packed count(const char *text, size_t len)
{
    table t = { NULL, 0, 0 };
    feed(&t, text, len);
    hh_packed out = report(&t, t.used);
    clear(&t);
    return out;
}

/* What the wc_ functions below add to and read, from call to call. */
static table words;

/* Counts the words of a text; returns how many it had. Words end with it. */
HH_EXPORT("wc_feed") uint32_t wc_feed(const char *text, size_t len)
{
    return feed(&words, text, len);
}

/* The report on the `n` most frequent words. */
HH_EXPORT("wc_top") hh_packed wc_top(uint32_t n)
{
    return report(&words, n);
}

/* Forgets a word; returns how often it had been counted, 0 if unknown. */
HH_EXPORT("wc_forget") uint32_t wc_forget(const char *text, size_t len)
{
    word w = { text, len };
    return forget(&words, w);
}

/* How many different words are known. */
HH_EXPORT("wc_words") uint32_t wc_words(void)
{
    return words.used;
}

/* Forgets everything; afterwards the plugin holds no block at all. */
HH_EXPORT("wc_clear") void wc_clear(void)
{
    clear(&words);
}
