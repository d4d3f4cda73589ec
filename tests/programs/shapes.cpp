// C++: strings, vectors, maps and objects with virtual functions, by way of operator new.
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "program.h"

namespace {

struct shape {
    virtual ~shape() = default;
    virtual int area() const = 0;
    virtual std::string name() const = 0;
};

struct rectangle : shape {
    int width, height;
    rectangle(int width, int height) : width(width), height(height) {}
    int area() const override { return width * height; }
    std::string name() const override
    {
        return "rectangle of " + std::to_string(width) + " by " + std::to_string(height);
    }
};

// More aligned than malloc gives by itself: aligned operator new.
struct alignas(64) tile : shape {
    int side;
    explicit tile(int side) : side(side) {}
    int area() const override { return side * side; }
    std::string name() const override { return "tile of " + std::to_string(side); }
};

// Allocates before anybody calls.
std::map<std::string, std::vector<int>> ready = {{"first", {1, 2, 3}}, {"second", {4, 5, 6, 7}}};

} // namespace

extern "C" EXPORT("run") int64_t run(int32_t scale)
{
    std::vector<std::unique_ptr<shape>> shapes;
    for (int i = 1; i <= scale * 50; i++) {
        if (i % 3 == 0)
            shapes.push_back(std::make_unique<tile>(i % 17));
        else
            shapes.push_back(std::make_unique<rectangle>(i % 13, i % 7));
    }
    std::stable_sort(shapes.begin(), shapes.end(),
                     [](const auto &a, const auto &b) { return a->area() < b->area(); });
    std::map<std::string, int> seen;
    for (const auto &it : shapes)
        seen[it->name()] += it->area();
    text out = {};
    for (const auto &[name, area] : seen)
        say(&out, "%s: %d\n", name.c_str(), area);
    for (const auto &[name, numbers] : ready)
        say(&out, "%s %zu\n", name.c_str(), numbers.size());
    return give(&out);
}
