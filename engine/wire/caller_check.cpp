#include "wire/caller_check.hpp"

#include <algorithm>

#include "wire/listen_address.hpp"

namespace stepwell::wire {

namespace {

bool ends_ignoring_case(std::string_view text, std::string_view end) noexcept {
    return text.size() > end.size() &&
           equal_ignoring_case(text.substr(text.size() - end.size()), end);
}

/// Stops "name:80:90", "name:8x" and the like: an authority has at most one port, of digits.
bool is_well_formed(std::string_view authority) noexcept {
    const std::string_view host = host_of(authority);
    std::string_view port = authority.substr(host.size());
    if (host.empty()) return false;
    if (!port.empty()) port.remove_prefix(1);
    return std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string_view host_of(std::string_view authority) noexcept {
    if (authority.starts_with('[')) {
        const auto bracket = authority.find(']');
        return bracket == std::string_view::npos ? std::string_view{}
                                                 : authority.substr(0, bracket + 1);
    }
    return authority.substr(0, authority.find(':'));
}

CallerCheck::CallerCheck(Options options) : options_(std::move(options)) {}

bool CallerCheck::is_host_allowed(std::string_view host, const HttpRequest& request) const {
    if (is_loopback(host) || ends_ignoring_case(host, ".localhost")) return true;
    if (equal_ignoring_case(host, "localhost.localstack.cloud") ||
        ends_ignoring_case(host, ".localhost.localstack.cloud")) {
        return true;
    }
    const std::string_view bare = host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
    if (equal_ignoring_case(bare, options_.listen_host) || bare == request.local_address)
        return true;
    for (const std::string& allowed : options_.allowed_hosts) {
        if (equal_ignoring_case(host, allowed)) return true;
        if (allowed.starts_with("*.") &&
            ends_ignoring_case(host, std::string_view{allowed}.substr(1)))
            return true;
    }
    // A client that takes us for its proxy: no page can make a browser send that.
    if (request.is_absolute_form && ends_ignoring_case(host, ".amazonaws.com")) return true;
    // StartSyncExecution and TestState put "sync-" before the endpoint's host.
    constexpr std::string_view sync = "sync-";
    return host.starts_with(sync) && is_host_allowed(host.substr(sync.size()), request);
}

bool CallerCheck::is_origin_allowed(std::string_view origin) const {
    return std::any_of(
        options_.allowed_origins.begin(), options_.allowed_origins.end(),
        [origin](const std::string& allowed) { return equal_ignoring_case(origin, allowed); });
}

CallerCheck::Verdict CallerCheck::check(const HttpRequest& request) const {
    const std::string_view authority = request.authority;
    if (authority.empty() && request.is_http_1_0 && request.header(Header::origin).empty())
        return {};
    if (!is_well_formed(authority) || !is_host_allowed(host_of(authority), request)) {
        return {"The host '" + std::string{authority} +
                    "' is not one of this server's names; start it with --allow-host to add one.",
                {}};
    }
    const std::string_view origin = request.header(Header::origin);
    const bool has_origin = origin.data() != nullptr;
    if (has_origin && is_origin_allowed(origin)) return {std::nullopt, origin};
    if (has_origin) {
        const auto scheme_end = origin.find("://");
        const bool is_own = scheme_end != std::string_view::npos &&
                            equal_ignoring_case(origin.substr(scheme_end + 3), authority);
        if (!is_own) {
            return {"Requests of the web origin '" + std::string{origin} +
                        "' are refused; start the server with --allow-origin to allow it.",
                    {}};
        }
    }
    if (equal_ignoring_case(request.header(Header::sec_fetch_site), "cross-site")) {
        return {"Requests from other web sites are refused.", {}};
    }
    return {};
}

}  // namespace stepwell::wire
