// C++ without its library: static objects with constructors, virtual functions, and operator new
// over the host's malloc.
#include "corpus.h"

void *operator new(size_t size) { return malloc(size); }
void operator delete(void *block) noexcept { free(block); }
void operator delete(void *block, size_t) noexcept { free(block); }

extern "C" void __wasm_call_ctors(void);
extern "C" void __cxa_pure_virtual() { __builtin_trap(); }
extern "C" int __cxa_atexit(void (*)(void *), void *, void *) { return 0; }
void *__dso_handle;

namespace {
struct Shape {
    virtual ~Shape() {}
    virtual int area() const = 0;
};
struct Square : Shape {
    int side;
    explicit Square(int side) : side(side) {}
    int area() const override { return side * side; }
};
struct Registry {
    Shape *shapes[8];
    int count;
    Registry() : count(0) { add(new Square(3)); }
    ~Registry() {}
    void add(Shape *shape) { shapes[count++ & 7] = shape; }
};
Registry registry;
} // namespace

extern "C" EXPORT(_initialize) void initialize() { __wasm_call_ctors(); }
extern "C" EXPORT(add) int add(int side) {
    registry.add(new Square(side));
    return registry.count;
}
extern "C" EXPORT(area) int area(int i) { return registry.shapes[i & 7]->area(); }
