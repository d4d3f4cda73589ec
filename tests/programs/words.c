/* Counts made-up words in a hash table that grows: many small blocks of all sizes. */
#include "program.h"

struct entry {
    struct entry *next;
    unsigned count;
    char word[];
};

static struct entry **table;
static size_t buckets, entries;

static uint32_t hash(const char *word)
{
    uint32_t hash = 2166136261u;
    while (*word)
        hash = (hash ^ (unsigned char)*word++) * 16777619u;
    return hash;
}

static void grow(void)
{
    size_t larger = buckets ? 2 * buckets : 8;
    struct entry **moved = calloc(larger, sizeof *moved);
    if (moved == NULL)
        __builtin_trap();
    for (size_t i = 0; i < buckets; i++) {
        for (struct entry *next, *it = table[i]; it; it = next) {
            next = it->next;
            size_t to = hash(it->word) % larger;
            it->next = moved[to];
            moved[to] = it;
        }
    }
    free(table);
    table = moved;
    buckets = larger;
}

static void count(const char *word)
{
    if (entries >= buckets)
        grow();
    struct entry **at = &table[hash(word) % buckets];
    for (struct entry *it = *at; it; it = it->next) {
        if (strcmp(it->word, word) == 0) {
            it->count++;
            return;
        }
    }
    struct entry *it = malloc(sizeof *it + strlen(word) + 1);
    if (it == NULL)
        __builtin_trap();
    strcpy(it->word, word);
    it->count = 1;
    it->next = *at;
    *at = it;
    entries++;
}

static int by_count(const void *a, const void *b)
{
    const struct entry *x = *(struct entry *const *)a, *y = *(struct entry *const *)b;
    return x->count != y->count ? (x->count < y->count ? 1 : -1) : strcmp(x->word, y->word);
}

EXPORT("run") int64_t run(int32_t scale)
{
    static const char *const parts[] = {"ka", "lo", "mi", "nu", "re", "so", "ti", "wu"};
    uint32_t random = 1;
    for (int32_t i = 0; i < scale * 1000; i++) {
        char word[64] = "";
        random = random * 1664525u + 1013904223u;
        uint32_t bits = random >> 8;
        for (unsigned n = 1 + (bits & 3); n > 0; n--) {
            strcat(word, parts[(bits >>= 3) & 7]);
        }
        count(word);
    }
    /* By address, to be sorted: and one that wants to be aligned. */
    struct entry **all = aligned_alloc(64, (entries * sizeof *all + 63) / 64 * 64);
    if (all == NULL || (uintptr_t)all % 64 != 0)
        __builtin_trap();
    size_t n = 0;
    for (size_t i = 0; i < buckets; i++)
        for (struct entry *it = table[i]; it; it = it->next)
            all[n++] = it;
    qsort(all, n, sizeof *all, by_count);
    text out = {0};
    for (size_t i = 0; i < n; i++)
        say(&out, "%s %u\n", all[i]->word, all[i]->count);
    for (size_t i = 0; i < n; i++)
        free(all[i]);
    free(all);
    free(table);
    table = NULL;
    buckets = entries = 0;
    return give(&out);
}
