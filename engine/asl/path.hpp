// JSONPath in the dialect that AWS uses (Jayway's), parsed once.
//
// source  github.com/json-path/JsonPath, README; AWS Step Functions Developer Guide, "Reference
// Paths"
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "asl/path_function.hpp"
#include "json/value.hpp"

namespace stepwell::asl {

class Filter;

/// The part of a JSONPath behind its root: `.name`, `['name']`, `[0]`, `[-1]`, `[1:3]`, `[0,2]`,
/// `['a','b']`, `[*]`,
/// `.*`, `..name`, `[?(@.price < 10)]`, in any number; at its end there may be a function,
/// `.length()`.
///
/// threads  any; immutable
class Path {
 public:
    /// How a text is read: where it stands decides which characters end it.
    enum class Context : std::uint8_t {
        alone,     ///< the whole text is the path
        argument,  ///< in a list of arguments: `,`, `)` and white space end it
        filter,    ///< in a filter: operators end it, too
    };

    /// Reads a path from the front of `text`, behind the root, and takes off what it has read.
    /// Nothing when it is malformed.
    static std::optional<Path> parse(std::string_view& text, Context context);

    /// True for `$` itself.
    bool is_root() const noexcept { return steps_.empty() && !function_; }
    /// True when it names at most one value. Else its result is an array of all that it finds.
    bool is_definite() const noexcept { return is_definite_; }
    /// True when it may be used where AWS asks for a Reference Path: names and single indices only.
    bool is_reference() const noexcept { return is_definite_ && !function_; }
    /// What is to be applied to what it finds.
    std::optional<PathFunction> function() const noexcept { return function_; }

    /// Of a definite path: the value it names in `root`. When there is none, `reason` (if given)
    /// tells why in the words of the library that AWS uses; `root_name` is what the path starts
    /// with in them.
    std::optional<json::Value> find(json::Value root, std::string* reason = nullptr) const;
    /// Of any path: all values it finds, in document order. False when it would
    /// have to look at more than `visits_max` values.
    bool find_all(json::Value root, std::vector<json::Value>& found) const;
    /// The same, taking what it looks at from `visits_left`.
    bool find_all(json::Value root, std::vector<json::Value>& found,
                  std::size_t& visits_left) const;
    static constexpr std::size_t visits_max = 1 << 22;

    /// The path with each step in brackets: `$['a'][0]`.
    std::string normalized() const;

    enum class StepKind : std::uint8_t { member, members, index, indices, slice, wildcard, filter };
    struct Step {
        StepKind kind = StepKind::member;
        bool is_deep = false;                 ///< behind `..`: at any depth
        std::vector<std::string> names = {};  ///< of member, members
        std::vector<std::int64_t> indices =
            {};  ///< of index, indices; negative ones count from the end
        std::optional<std::int64_t> from = {};  ///< of a slice
        std::optional<std::int64_t> to = {};    ///< of a slice
        std::shared_ptr<const Filter> filter = {};
    };
    const std::vector<Step>& steps() const noexcept { return steps_; }
    /// The names, when the path consists of members only; else nothing.
    std::optional<std::vector<std::string_view>> names() const;

 private:
    friend class PathParser;
    std::vector<Step> steps_;
    std::optional<PathFunction> function_;
    bool is_definite_ = true;
};

}  // namespace stepwell::asl
