// All that the compiler has parsed of a state's fields, for evaluation.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "asl/condition.hpp"
#include "asl/map_run.hpp"
#include "asl/query.hpp"
#include "asl/result_path.hpp"
#include "asl/template.hpp"
#include "asl/timestamp.hpp"

namespace stepwell::asl {

/// InputPath or OutputPath. Default: `$`.
struct SelectingPath {
    bool is_null = false;                ///< `null`: an empty object
    std::optional<Reference> reference;  ///< absent: `$`
};

/// One element of Choices.
struct ChoiceRule {
    Condition condition;
    StateIndex next;
    std::optional<Template> assign;
};

struct CatcherExpressions {
    ResultPath result_path;
    std::optional<Template> assign;
};

struct Expressions {
    SelectingPath input_path;
    SelectingPath output_path;
    std::optional<Template> parameters;
    std::optional<Template> result_selector;
    ResultPath result_path;
    std::optional<Template> assign;
    Payload result;  ///< of a Pass that has one

    std::vector<ChoiceRule> choices;
    std::optional<StateIndex> default_next;

    std::optional<std::int64_t> seconds;  ///< of a Wait
    std::optional<Reference> seconds_path;
    std::optional<Timestamp> timestamp;
    std::optional<Reference> timestamp_path;

    std::optional<std::int64_t> timeout_seconds;  ///< of a Task
    std::optional<Reference> timeout_seconds_path;
    std::optional<std::int64_t> heartbeat_seconds;
    std::optional<Reference> heartbeat_seconds_path;

    std::optional<Reference> items_path;  ///< of a Map
    std::optional<Template> item_selector;
    std::optional<std::int64_t> max_concurrency;
    std::optional<Reference> max_concurrency_path;
    std::unique_ptr<MapRunExpressions> map_run;  ///< of one in DISTRIBUTED mode

    std::optional<std::string> error;  ///< of a Fail
    std::optional<std::string> cause;
    std::optional<Expression> error_path;
    std::optional<Expression> cause_path;

    std::vector<CatcherExpressions> catchers;

    std::unique_ptr<Queries> queries;  ///< of a JSONata state, which of the above has but Default

    void visit_references(const std::function<void(const Reference&)>& visit) const;
};

}  // namespace stepwell::asl
