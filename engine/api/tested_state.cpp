#include "api/tested_state.hpp"

#include "base/assert.hpp"
#include "json/value.hpp"

namespace stepwell::api {

using json::Value;

namespace {

std::string text_at(Value object, std::string_view field) {
    const auto value = object.find(field);
    return value && value->is_string() ? std::string(value->string()) : std::string{};
}

}  // namespace

TestedState TestedState::read(const asl::LoneState& lone) {
    const auto document = json::Document::parse(lone.definition);
    SW_ASSERT(document.has_value());  // we wrote it
    const Value definition = document->root();
    const Value object = *definition.find("States")->find(lone.name);
    TestedState state;
    state.type = text_at(object, "Type");
    const std::string own = text_at(object, "QueryLanguage");
    state.is_jsonata = (own.empty() ? text_at(definition, "QueryLanguage") : own) == "JSONata";
    state.resource = asl::Resource::parse(text_at(object, "Resource"));
    if (const auto branches = object.find("Branches"); branches && branches->is_array())
        state.branches = branches->size();
    state.has_result_writer = object.find("ResultWriter").has_value();
    const auto whole = [&](std::string_view field) -> std::optional<std::int64_t> {
        const auto value = object.find(field);
        return value && value->is_number() ? value->integer() : std::nullopt;
    };
    state.has_item_selector =
        object.find("ItemSelector").has_value() || object.find("Parameters").has_value();
    state.tolerated_failure_count = whole("ToleratedFailureCount");
    if (const auto value = object.find("ToleratedFailurePercentage"); value && value->is_number())
        state.tolerated_failure_percentage = value->number();
    return state;
}

bool TestedState::needs_mock() const noexcept {
    if (!resource.has_value()) return false;
    return resource->kind == asl::ResourceKind::activity ||
           resource->pattern != asl::Pattern::request_response;
}

bool TestedState::is_too_many(std::int64_t failures, std::size_t items) const noexcept {
    if (tolerated_failure_count && failures > *tolerated_failure_count) return true;
    if (!tolerated_failure_percentage || items == 0) return false;
    const double share = 100.0 * static_cast<double>(failures) / static_cast<double>(items);
    return share > *tolerated_failure_percentage;
}

}  // namespace stepwell::api
