// DynamoDB's expressions: read once, then evaluated on items.
//
// source  Amazon DynamoDB Developer Guide, "Using expressions in DynamoDB"
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/result.hpp>

#include "item/value.hpp"

namespace stepwell::item {

/// One step of a document path: a name, or an index into a list.
struct PathElement {
    std::string name = {};
    std::optional<std::uint32_t> index = {};

    bool operator==(const PathElement&) const = default;
};
using Path = std::vector<PathElement>;
/// "[a, b, [1]]", as error texts show it.
std::string text_of(const Path& path);

enum class Op : std::uint8_t {
    // operands
    path,
    value,
    size,
    if_not_exists,
    list_append,
    plus,
    minus,
    // conditions
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    between,
    in,
    attribute_exists,
    attribute_not_exists,
    attribute_type,
    begins_with,
    contains,
    all_of,
    any_of,
    negation,
};

/// An operand or a condition. No deeper than `expression_depth_max`.
struct Node {
    Op op = Op::value;
    Path path = {};    ///< of a path
    Value value = {};  ///< of a value
    std::vector<Node> args = {};
    bool is_in_parentheses = false;

    bool is_operand() const noexcept { return op <= Op::minus; }
};
/// "=", "BETWEEN", "size": as expressions and error texts have it.
std::string_view name_of(Op op) noexcept;

struct UpdateAction {
    enum class Kind : std::uint8_t { set, remove, add, erase };
    Kind kind = Kind::set;
    Path path = {};
    Node value = {};  ///< of a set; of add and erase a value
};
struct Update {
    std::vector<UpdateAction> actions = {};

    /// Nothing is set or added: an item that is not there stays so.
    bool only_removes() const noexcept;
};

inline constexpr std::size_t expression_bytes_max = 4096;
inline constexpr std::size_t expression_depth_max = 100;

/// ExpressionAttributeNames and ExpressionAttributeValues of one request, and which of them its
/// expressions have used.
///
/// threads  one
class Placeholders {
 public:
    using Names = std::map<std::string, std::string, std::less<>>;

    Placeholders() = default;
    /// errors   ValidationException: a key without its "#" or ":"
    static Result<Placeholders> make(std::optional<Names> names, std::optional<Map> values);

    const std::string* name(std::string_view placeholder);
    const Value* value(std::string_view placeholder);

    /// errors   ValidationException, naming those that no expression has used
    Result<> check_all_used() const;

 private:
    Names names_ = {};
    Map values_ = {};
    std::set<std::string, std::less<>> used_ = {};
};

/// Reads a condition. `parameter` is its name in the request, for error texts.
///
/// errors   ValidationException, in AWS's words
/// cost     linear in the text
Result<Node> parse_condition(std::string_view text, std::string_view parameter,
                             Placeholders& placeholders);
/// errors   as parse_condition
Result<Update> parse_update(std::string_view text, Placeholders& placeholders);
/// errors   as parse_condition
Result<std::vector<Path>> parse_projection(std::string_view text, Placeholders& placeholders);

/// What the path leads to; nullptr for nothing.
const Value* find(const Item& item, const Path& path);
/// Whether the condition is true of the item.
bool holds(const Node& condition, const Item& item);
/// The item after the update; every operand is as it was before.
///
/// errors   ValidationException, in AWS's words
Result<Item> apply_update(const Update& update, const Item& item);
/// What of the item the paths lead to.
Item project(const Item& item, const std::vector<Path>& paths);

/// Whether expressions may name the attribute by a placeholder only.
bool is_reserved_word(std::string_view name);

}  // namespace stepwell::item
