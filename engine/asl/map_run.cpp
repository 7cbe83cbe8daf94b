#include "asl/map_run.hpp"

#include <charconv>
#include <cmath>
#include <limits>

#include "asl/expressions.hpp"
#include "base/assert.hpp"
#include "json/value.hpp"

namespace stepwell::asl {

namespace {

bool is_jsonata_state(const Scope& scope) noexcept {
    return scope.state.query_language == QueryLanguage::jsonata;
}

std::string shown_value(json::Value value) {
    if (value.is_string()) return std::string(value.string());
    std::string shown;
    json::append_compact(shown, value);
    return shown;
}

// A number, also one that stands in a string.
std::optional<std::int64_t> integer_in(json::Value value) {
    if (!value.is_string()) return value.integer();
    const std::string_view text = value.string();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_whole = error == std::errc{} && end == text.data() + text.size();
    return is_whole ? std::optional(number) : std::nullopt;
}
std::optional<double> float_in(json::Value value) {
    if (value.is_number()) return value.number();
    if (!value.is_string()) return std::nullopt;
    const std::string_view text = value.string();
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_whole = error == std::errc{} && end == text.data() + text.size();
    return is_whole && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

// Evaluates the numbers and payloads of one such Map, in either language.
class MapFields {
 public:
    static Evaluated<std::unique_ptr<MapFields>> of(const Scope& scope) {
        auto fields = std::make_unique<MapFields>();
        if (is_jsonata_state(scope)) {
            fields->queries_.emplace(scope);
            return fields;
        }
        auto input = effective_input(scope);
        if (!input) return input.error();
        fields->paths_.emplace(scope, std::move(*input));
        return fields;
    }

    Evaluated<std::optional<std::int64_t>> integer(const MapNumber& number) {
        if (number.given) return std::optional(static_cast<std::int64_t>(*number.given));
        return named<std::int64_t>(number, integer_in, "integer");
    }
    Evaluated<std::optional<double>> floating(const MapNumber& number) {
        if (number.given) return number.given;
        return named<double>(number, float_in, "float");
    }
    Evaluated<Payload> payload(const MapPayload& payload) {
        if (payload.query) return payload.query->render(*queries_);
        if (payload.parsed) return payload.parsed->render(*paths_);
        return Payload{};
    }
    Failure failure(std::string_view detail) { return evaluation().failure(detail); }

 private:
    Evaluation& evaluation() { return queries_ ? queries_->evaluation() : *paths_; }

    template <class T, class Read>
    Evaluated<std::optional<T>> named(const MapNumber& number, Read read, std::string_view wanted) {
        if (number.query) {
            const auto document = number.query->read(*queries_);
            if (!document) return document.error();
            const json::Value value = document->root();
            if (!value.is_number()) return number.query->unexpected(*queries_, "number", value);
            if (const auto found = read(value)) return std::optional<T>(*found);
            return failure("The " + number.field + " field cannot be parsed as an " +
                           std::string(wanted) + ": " + shown_value(value));
        }
        if (!number.path) return std::optional<T>{};
        const Reference& path = *number.path;
        std::string reason;
        const auto value = path.find(*paths_, &reason);
        if (!value) return failure("Invalid path '" + path.text() + "' : " + reason);
        if (const auto found = read(*value)) return std::optional<T>(*found);
        return failure("The " + number.field + "Path field refers to value \"" +
                       shown_value(*value) + "\" which is not a valid " + std::string(wanted) +
                       ": " + path.text());
    }

    std::optional<Evaluation> paths_;  // of a JSONPath state
    std::optional<QueryEvaluation> queries_;
};

Evaluated<Payload> rendered(const Scope& scope, const MapPayload& payload) {
    auto fields = MapFields::of(scope);
    if (!fields) return fields.error();
    return (*fields)->payload(payload);
}

// What is wrong with the numbers; empty: nothing.
std::string complaint_of(const MapRunSettings& settings) {
    if (settings.tolerated_failure_count.value_or(0) < 0)
        return "ToleratedFailureCount cannot be negative.";
    const double percentage = settings.tolerated_failure_percentage.value_or(0);
    if (!(percentage >= 0 && percentage <= 100))
        return "ToleratedFailurePercentage must be between 0 and 100.";
    if (settings.items_per_batch_max.value_or(0) < 0) return "MaxItemsPerBatch cannot be negative.";
    if (settings.input_bytes_per_batch_max.value_or(0) < 0)
        return "MaxInputBytesPerBatch cannot be negative.";
    return {};
}

}  // namespace

void MapRunExpressions::visit_references(const std::function<void(const Reference&)>& visit) const {
    for (const MapNumber* number : {&tolerated_failure_count, &tolerated_failure_percentage,
                                    &items_per_batch_max, &input_bytes_per_batch_max, &items_max}) {
        if (number->path) visit(*number->path);
    }
    for (const MapPayload* payload : {&batch_input, &reader_parameters, &writer_parameters}) {
        if (payload->parsed) payload->parsed->visit_references(visit);
    }
}

const MapRunExpressions& map_run_of(const State& state) {
    SW_ASSERT(state.expressions->map_run != nullptr);
    return *state.expressions->map_run;
}

Evaluated<MapRunSettings> map_run_settings(const Scope& scope) {
    const MapRunExpressions& expressions = map_run_of(scope.state);
    auto made = MapFields::of(scope);
    if (!made) return made.error();
    MapFields& fields = **made;
    MapRunSettings settings;
    struct Integer {
        const MapNumber& number;
        std::optional<std::int64_t>& into;
    };
    for (const Integer& each :
         {Integer{expressions.tolerated_failure_count, settings.tolerated_failure_count},
          Integer{expressions.items_per_batch_max, settings.items_per_batch_max},
          Integer{expressions.input_bytes_per_batch_max, settings.input_bytes_per_batch_max},
          Integer{expressions.items_max, settings.items_max}}) {
        const auto value = fields.integer(each.number);
        if (!value) return value.error();
        each.into = *value;
    }
    const auto percentage = fields.floating(expressions.tolerated_failure_percentage);
    if (!percentage) return percentage.error();
    settings.tolerated_failure_percentage = *percentage;
    auto batch_input = fields.payload(expressions.batch_input);
    if (!batch_input) return batch_input.error();
    settings.batch_input = std::move(*batch_input);
    if (const std::string complaint = complaint_of(settings); !complaint.empty())
        return fields.failure(complaint);
    // A bound of 0 is none.
    if (settings.items_per_batch_max == 0) settings.items_per_batch_max.reset();
    if (settings.input_bytes_per_batch_max == 0) settings.input_bytes_per_batch_max.reset();
    return settings;
}

Evaluated<Payload> reader_parameters(const Scope& scope) {
    return rendered(scope, map_run_of(scope.state).reader_parameters);
}

Evaluated<Payload> writer_parameters(const Scope& scope) {
    return rendered(scope, map_run_of(scope.state).writer_parameters);
}

}  // namespace stepwell::asl
