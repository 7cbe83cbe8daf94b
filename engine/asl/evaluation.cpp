#include "asl/evaluation.hpp"

#include "asl/context_object.hpp"
#include "base/assert.hpp"

namespace stepwell::asl {

json::Value Evaluation::root() {
    if (!root_) root_ = json::Document::of(root_payload_);
    return root_->root();
}

json::Value Evaluation::context() {
    if (!context_ && scope_.context.given != nullptr) {
        context_ = json::Document::of(*scope_.context.given);
    }
    if (!context_) {
        std::string text;
        append_context_object(text, scope_);
        context_ = json::Document::of(Payload::trusted(text));
    }
    return context_->root();
}

std::optional<json::Value> Evaluation::variable(std::string_view name) {
    if (scope_.variables.is_absent()) return std::nullopt;
    if (!variables_) variables_ = json::Document::of(scope_.variables);
    return variables_->root().find(name);
}

json::Value Evaluation::keep(std::string_view json) {
    auto document = json::Document::parse(json);
    SW_ASSERT(document.has_value());  // our own functions wrote it
    kept_.push_front(std::move(*document));
    return kept_.front().root();
}

std::string Evaluation::root_text() {
    std::string text;
    json::append_compact(text, root());
    return text;
}

std::string cause_in_state(const Scope& scope, std::string_view detail) {
    if (scope.entered_event_id == 0) return std::string{detail};
    std::string cause = "An error occurred while executing the state '" + scope.state.name +
                        "' (entered at the event id #" + std::to_string(scope.entered_event_id) +
                        "). ";
    return cause.append(detail);
}

Failure Evaluation::too_large() const {
    return Failure{
        "States.DataLimitExceeded",
        "The state/task '" + scope_.state.name +
            "' returned a result with a size exceeding the maximum number of bytes service limit."};
}

Failure Evaluation::failure(std::string_view detail) const {
    return Failure{"States.Runtime", cause_in_state(scope_, detail)};
}

}  // namespace stepwell::asl
