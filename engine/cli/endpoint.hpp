// Where a server listens, as its clients write it.
#pragma once

#include <string_view>

namespace stepwell::cli {

struct Endpoint {
    std::string_view host;  ///< empty: it was none
    std::string_view port;
};

/// Takes "http://127.0.0.1:4566" or "http://[::1]:4566/" apart.
inline Endpoint parse_endpoint(std::string_view text) noexcept {
    constexpr std::string_view scheme = "http://";
    if (!text.starts_with(scheme)) return {};
    text.remove_prefix(scheme.size());
    text = text.substr(0, text.find('/'));
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || text.find(']', colon) != std::string_view::npos)
        return {text, "80"};
    return {text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace stepwell::cli
