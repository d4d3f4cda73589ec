/* Lua names this header; wasi-libc has no setjmp, and the tests tell Lua to do without
 * (LUAI_THROW, LUAI_TRY). */
