/* Lua with the libraries that need no system, and a script that makes garbage. */
#include "program.h"

#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"

static const char script[] =
    "local scale = ...\n"
    "local words, counts = {}, setmetatable({}, {__index = function() return 0 end})\n"
    "local seed = 42\n"
    "local function random(n) seed = (seed * 1103515245 + 12345) % 2147483648;"
    "  return seed % n + 1 end\n"
    "for i = 1, scale * 500 do\n"
    "  local word = string.rep(string.char(96 + random(26)), random(9))\n"
    "  words[#words + 1] = word; counts[word] = counts[word] + 1\n"
    "end\n"
    "local sorted = {}\n"
    "for word, n in pairs(counts) do sorted[#sorted + 1] = {word = word, n = n} end\n"
    "table.sort(sorted, function(a, b) return a.n > b.n or a.n == b.n and a.word < b.word end)\n"
    "local out = {}\n"
    "for i = 1, math.min(20, #sorted) do"
    "  out[#out + 1] = string.format('%s %d', sorted[i].word, sorted[i].n) end\n"
    "local closures = {}\n"
    "for i = 1, 100 do local n = i; closures[i] = function(x) n = n + x; return n end end\n"
    "local sum = 0\n"
    "for round = 1, 20 do for i = 1, #closures do sum = sum + closures[i](round) end end\n"
    "out[#out + 1] = 'sum ' .. sum\n"
    "local big = {}\n"
    "for i = 1, scale * 200 do big[i] = {i, tostring(i), {name = 'node ' .. i}} end\n"
    "big = nil; collectgarbage()\n"
    "local kept = collectgarbage('count') < 2000\n"
    "out[#out + 1] = 'collected ' .. tostring(kept)\n"
    "print(table.concat(words, ' '):gsub('(%w)%1+', '%1*'):sub(1, 200))\n"
    "local weak = setmetatable({}, {__mode = 'v'})\n"
    "for i = 1, 50 do weak[i] = {} end; collectgarbage()\n"
    "local left = 0; for _ in pairs(weak) do left = left + 1 end\n"
    "out[#out + 1] = 'weak ' .. left\n"
    "return table.concat(out, '\\n')\n";

EXPORT("run") int64_t run(int32_t scale)
{
    lua_State *lua = luaL_newstate();
    if (lua == NULL)
        __builtin_trap();
    luaL_requiref(lua, LUA_GNAME, luaopen_base, 1);
    luaL_requiref(lua, LUA_TABLIBNAME, luaopen_table, 1);
    luaL_requiref(lua, LUA_STRLIBNAME, luaopen_string, 1);
    luaL_requiref(lua, LUA_MATHLIBNAME, luaopen_math, 1);
    lua_settop(lua, 0);
    if (luaL_loadstring(lua, script) != LUA_OK)
        __builtin_trap();
    lua_pushinteger(lua, scale);
    lua_call(lua, 1, 1);
    text out = {0};
    size_t length;
    const char *result = lua_tolstring(lua, -1, &length);
    out.bytes = malloc(length);
    if (out.bytes == NULL)
        __builtin_trap();
    memcpy(out.bytes, result, length);
    out.length = out.room = length;
    lua_close(lua);
    fflush(stdout);
    return give(&out);
}
