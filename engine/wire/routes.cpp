#include "wire/routes.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/errors.hpp"
#include "object/errors.hpp"
#include "wire/operation_names.hpp"

namespace stepwell::wire {

namespace {

// The services that speak AWS JSON, by the prefix of X-Amz-Target.
struct JsonService {
    std::string_view target_prefix;
    std::string_view service;
};
constexpr std::array json_services{
    JsonService{"AWSStepFunctions", "states"}, JsonService{"AmazonSQS", "sqs"},
    JsonService{"DynamoDB_20120810", "dynamodb"}, JsonService{"AWSEvents", "events"}};

std::array<const QueryService*, 4> query_services() {
    return {&sqs_query_service(), &sns_query_service(), &iam_query_service(), &sts_query_service()};
}

Error not_yet(std::string_view service, std::string_view operation) {
    return Error{errors::not_implemented, "The operation " + std::string{operation} + " of " +
                                              std::string{service} +
                                              " is not available in this version of Stepwell."};
}

std::string_view text_between(std::string_view text, std::string_view begin,
                              std::string_view ends) noexcept {
    const auto at = text.find(begin);
    if (at == std::string_view::npos) return {};
    text.remove_prefix(at + begin.size());
    return text.substr(0, text.find_first_of(ends));
}

/// "/000000000000/name": where a queue lies.
bool is_queue_path(std::string_view path) noexcept {
    constexpr std::size_t account_digits = 12;
    if (path.size() < account_digits + 3 || path[account_digits + 1] != '/') return false;
    const std::string_view account = path.substr(1, account_digits);
    return std::all_of(account.begin(), account.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_form(const HttpRequest& request) noexcept {
    constexpr std::string_view form = "application/x-www-form-urlencoded";
    const std::string_view type = request.header(Header::content_type);
    return equal_ignoring_case(type.substr(0, form.size()), form);
}

const QueryService* query_service_of(const HttpRequest& request, const Form& form) {
    const std::string* version = form.find("Version");
    const std::string_view signed_for = credential_scope(request).service;
    const std::string* action = form.find("Action");
    const bool is_queue = form.find("QueueUrl") != nullptr || is_queue_path(request.path);
    for (const QueryService* service : query_services()) {
        if (version != nullptr && service->version == *version) return service;
    }
    for (const QueryService* service : query_services()) {
        if (is_queue ? service->name == "sqs" : service->name == signed_for) return service;
    }
    for (const QueryService* service : query_services()) {
        if (version == nullptr && is_known_operation(service->name, *action)) return service;
    }
    return nullptr;
}

}  // namespace

CredentialScope credential_scope(const HttpRequest& request) noexcept {
    std::string_view text =
        text_between(request.header(Header::authorization), "Credential=", ", ");
    std::string_view separator = "/";
    if (text.empty()) {
        text = text_between(request.query, "X-Amz-Credential=", "&");
        if (text.find('/') == std::string_view::npos) separator = "%2F";
    }
    std::array<std::string_view, 4> parts{};  // access key, date, region, service
    for (std::string_view& part : parts) {
        const auto end = std::min(text.find(separator), text.size());
        part = text.substr(0, end);
        text.remove_prefix(std::min(end + separator.size(), text.size()));
    }
    return {parts[0], parts[2], parts[3]};
}

struct Routes::Parts {
    const api::OperationTable& operations;
    struct Target {
        std::string_view service;
        std::string_view name;
        const api::Operation* operation;  // nullptr: AWS has it, this server does not
    };
    std::vector<std::string> target_names;  // owns what the keys of targets point to
    std::unordered_map<std::string_view, Target> targets;
};

Routes::Routes(const api::OperationTable& operations) {
    auto parts = std::make_unique<Parts>(Parts{operations, {}, {}});
    std::vector<Parts::Target> targets;
    for (const JsonService& json : json_services) {
        for (const ServiceNames& known : known_services()) {
            if (known.service != json.service) continue;
            for (const std::string_view name : known.list()) {
                targets.push_back({json.service, name, operations.find(json.service, name)});
                parts->target_names.push_back(std::string{json.target_prefix} + "." +
                                              std::string{name});
            }
        }
    }
    for (std::size_t i = 0; i < targets.size(); ++i)
        parts->targets.emplace(parts->target_names[i], targets[i]);
    parts_ = std::move(parts);
}

Routes::~Routes() = default;

Route Routes::find(const HttpRequest& request) const {
    if (!request.header(Header::smithy_protocol).empty()) {
        Route route;
        route.error.emplace(errors::unknown_operation,
                            "The protocol '" +
                                std::string{request.header(Header::smithy_protocol)} +
                                "' is not spoken here.");
        return route;
    }
    if (is_s3_request(request)) return find_s3(request);
    const std::string_view target = request.header(Header::x_amz_target);
    if (!target.empty()) return find_json(target);
    if (is_dated_path(request.path)) return find_rest(request);

    Form form;
    bool is_readable = form.add(request.query);
    if (is_readable && request.method == "POST" && is_form(request))
        is_readable = form.add(request.body);
    if (!is_readable || form.find("Action") != nullptr) {
        if (is_readable) return find_query(request, std::move(form));
        Route route;
        route.protocol = Protocol::aws_query;
        route.error.emplace(errors::serialization, "The request's parameters are malformed.");
        return route;
    }
    Route route;
    route.error.emplace(
        errors::unknown_operation,
        "The request names no operation: it has neither X-Amz-Target nor Action, and " +
            std::string{request.method} + " " + std::string{request.path} + " is no route.");
    return route;
}

Route Routes::find_json(std::string_view target) const {
    Route route;
    const auto found = parts_->targets.find(target);
    if (found == parts_->targets.end()) {
        for (const JsonService& json : json_services) {
            if (target.starts_with(json.target_prefix)) route.service = json.service;
        }
        route.error.emplace(errors::unknown_operation,
                            "There is no operation '" + std::string{target} + "'.");
        return route;
    }
    route.service = found->second.service;
    route.operation = found->second.operation;
    if (route.operation == nullptr) route.error = not_yet(route.service, found->second.name);
    return route;
}

Route Routes::find_rest(const HttpRequest& request) const {
    Route route;
    route.protocol = Protocol::rest_json;
    route.service = "lambda";
    std::optional<RestMatch> match = match_lambda(request);
    if (!match.has_value()) {
        route.error.emplace(errors::unknown_operation, "There is no operation " +
                                                           std::string{request.method} + " " +
                                                           std::string{request.path} + ".");
        return route;
    }
    route.rest = *std::move(match);
    route.operation = parts_->operations.find("lambda", route.rest.operation->name);
    if (route.operation == nullptr) route.error = not_yet("lambda", route.rest.operation->name);
    return route;
}

Route Routes::find_s3(const HttpRequest& request) const {
    Route route;
    route.protocol = Protocol::rest_xml;
    route.service = "s3";
    route.s3 = match_s3(request);
    if (route.s3.is_malformed) {
        route.error.emplace(object::errors::invalid_uri, "Couldn't parse the specified URI.");
        return route;
    }
    if (route.s3.operation != nullptr)
        route.operation = parts_->operations.find("s3", route.s3.operation->name);
    if (route.operation != nullptr) return route;
    if (route.s3.operation == nullptr) {
        route.error.emplace(object::errors::method_not_allowed,
                            "The specified method is not allowed against this resource.");
    } else {
        route.error.emplace(
            object::errors::not_implemented,
            "A header you provided implies functionality that is not implemented: " +
                std::string{route.s3.operation->name});
    }
    return route;
}

Route Routes::find_query(const HttpRequest& request, Form form) const {
    Route route;
    route.protocol = Protocol::aws_query;
    route.form = std::move(form);
    const std::string& action = *route.form.find("Action");
    route.query_service = query_service_of(request, route.form);
    if (route.query_service == nullptr) {
        route.error.emplace(errors::unknown_operation,
                            "No service here has the action '" + action + "'.");
        return route;
    }
    route.service = route.query_service->name;
    route.query_operation = route.query_service->find(action);
    if (route.query_operation != nullptr)
        route.operation = parts_->operations.find(route.service, action);
    if (route.operation != nullptr) return route;
    if (is_known_operation(route.service, action)) {
        route.error = not_yet(route.service, action);
    } else {
        route.error.emplace(errors::unknown_operation,
                            "Could not find operation " + action + " for version " +
                                std::string{route.query_service->version});
    }
    return route;
}

bool Routes::has_service(std::string_view service) const {
    for (const ServiceNames& known : known_services()) {
        if (known.service != service) continue;
        const auto names = known.list();
        return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
            return parts_->operations.find(service, name) != nullptr;
        });
    }
    return false;
}

}  // namespace stepwell::wire
