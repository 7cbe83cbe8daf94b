#include "item/value.hpp"

#include <algorithm>
#include <array>

namespace stepwell::item {

namespace {

constexpr std::array<std::string_view, 10> type_names = {"S",  "N",  "B",  "BOOL", "NULL",
                                                         "SS", "NS", "BS", "L",    "M"};

template <class Element>
bool equal_as_sets(std::vector<Element> a, std::vector<Element> b) {
    if (a.size() != b.size()) return false;
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    return a == b;
}

}  // namespace

std::string_view name_of(Type type) noexcept { return type_names[static_cast<std::size_t>(type)]; }

std::optional<Type> type_named(std::string_view name) noexcept {
    const auto found = std::find(type_names.begin(), type_names.end(), name);
    if (found == type_names.end()) return std::nullopt;
    return static_cast<Type>(found - type_names.begin());
}

bool equal(const Value& a, const Value& b) {
    if (a.type != b.type) return false;
    switch (a.type) {
        case Type::s:
        case Type::b:
            return a.text() == b.text();
        case Type::n:
            return a.number() == b.number();
        case Type::boolean:
            return a.boolean() == b.boolean();
        case Type::null:
            return true;
        case Type::ss:
        case Type::bs:
            return equal_as_sets(a.texts(), b.texts());
        case Type::ns:
            return equal_as_sets(a.numbers(), b.numbers());
        case Type::l:
            return std::equal(a.list().begin(), a.list().end(), b.list().begin(), b.list().end(),
                              [](const Value& x, const Value& y) { return equal(x, y); });
        case Type::m:
            return std::equal(a.map().begin(), a.map().end(), b.map().begin(), b.map().end(),
                              [](const auto& x, const auto& y) {
                                  return x.first == y.first && equal(x.second, y.second);
                              });
    }
    return false;
}

std::optional<std::strong_ordering> compare(const Value& a, const Value& b) {
    if (a.type != b.type) return std::nullopt;
    if (a.type == Type::n) return a.number() <=> b.number();
    if (a.type == Type::s || a.type == Type::b) return a.text().compare(b.text()) <=> 0;
    return std::nullopt;
}

std::size_t bytes_of(const Value& value) {
    std::size_t bytes = 0;
    switch (value.type) {
        case Type::s:
        case Type::b:
            return value.text().size();
        case Type::n:
            return value.number().bytes();
        case Type::boolean:
        case Type::null:
            return 1;
        case Type::ss:
        case Type::bs:
            for (const std::string& text : value.texts()) bytes += text.size();
            return bytes;
        case Type::ns:
            for (const Number& number : value.numbers()) bytes += number.bytes();
            return bytes;
        case Type::l:
            for (const Value& element : value.list()) bytes += 1 + bytes_of(element);
            return bytes + 3;
        case Type::m:
            return 3 + value.map().size() + bytes_of(value.map());
    }
    return bytes;
}

std::size_t bytes_of(const Item& item) {
    std::size_t bytes = 0;
    for (const auto& [name, value] : item) bytes += name.size() + bytes_of(value);
    return bytes;
}

}  // namespace stepwell::item
