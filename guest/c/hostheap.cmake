# hostheap.cmake: plugins by CMake.
#
#     cmake -B build -DCMAKE_TOOLCHAIN_FILE=guest/c/hostheap.cmake [-DHOSTHEAP_SDK=wasi]
#
# and in CMakeLists.txt, after project():
#
#     hostheap_add_plugin(plugin plugin.c)      # makes plugin.wasm
#
#   HOSTHEAP_SDK     freestanding (default), wasi or emscripten
#   WASI_SDK_PATH    where a wasi-sdk is; without it wasi is the distribution's wasi-libc
#   CMAKE_C_COMPILER, CMAKE_CXX_COMPILER: else the usual names are tried

set(HOSTHEAP_SDK freestanding CACHE STRING "freestanding, wasi or emscripten")
set(HOSTHEAP_DIR "${CMAKE_CURRENT_LIST_DIR}" CACHE INTERNAL "the kit")
if(NOT HOSTHEAP_SDK MATCHES "^(freestanding|wasi|emscripten)$")
    message(FATAL_ERROR "HOSTHEAP_SDK is ${HOSTHEAP_SDK}: it may be freestanding, wasi or emscripten")
endif()
# The projects with which CMake tries the compiler read this file too.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES HOSTHEAP_SDK WASI_SDK_PATH)

set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)

if(HOSTHEAP_SDK STREQUAL emscripten)
    set(hostheap_c emcc)
    set(hostheap_cxx em++)
else()
    set(hostheap_c clang-19 clang-20 clang-21 clang-22 clang)
    set(hostheap_cxx clang++-19 clang++-20 clang++-21 clang++-22 clang++)
    set(hostheap_target wasm32)
    if(HOSTHEAP_SDK STREQUAL wasi)
        set(hostheap_target wasm32-wasi)
        if(WASI_SDK_PATH)
            set(hostheap_target wasm32-wasip1)
        endif()
    endif()
    set(CMAKE_C_COMPILER_TARGET ${hostheap_target})
    set(CMAKE_CXX_COMPILER_TARGET ${hostheap_target})
endif()
if(WASI_SDK_PATH AND HOSTHEAP_SDK STREQUAL wasi)
    set(hostheap_hints HINTS "${WASI_SDK_PATH}/bin" NO_DEFAULT_PATH)
    set(hostheap_c clang)
    set(hostheap_cxx clang++)
endif()
find_program(HOSTHEAP_CC NAMES ${hostheap_c} ${hostheap_hints} REQUIRED)
find_program(HOSTHEAP_CXX NAMES ${hostheap_cxx} ${hostheap_hints})
if(NOT CMAKE_C_COMPILER)
    set(CMAKE_C_COMPILER "${HOSTHEAP_CC}")
endif()
if(NOT CMAKE_CXX_COMPILER AND HOSTHEAP_CXX)
    set(CMAKE_CXX_COMPILER "${HOSTHEAP_CXX}")
endif()

if(NOT DEFINED CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "")
endif()

# A plugin of these sources and the kit's.
function(hostheap_add_plugin name)
    # hostheap_new.cpp includes hostheap.c.
    set(kit hostheap.c)
    if("${ARGN}" MATCHES "\\.(cpp|cc|cxx)(;|$)")
        set(kit hostheap_new.cpp)
    endif()
    add_executable(${name} ${ARGN} "${HOSTHEAP_DIR}/${kit}")
    set_target_properties(${name} PROPERTIES SUFFIX .wasm)
    target_include_directories(${name} PRIVATE "${HOSTHEAP_DIR}")
    if(kit STREQUAL hostheap_new.cpp)
        target_compile_features(${name} PRIVATE cxx_std_17)
        target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions>)
    endif()
    if(HOSTHEAP_SDK STREQUAL freestanding)
        target_compile_options(${name} PRIVATE -ffreestanding -mbulk-memory
            $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti>)
        target_link_options(${name} PRIVATE -nostdlib -Wl,--no-entry)
    else()
        target_compile_options(${name} PRIVATE -fno-builtin)
    endif()
    target_link_options(${name} PRIVATE -Wl,--export=__heap_base)
    if(HOSTHEAP_SDK STREQUAL wasi)
        # The libc's own debugging information is larger than most plugins.
        target_link_options(${name} PRIVATE -mexec-model=reactor
            $<$<NOT:$<CONFIG:Debug>>:-Wl,--strip-debug>)
    elseif(HOSTHEAP_SDK STREQUAL emscripten)
        target_link_options(${name} PRIVATE -sMALLOC=none -sALLOW_MEMORY_GROWTH=1 --no-entry)
        execute_process(COMMAND "${CMAKE_C_COMPILER}" -dumpversion OUTPUT_VARIABLE version
            OUTPUT_STRIP_TRAILING_WHITESPACE)
        # Old releases take every import for a function that was forgotten.
        if(version VERSION_LESS 4)
            target_link_options(${name} PRIVATE -sERROR_ON_UNDEFINED_SYMBOLS=0)
        endif()
    endif()
endfunction()
