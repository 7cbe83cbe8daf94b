#include "cli/testing/json_difference.hpp"

#include <algorithm>
#include <string_view>

namespace stepwell::cli {

namespace {

constexpr std::size_t shown_bytes_max = 200;

std::string pointer_to(const std::string& parent, std::string_view key) {
    std::string pointer = parent + "/";
    for (const char c : key) {
        if (c == '~') {
            pointer += "~0";
        } else if (c == '/') {
            pointer += "~1";
        } else {
            pointer += c;
        }
    }
    return pointer;
}

class Comparer {
 public:
    explicit Comparer(Comparison comparison) : comparison_(comparison) {}

    void compare(json::Value expected, json::Value actual, const std::string& pointer) {
        if (found_.size() >= differences_max) return;
        if (comparison_ == Comparison::part && actual.is_string() && !expected.is_string()) {
            const auto within = json::Document::parse(actual.string());
            if (within.has_value()) return compare(expected, within->root(), pointer);
        }
        if (expected.is_object() && actual.is_object())
            return compare_members(expected, actual, pointer);
        if (expected.is_array() && actual.is_array())
            return compare_elements(expected, actual, pointer);
        if (!json::equal(expected, actual))
            add(pointer, "expected " + shown(expected) + ", got " + shown(actual));
    }
    std::vector<Difference> take() { return std::move(found_); }

 private:
    void compare_members(json::Value expected, json::Value actual, const std::string& pointer) {
        for (const json::Member& member : expected.members()) {
            const json::Value wanted{&member.value};
            const std::string place = pointer_to(pointer, member.key);
            const auto there = actual.find(member.key);
            if (there.has_value()) {
                compare(wanted, *there, place);
            } else {
                add(place, "expected " + shown(wanted) + ", is not there");
            }
        }
        if (comparison_ == Comparison::part) return;
        for (const json::Member& member : actual.members()) {
            if (!expected.find(member.key).has_value())
                add(pointer_to(pointer, member.key),
                    "is not expected: " + shown(json::Value{&member.value}));
        }
    }

    void compare_elements(json::Value expected, json::Value actual, const std::string& pointer) {
        const std::size_t both = std::min(expected.size(), actual.size());
        for (std::size_t i = 0; i < both; ++i)
            compare(expected[i], actual[i], pointer_to(pointer, std::to_string(i)));
        for (std::size_t i = both; i < expected.size(); ++i)
            add(pointer_to(pointer, std::to_string(i)),
                "expected " + shown(expected[i]) + ", is not there");
        for (std::size_t i = both; i < actual.size(); ++i)
            add(pointer_to(pointer, std::to_string(i)), "is not expected: " + shown(actual[i]));
    }

    void add(std::string pointer, std::string what) {
        if (found_.size() < differences_max)
            found_.push_back({std::move(pointer), std::move(what)});
    }

    const Comparison comparison_;
    std::vector<Difference> found_;
};

}  // namespace

std::vector<Difference> differences(json::Value expected, json::Value actual,
                                    Comparison comparison) {
    Comparer comparer(comparison);
    comparer.compare(expected, actual, "");
    return comparer.take();
}

std::string shown(json::Value value) {
    std::string text;
    json::append_compact(text, value);
    if (text.size() <= shown_bytes_max) return text;
    std::size_t end = shown_bytes_max;  // not inside a character
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    return text.substr(0, end) + "... (" + std::to_string(text.size()) + " bytes)";
}

}  // namespace stepwell::cli
