/* SQLite without an operating system: databases in memory, and a file system that has no files. */
#include "program.h"
#include "sqlite3.h"

static int no_file(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out)
{
    return SQLITE_CANTOPEN;
}
static int no_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    return SQLITE_OK;
}
static int no_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    *out = 0;
    return SQLITE_OK;
}
static int full_name(sqlite3_vfs *vfs, const char *name, int room, char *out)
{
    sqlite3_snprintf(room, out, "%s", name);
    return SQLITE_OK;
}
static int no_randomness(sqlite3_vfs *vfs, int bytes, char *out)
{
    memset(out, 7, (size_t)bytes);
    return bytes;
}
static int no_sleep(sqlite3_vfs *vfs, int microseconds)
{
    return 0;
}
static int no_time(sqlite3_vfs *vfs, double *out)
{
    *out = 2460000.5;
    return SQLITE_OK;
}

int sqlite3_os_init(void)
{
    static sqlite3_vfs vfs = {.iVersion = 1,
                              .szOsFile = sizeof(sqlite3_file),
                              .mxPathname = 64,
                              .zName = "none",
                              .xOpen = no_file,
                              .xDelete = no_delete,
                              .xAccess = no_access,
                              .xFullPathname = full_name,
                              .xRandomness = no_randomness,
                              .xSleep = no_sleep,
                              .xCurrentTime = no_time};
    return sqlite3_vfs_register(&vfs, 1);
}

int sqlite3_os_end(void)
{
    return SQLITE_OK;
}

static int row(void *out, int columns, char **values, char **names)
{
    for (int i = 0; i < columns; i++)
        say(out, "%s%s=%.400s", i ? " " : "", names[i], values[i] ? values[i] : "NULL");
    say(out, "\n");
    return 0;
}

static void sql(sqlite3 *db, text *out, const char *statements)
{
    char *error = NULL;
    if (sqlite3_exec(db, statements, row, out, &error) != SQLITE_OK) {
        say(out, "error: %.400s\n", error ? error : "?");
        sqlite3_free(error);
    }
}

EXPORT("run") int64_t run(int32_t scale)
{
    text out = {0};
    sqlite3 *db;
    if (sqlite3_open(":memory:", &db) != SQLITE_OK)
        __builtin_trap();
    sql(db, &out,
        "CREATE TABLE author(id INTEGER PRIMARY KEY, name TEXT UNIQUE);"
        "CREATE TABLE book(id INTEGER PRIMARY KEY, author INT, title TEXT, pages INT, price REAL);"
        "CREATE INDEX by_author ON book(author, pages);");
    char *insert = sqlite3_mprintf(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < %d)"
        " INSERT INTO author SELECT i, printf('author %%04d', i * 7919 %% 1000) FROM n;"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < %d)"
        " INSERT INTO book SELECT i, 1 + i * 31 %% %d, 'title ' || hex(i * 2654435761 %% 65536),"
        " 50 + i * 37 %% 900, round(i * 1.37, 2) FROM n;",
        scale * 20, scale * 500, scale * 20);
    sql(db, &out, insert);
    sqlite3_free(insert);
    sql(db, &out,
        "SELECT count(*), sum(pages), round(avg(price), 3) FROM book;"
        "SELECT name, count(*) AS n, max(title) FROM author JOIN book ON author = author.id"
        " GROUP BY author.id HAVING n > 3 ORDER BY name LIMIT 20;"
        "DELETE FROM book WHERE pages % 7 = 0;"
        "UPDATE book SET title = title || ' (2nd edition)', price = price * 2 WHERE id % 5 = 0;"
        "SELECT group_concat(title, ';') FROM (SELECT title FROM book ORDER BY title LIMIT 12);"
        "SELECT id, title FROM book WHERE title LIKE '%FF%' ORDER BY pages DESC, id LIMIT 10;"
        "SELECT length(group_concat(title)), length(hex(zeroblob(100000))) FROM book;"
        "SELECT nothing FROM nowhere;"
        "BEGIN; DELETE FROM book; ROLLBACK; SELECT count(*) FROM book;"
        "VACUUM; PRAGMA integrity_check;"
        "SELECT json_group_array(name) FROM (SELECT name FROM author ORDER BY name LIMIT 5);");
    sqlite3_close(db);
    say(&out, "still in use: %lld\n", (long long)sqlite3_memory_used());
    sqlite3_shutdown();
    return give(&out);
}
