// ResultPath: where a result goes in the state's input.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "asl/evaluation.hpp"

namespace stepwell::asl {

/// A Reference Path that is written to. Default: `$`, the result replaces the input.
///
/// threads  any; immutable
class ResultPath {
 public:
    ResultPath() = default;
    /// `null`: the result is discarded.
    static ResultPath discarding();
    /// Nothing when `text` is no Reference Path into `$`.
    static std::optional<ResultPath> parse(std::string_view text);

    /// The input with the result in its place. What is not touched is copied as it stands; `$`
    /// gives the result's very bytes, `null` the input's. The failure is
    /// States.ResultPathMatchFailure.
    Evaluated<Payload> place(const Scope& scope, const Payload& input, const Payload& result) const;

 private:
    using Step = std::variant<std::string, std::size_t>;  // a member's name, an element's index

    bool is_discarding_ = false;
    std::vector<Step> steps_;
    std::string text_ = "$";
};

}  // namespace stepwell::asl
