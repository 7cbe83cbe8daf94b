#include "asl/resource.hpp"

#include <algorithm>
#include <vector>

namespace stepwell::asl {

namespace {

// The parts between colons; the last one takes the rest from `parts_max` on.
std::vector<std::string_view> split(std::string_view text, std::size_t parts_max) {
    std::vector<std::string_view> parts;
    while (parts.size() + 1 < parts_max) {
        const std::size_t colon = text.find(':');
        if (colon == std::string_view::npos) break;
        parts.push_back(text.substr(0, colon));
        text.remove_prefix(colon + 1);
    }
    parts.push_back(text);
    return parts;
}

// Takes a pattern off the end of an action; nothing for one that does not exist.
std::optional<Pattern> take_pattern(std::string_view& action) {
    const std::size_t dot = action.find('.');
    if (dot == std::string_view::npos) return Pattern::request_response;
    const std::string_view name = action.substr(dot);
    action = action.substr(0, dot);
    if (name == ".sync") return Pattern::sync;
    if (name == ".sync:2") return Pattern::sync2;
    if (name == ".waitForTaskToken") return Pattern::wait_for_task_token;
    return std::nullopt;
}

// The names that an account's own things have where an integration has its service's.
bool is_of_an_account(std::string_view service) {
    const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };  // stateMachine, mapRun
    return service == "activity" || service == "execution" || service == "express" ||
           std::any_of(service.begin(), service.end(), is_upper);
}

// "SERVICE:ACTION[.PATTERN]" or "aws-sdk:SERVICE:ACTION[.PATTERN]".
std::optional<Resource> parse_integration(std::string_view text) {
    Resource resource;
    if (text.starts_with("aws-sdk:")) {
        resource.is_sdk = true;
        text.remove_prefix(8);
    }
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    resource.service = text.substr(0, colon);
    std::string_view action = text.substr(colon + 1);
    resource.history_resource = action;
    const auto pattern = take_pattern(action);
    if (resource.service.empty() || action.empty() || !pattern) return std::nullopt;
    if (is_of_an_account(resource.service)) return std::nullopt;
    resource.pattern = *pattern;
    resource.action = action;
    resource.history_type = (resource.is_sdk ? "aws-sdk:" : "") + resource.service;
    return resource;
}

}  // namespace

std::optional<Resource> Resource::parse(std::string_view arn) {
    const auto parts = split(arn, 6);  // arn, partition, service, region, account, resource
    if (parts.size() != 6 || parts[0] != "arn" || !parts[1].starts_with("aws")) return std::nullopt;
    const std::string_view service = parts[2];
    const std::string_view rest = parts[5];
    std::optional<Resource> resource;
    if (service == "lambda" && rest.starts_with("function:") && rest.size() > 9) {
        resource.emplace();
        resource->kind = ResourceKind::lambda_function;
        resource->service = "lambda";
        resource->action = rest.substr(9);
    } else if (service == "states" && rest.starts_with("activity:") && rest.size() > 9 &&
               !parts[4].empty()) {
        resource.emplace();
        resource->kind = ResourceKind::activity;
        resource->service = "states";
        resource->action = rest.substr(9);
    } else if (service == "states") {
        resource = parse_integration(rest);  // AWS takes it with a region and an account, too
    }
    if (resource) resource->arn = arn;
    return resource;
}

}  // namespace stepwell::asl
