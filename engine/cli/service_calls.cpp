#include "cli/service_calls.hpp"

#include <future>
#include <memory>

#include "base/errors.hpp"
#include "base/random.hpp"

namespace stepwell::cli {

Result<json::Document> ServiceCalls::call(std::string_view service, std::string_view name,
                                          std::string input) const {
    const api::Operation* operation = operations_.find(service, name);
    if (operation == nullptr)
        return Error{errors::unknown_operation, "there is no operation " + std::string{name}};
    api::Call call;
    call.body = std::move(input);
    call.context = {base_url_, make_uuid(), "demo", "us-east-1"};
    auto answered = std::make_shared<std::promise<Result<api::Reply>>>();
    std::future<Result<api::Reply>> answer = answered->get_future();
    (*operation)(std::move(call),
                 [answered](Result<api::Reply> reply) { answered->set_value(std::move(reply)); });
    const Result<api::Reply> reply = answer.get();
    if (reply.has_error()) return reply.error();
    return json::Document::parse(reply->body.empty() ? "{}" : reply->body);
}

std::string text_member(const json::Document& answer, std::string_view name) {
    const std::optional<json::Value> member = answer.root().find(name);
    return member.has_value() && member->is_string() ? std::string{member->string()}
                                                     : std::string{};
}

}  // namespace stepwell::cli
