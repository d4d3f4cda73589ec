# hostheap.mk: plugins by make. In a Makefile:
#
#     include guest/c/hostheap.mk
#     plugin.wasm: plugin.c
#
# A plugin is made of the .c and .cpp files that stand behind it, and of the kit's. It is made anew as
# a whole: plugins are small.
#
#   HOSTHEAP_SDK     freestanding (default), wasi or emscripten
#   CFLAGS, CXXFLAGS added to what is compiled, LDFLAGS to what is linked
#   WASI_SDK_PATH    where a wasi-sdk is; without it wasi is the distribution's wasi-libc
#   HOSTHEAP_CC      the compiler, HOSTHEAP_CXX the one for C++; else the usual names are tried

HOSTHEAP_SDK ?= freestanding
HOSTHEAP_DIR := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))

# The first of some programs that is there.
hostheap_there = $(foreach name,$(1),$(if $(shell command -v $(name)),$(name)))
hostheap_find = $(firstword $(hostheap_there) $(lastword $(1)))

ifeq ($(HOSTHEAP_SDK),emscripten)
HOSTHEAP_CC ?= emcc
HOSTHEAP_CXX ?= em++
HOSTHEAP_CFLAGS := -fno-builtin
HOSTHEAP_LDFLAGS := -O2 -sMALLOC=none -sALLOW_MEMORY_GROWTH=1 -Wl,--export=__heap_base --no-entry
# Old releases take every import for a function that was forgotten.
hostheap_emcc := $(subst ., ,$(shell $(HOSTHEAP_CC) -dumpversion))
ifneq ($(filter 1 2 3,$(firstword $(hostheap_emcc))),)
HOSTHEAP_LDFLAGS += -sERROR_ON_UNDEFINED_SYMBOLS=0
endif
else
ifeq ($(HOSTHEAP_SDK),wasi)
ifdef WASI_SDK_PATH
HOSTHEAP_CC ?= $(WASI_SDK_PATH)/bin/clang
HOSTHEAP_CXX ?= $(WASI_SDK_PATH)/bin/clang++
hostheap_target := --target=wasm32-wasip1
else
hostheap_target := --target=wasm32-wasi
endif
HOSTHEAP_CFLAGS := $(hostheap_target) -fno-builtin
# The libc's own debugging information is larger than most plugins.
HOSTHEAP_LDFLAGS := $(hostheap_target) -mexec-model=reactor -Wl,--export=__heap_base \
    $(if $(filter -g%,$(CFLAGS) $(CXXFLAGS)),,-Wl,--strip-debug)
else
ifneq ($(HOSTHEAP_SDK),freestanding)
$(error HOSTHEAP_SDK is $(HOSTHEAP_SDK): it may be freestanding, wasi or emscripten)
endif
HOSTHEAP_CFLAGS := --target=wasm32 -ffreestanding -mbulk-memory
HOSTHEAP_LDFLAGS := --target=wasm32 -nostdlib -Wl,--no-entry,--export=__heap_base
endif
HOSTHEAP_CC ?= $(call hostheap_find,clang-19 clang-20 clang-21 clang-22 clang)
HOSTHEAP_CXX ?= $(call hostheap_find,clang++-19 clang++-20 clang++-21 clang++-22 clang++)
endif

# C++ without a library has no runtime type information; with one it may.
HOSTHEAP_CXXFLAGS := $(HOSTHEAP_CFLAGS) -fno-exceptions -std=c++17
ifeq ($(HOSTHEAP_SDK),freestanding)
HOSTHEAP_CXXFLAGS += -fno-rtti
endif
CFLAGS ?= -O2
CXXFLAGS ?= -O2

# The sources of a plugin, and the one of the kit: hostheap_new.cpp includes hostheap.c.
hostheap_is_cxx = $(filter %.cpp %.cc %.cxx,$(1))
hostheap_c = $(filter %.c,$(1)) $(if $(hostheap_is_cxx),,$(HOSTHEAP_DIR)/hostheap.c)
hostheap_cxx = $(if $(hostheap_is_cxx),$(hostheap_is_cxx) $(HOSTHEAP_DIR)/hostheap_new.cpp)
# One name for each source, wherever it lies.
hostheap_object = $(subst /,_,$(1)).o

# The linker is told -O by no one but emcc, which needs it: clang would run wasm-opt.
%.wasm: $(HOSTHEAP_DIR)/hostheap.h
	$(if $(filter %.c %.cpp %.cc %.cxx,$^),,$(error $@: there is no source behind it))
	@mkdir -p $@.o
	$(foreach file,$(call hostheap_c,$^),$(HOSTHEAP_CC) $(HOSTHEAP_CFLAGS) $(CFLAGS) -I$(HOSTHEAP_DIR) \
	    -c $(file) -o $@.o/$(call hostheap_object,$(file)) && )true
	$(foreach file,$(call hostheap_cxx,$^),$(HOSTHEAP_CXX) $(HOSTHEAP_CXXFLAGS) $(CXXFLAGS) \
	    -I$(HOSTHEAP_DIR) -c $(file) -o $@.o/$(call hostheap_object,$(file)) && )true
	$(if $(call hostheap_cxx,$^),$(HOSTHEAP_CXX),$(HOSTHEAP_CC)) $(HOSTHEAP_LDFLAGS) $(LDFLAGS) \
	    $(foreach file,$(call hostheap_c,$^) $(call hostheap_cxx,$^),$@.o/$(call hostheap_object,$(file))) -o $@
	@rm -r $@.o
