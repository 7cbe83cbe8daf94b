// The condition of a JSONPath filter, `[?(@.price < 10 && @.isbn)]`.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "asl/jsonata/regex.hpp"
#include "asl/path.hpp"
#include "json/value.hpp"

namespace stepwell::asl {

/// A condition on one value: comparisons, existence, `&&`, `||`, `!` and parentheses.
///
/// threads  any; immutable
class Filter {
 public:
    /// Reads a condition from the front of `text`, up to the parenthesis that closes it, and takes
    /// off what it has read. Nothing when it is malformed or nested deeper than 32 levels.
    static std::shared_ptr<const Filter> parse(std::string_view& text);

    /// True when `current` (`@`) meets the condition; `root` is `$`. Takes what it looks at from
    /// `visits_left`.
    bool accepts(json::Value current, json::Value root, std::size_t& visits_left) const;

 private:
    friend class FilterParser;
    enum class Kind : std::uint8_t { all_of, any_of, none_of, exists, compare };
    enum class Operator : std::uint8_t {
        equal,
        not_equal,
        less,
        less_equal,
        greater,
        greater_equal,
        in,
        not_in,
        contains,
        size,
        empty,
        matches,
        subset_of,
        any_of_list,
        none_of_list
    };
    struct PathOperand {
        bool is_from_root = false;
        Path path;
    };
    using Operand = std::variant<PathOperand, std::shared_ptr<const json::Document>>;

    static std::optional<json::Value> value_of(const Operand& operand, json::Value current,
                                               json::Value root, std::size_t& visits_left);
    bool compares(json::Value current, json::Value root, std::size_t& visits_left) const;

    Kind kind_ = Kind::exists;
    Operator operator_ = Operator::equal;  // of compare
    std::vector<std::shared_ptr<const Filter>> children_;
    std::optional<Operand> left_;  // of exists and compare
    std::optional<Operand> right_;
    std::shared_ptr<const jsonata::Regex> pattern_;  // of matches, instead of right_
};

}  // namespace stepwell::asl
