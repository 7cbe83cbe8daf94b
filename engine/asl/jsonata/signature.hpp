// Signatures of functions, `<s-n?:s>`: which arguments they take, and what becomes of missing ones.
//
// source  docs.jsonata.org, "Function signature syntax"
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "asl/jsonata/value.hpp"

namespace stepwell::asl::jsonata {

class Evaluator;

/// A signature taken apart.
///
/// threads  any; immutable
class Signature {
 public:
    /// Reads `text`, from `<` to its `>`. Gives null and the error's code when it is malformed.
    static std::shared_ptr<const Signature> parse(std::string_view text, std::string_view& error);

    /// Matches `arguments` with the parameters: puts the context where one may be left out, wraps a
    /// single value where an array is wanted. `function` is its name for messages.
    ///
    /// errors   T0410 (no match), T0411 (the context is of another type), T0412 (elements)
    Outcome<std::span<const Value>> apply(Evaluator& evaluator, std::span<const Value> arguments,
                                          Value context, std::string_view function) const;

 private:
    using Types = std::uint16_t;  // a set of kinds, as bits

    struct Parameter {
        Types types = 0;
        char element = 0;  // of an array: what its elements have to be, as written; 0: anything
        bool is_array = false;       // wraps what is none
        bool is_optional = false;    // ?
        bool is_repeated = false;    // +
        bool takes_context = false;  // -
    };
    class Reader;

    bool is_plain_match(std::span<const Value> arguments) const;
    bool match(std::span<const Types> kinds, std::size_t parameter, std::size_t at,
               std::size_t& steps_left, std::vector<std::size_t>& counts) const;
    Outcome<Value> array_argument(Evaluator& evaluator, const Parameter& parameter, Value argument,
                                  std::size_t index, std::string_view function) const;

    std::vector<Parameter> parameters_;
};

}  // namespace stepwell::asl::jsonata
