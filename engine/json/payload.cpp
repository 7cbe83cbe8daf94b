// Payload::parse stands here, above base, because it needs the parser.
#include <stepwell/payload.hpp>

#include "json/parser.hpp"

namespace stepwell {

Result<Payload> Payload::parse(std::string_view text) {
    if (auto error = json::Parser::validate(text)) return *std::move(error);
    return Payload::trusted(text);
}

}  // namespace stepwell
