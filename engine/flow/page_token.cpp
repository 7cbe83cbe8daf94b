#include "flow/page_token.hpp"

#include "base/base64.hpp"
#include "flow/errors.hpp"

namespace stepwell::flow {

std::string make_page_token(std::string_view listing, std::string_view last_item) {
    return base64_encode(std::string(listing).append(1, '\0').append(last_item));
}

Result<std::string> read_page_token(std::string_view listing, std::string_view token) {
    if (token.empty()) return std::string();
    const std::optional<std::string> text = base64_decode(token);
    const bool is_of_listing = text.has_value() && text->size() > listing.size() &&
                               text->starts_with(listing) && (*text)[listing.size()] == '\0';
    if (!is_of_listing) {
        return Error(errors::invalid_token, "Invalid Token: 'Invalid token'");
    }
    return text->substr(listing.size() + 1);
}

}  // namespace stepwell::flow
