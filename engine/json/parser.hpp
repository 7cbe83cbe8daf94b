// The pass over a text's tokens: checks it and, where asked, builds the nodes. Known to this folder
// only.
#pragma once

#include <optional>
#include <string_view>

#include "json/value.hpp"

namespace stepwell::json {

/// Turns texts into Documents. simdjson finds the tokens and checks UTF-8 (its first stage); what
/// follows is ours.
///
/// threads  any; what it needs for a pass is kept per thread and reused
class Parser {
 public:
    /// Nothing when `text` is one JSON value; else why it is not.
    static std::optional<SyntaxError> validate(std::string_view text);

    /// Builds the document of `payload`, whose text need not be valid.
    static Result<Document> parse(Payload payload);
};

/// The error that a caller sees.
Error to_error(const SyntaxError& error);

}  // namespace stepwell::json
