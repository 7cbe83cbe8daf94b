// What attributes hold, and items, as DynamoDB has them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "item/number.hpp"

namespace stepwell::item {

enum class Type : std::uint8_t { s, n, b, boolean, null, ss, ns, bs, l, m };

/// "S", "N", ... as AttributeValue names its members.
std::string_view name_of(Type type) noexcept;
std::optional<Type> type_named(std::string_view name) noexcept;

struct Value;
using List = std::vector<Value>;
/// Attributes by name: an item, or what is in a map.
using Map = std::map<std::string, Value, std::less<>>;
using Item = Map;
/// An item as it stands in a table: never changed, replaced as a whole.
using ItemPtr = std::shared_ptr<const Item>;

/// One attribute value.
struct Value {
    using Texts = std::vector<std::string>;
    using Numbers = std::vector<Number>;

    Type type = Type::null;
    /// By type: bool; std::string of S and B; Number; Texts of SS and BS; Numbers; List; Map.
    std::variant<bool, std::string, Number, Texts, Numbers, List, Map> content = true;

    static Value of(Type type, std::string text) { return {type, std::move(text)}; }  ///< S, B
    static Value string(std::string text) { return of(Type::s, std::move(text)); }
    static Value number(Number number) { return {Type::n, std::move(number)}; }

    bool boolean() const { return std::get<bool>(content); }
    const std::string& text() const { return std::get<std::string>(content); }
    const Number& number() const { return std::get<Number>(content); }
    const Texts& texts() const { return std::get<Texts>(content); }
    const Numbers& numbers() const { return std::get<Numbers>(content); }
    const List& list() const { return std::get<List>(content); }
    const Map& map() const { return std::get<Map>(content); }

    bool is_set() const noexcept {
        return type == Type::ss || type == Type::ns || type == Type::bs;
    }
};

/// Of the same type and content; sets have no order.
bool equal(const Value& a, const Value& b);
/// How two strings, numbers or binaries stand to each other; nothing for any other pair.
std::optional<std::strong_ordering> compare(const Value& a, const Value& b);

/// What counts for the limit of 400 KB and for consumed capacity.
/// source  Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats"
std::size_t bytes_of(const Value& value);
std::size_t bytes_of(const Item& item);

inline constexpr std::size_t item_bytes_max = 409'600;
inline constexpr std::size_t depth_max = 32;  ///< levels of lists and maps in an attribute

}  // namespace stepwell::item
