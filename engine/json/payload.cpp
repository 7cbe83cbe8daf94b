// Payload::parse stands here, above base, because it needs the parser.
#include <stepwell/payload.hpp>

#include "json/parser.hpp"

namespace stepwell {

Result<Payload> Payload::parse(std::string_view text) {
    if (auto error = json::Parser::validate(text)) return json::to_error(*error);
    return Payload::trusted(text);
}

}  // namespace stepwell
