// Intrinsic functions: `States.Format('{} and {}', $.a, States.UUID())`, parsed once.
//
// source  AWS Step Functions Developer Guide, "Intrinsic functions"
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "asl/reference.hpp"
#include "json/value.hpp"

namespace stepwell::asl {

enum class Function : std::uint8_t {
    format,
    string_to_json,
    json_to_string,
    array,
    array_partition,
    array_contains,
    array_range,
    array_get_item,
    array_length,
    array_unique,
    base64_encode,
    base64_decode,
    hash,
    json_merge,
    math_random,
    math_add,
    string_split,
    uuid,
};
std::string_view name_of(Function function) noexcept;  ///< "States.Format"

/// Applies `function`: appends the result's JSON text to `out`, or gives false when the arguments
/// are not what it takes. States.UUID and an unseeded States.MathRandom give another result each
/// time.
bool apply(Function function, std::span<const json::Value> arguments, std::string& out);

/// A call with its arguments, compiled.
///
/// threads  any; immutable
class Call {
 public:
    /// Calls may be nested this deep, AWS's limit.
    static constexpr int depth_max = 10;

    /// Nothing when `text` is no call of a known function with as many arguments as it takes.
    static std::optional<Call> parse(std::string_view text);

    /// Appends the result's JSON text. The failure is AWS's: States.Runtime, naming the whole call.
    Evaluated<void> append(Evaluation& evaluation, std::string& out) const;

    const std::string& text() const noexcept { return text_; }
    /// Every reference among the arguments, at any depth.
    void visit_references(const std::function<void(const Reference&)>& visit) const;

 private:
    friend class CallParser;
    using Literal = std::shared_ptr<const json::Document>;
    using Argument = std::variant<Literal, Reference, Call>;

    // Gives nothing and sets `problem` when it fails.
    std::optional<json::Value> run(Evaluation& evaluation, std::string& problem) const;
    bool run_into(Evaluation& evaluation, std::string& out, std::string& problem) const;

    Function function_ = Function::uuid;
    std::vector<Argument> arguments_;
    std::string text_;
};

}  // namespace stepwell::asl
