// The nextToken of listings: opaque to users, names the last item that was given.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <stepwell/result.hpp>

namespace stepwell::flow {

/// `listing` tells the listings apart, so that a token of one is refused by another.
std::string make_page_token(std::string_view listing, std::string_view last_item);

/// The last item that was given; empty when `token` is (the first page).
///
/// errors  InvalidToken, for a text that make_page_token did not make for this listing
Result<std::string> read_page_token(std::string_view listing, std::string_view token);

}  // namespace stepwell::flow
