#include "asl/expressions.hpp"

namespace stepwell::asl {

void Expressions::visit_references(const std::function<void(const Reference&)>& visit) const {
    for (const auto* path :
         {&input_path.reference, &output_path.reference, &seconds_path, &timestamp_path,
          &timeout_seconds_path, &heartbeat_seconds_path, &items_path, &max_concurrency_path}) {
        if (*path) visit(**path);
    }
    for (const auto* payload : {&parameters, &item_selector, &result_selector, &assign}) {
        if (*payload) (*payload)->visit_references(visit);
    }
    if (map_run != nullptr) map_run->visit_references(visit);
    for (const auto* text : {&error_path, &cause_path}) {
        if (!*text) continue;
        if (const auto* call = std::get_if<Call>(&**text)) {
            call->visit_references(visit);
        } else {
            visit(std::get<Reference>(**text));
        }
    }
    for (const ChoiceRule& rule : choices) {
        rule.condition.visit_references(visit);
        if (rule.assign) rule.assign->visit_references(visit);
    }
    for (const CatcherExpressions& catcher : catchers) {
        if (catcher.assign) catcher.assign->visit_references(visit);
    }
}

}  // namespace stepwell::asl
