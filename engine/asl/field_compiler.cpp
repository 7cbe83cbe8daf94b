// The fields that several types of states share: paths, templates, Assign, Retry and Catch.
#include "asl/compiler.hpp"

namespace stepwell::asl {

using json::Value;

SelectingPath Compiler::selecting_path(const Fields& fields, std::string_view field) {
    SelectingPath path;
    const auto value = fields.any(field);
    if (!value) return path;
    if (value->is_null()) {
        path.is_null = true;
        return path;
    }
    const auto text = fields.string(field);
    if (!text) return path;
    auto reference = Reference::parse_whole(*text);
    if (!reference) {
        fields.wrong(field, "Value must be a valid JSONPath.");
        return path;
    }
    const bool is_identity = reference->root() == Reference::Root::input && reference->is_root();
    if (!is_identity) path.reference = std::move(*reference);
    return path;
}

ResultPath Compiler::result_path(const Fields& fields) {
    const auto value = fields.any("ResultPath");
    if (!value) return {};
    if (value->is_null()) return ResultPath::discarding();
    const auto text = fields.string("ResultPath");
    if (!text) return {};
    auto path = ResultPath::parse(*text);
    if (path) return std::move(*path);
    fields.wrong("ResultPath",
                 text->starts_with('$')
                     ? "Value is not a Reference Path"
                     : "Value is not a Reference Path: Reference path didn't start with '$'");
    return {};
}

std::optional<Template> Compiler::payload_template(const Fields& fields, std::string_view field) {
    const auto value = fields.any(field);
    if (!value) return std::nullopt;
    std::vector<Template::Problem> problems;
    auto result = Template::compile(*value, problems);
    for (const Template::Problem& problem : problems) {
        diagnostics_.schema("The value for the field '" + problem.field +
                                "' must be a valid JSONPath or a valid intrinsic function call",
                            fields.at(field) + problem.location);
    }
    return result;
}

namespace {

bool is_variable_name(std::string_view name) {
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
               static_cast<unsigned char>(c) >= 0x80;
    };
    if (name.empty() || !is_letter(name.front())) return false;
    return std::all_of(name.begin(), name.end(),
                       [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

}  // namespace

std::optional<Template> Compiler::assignment(const Fields& fields) {
    const auto value = fields.object("Assign");
    if (!value) return std::nullopt;
    for (const json::Member& member : value->members()) {
        std::string_view name = member.key;
        if (name.ends_with(".$")) name.remove_suffix(2);
        check_variable_name(name, fields.at("Assign") + "/" + std::string{member.key});
    }
    return payload_template(fields, "Assign");
}

void Compiler::check_variable_name(std::string_view name, const std::string& location) {
    if (scope_ != nullptr) scope_->assigned.push_back({std::string{name}, location, scope_->place});
    if (name == "states") {
        diagnostics_.add(diagnostic_code::reserved_variable_name,
                         "Cannot assign to reserved variable '$states'.", location);
    } else if (!is_variable_name(name)) {
        diagnostics_.add(diagnostic_code::invalid_variable_name,
                         "Invalid variable name '" + std::string{name} +
                             "': the variable name contains invalid characters.",
                         location);
    }
}

std::optional<Reference> Compiler::reference_path(const Fields& fields, std::string_view field) {
    const auto text = fields.string(field);
    if (!text) return std::nullopt;
    auto reference = Reference::parse_whole(*text);
    if (reference && reference->path().is_reference()) return reference;
    fields.wrong(field,
                 text->starts_with('$')
                     ? "Value is not a Reference Path"
                     : "Value is not a Reference Path: Reference path didn't start with '$'");
    return std::nullopt;
}

// AWS counts filters and wildcards among what a Reference Path to an array may have; a single value
// has none of them.
std::optional<Reference> Compiler::items_path(const Fields& fields) {
    const auto text = fields.any("ItemsPath");
    if (!text || !text->is_string()) return reference_path(fields, "ItemsPath");
    auto reference = Reference::parse_whole(text->string());
    if (reference && !reference->path().function()) return reference;
    return reference_path(fields, "ItemsPath");
}

std::optional<Expression> Compiler::expression(const Fields& fields, std::string_view field) {
    const auto text = fields.string(field);
    if (!text) return std::nullopt;
    auto result = parse_expression(*text);
    if (!result) {
        fields.wrong("The value for the field '" + std::string{field} +
                     "' must be a valid JSONPath or a valid intrinsic function call");
    }
    return result;
}

std::vector<std::string> Compiler::error_equals(const Fields& fields, bool is_last) {
    std::vector<std::string> names;
    const auto list = fields.array("ErrorEquals");
    if (!list) return names;
    for (std::size_t i = 0; i < list->size(); ++i) {
        const Value name = (*list)[i];
        if (name.is_string()) {
            names.emplace_back(name.string());
        } else {
            diagnostics_.schema("Expected value of type [STRING]",
                                fields.at("ErrorEquals") + "[" + std::to_string(i) + "]");
        }
    }
    const bool has_all = std::find(names.begin(), names.end(), "States.ALL") != names.end();
    if (has_all && (names.size() > 1 || !is_last)) {
        fields.wrong("ErrorEquals", "States.ALL must appear alone and at end of list");
    }
    return names;
}

void Compiler::compile_retry(const Fields& fields, State& state) {
    const auto list = fields.any("Retry");
    if (!list || (list->is_array() && list->size() == 0)) return;
    if (!fields.array("Retry")) return;
    for (std::size_t i = 0; i < list->size(); ++i) {
        const std::string location = fields.at("Retry") + "[" + std::to_string(i) + "]";
        const Fields entry{(*list)[i], location, diagnostics_};
        if (!entry.object().is_object()) {
            entry.wrong("Expected value of type [OBJECT]");
            continue;
        }
        entry.allow({"ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate",
                     "MaxDelaySeconds", "JitterStrategy", "Comment"});
        entry.require({"ErrorEquals"});
        Retrier retrier;
        retrier.error_equals = error_equals(entry, i + 1 == list->size());
        constexpr std::int64_t attempts_max = 99'999'999;
        constexpr std::int64_t delay_seconds_max = 31'622'400;
        if (const auto value = entry.integer("IntervalSeconds", 0, attempts_max)) {
            retrier.interval_seconds = static_cast<double>(*value);
        }
        if (const auto value = entry.integer("MaxAttempts", 0, attempts_max)) {
            retrier.attempts_max = static_cast<std::uint32_t>(*value);
        }
        if (const auto value = entry.number("BackoffRate", 1)) retrier.backoff_rate = *value;
        if (const auto value = entry.integer("MaxDelaySeconds", 1, delay_seconds_max)) {
            retrier.delay_seconds_max = static_cast<double>(*value);
        }
        if (const auto value = entry.string("JitterStrategy")) {
            if (*value != "NONE" && *value != "FULL") {
                entry.wrong("JitterStrategy", "Value should be one of the following: [NONE, FULL]");
            }
            retrier.has_full_jitter = *value == "FULL";
        }
        state.retriers.push_back(std::move(retrier));
    }
}

void Compiler::compile_catch(const Fields& fields, Scope& scope, State& state,
                             Expressions& expressions) {
    const auto list = fields.any("Catch");
    if (!list || (list->is_array() && list->size() == 0)) return;
    if (!fields.array("Catch")) return;
    for (std::size_t i = 0; i < list->size(); ++i) {
        const std::string location = fields.at("Catch") + "[" + std::to_string(i) + "]";
        const Fields entry{(*list)[i], location, diagnostics_};
        if (!entry.object().is_object()) {
            entry.wrong("Expected value of type [OBJECT]");
            continue;
        }
        const bool is_jsonata = state.query_language == QueryLanguage::jsonata;
        if (is_jsonata) {
            entry.allow({"ErrorEquals", "Next", "Assign", "Output", "Comment"});
        } else {
            entry.allow({"ErrorEquals", "Next", "ResultPath", "Assign", "Comment"});
        }
        entry.require({"ErrorEquals", "Next"});
        Catcher catcher;
        catcher.error_equals = error_equals(entry, i + 1 == list->size());
        if (const auto next = target(entry, "Next", scope)) catcher.next = *next;
        state.catchers.push_back(std::move(catcher));
        if (is_jsonata) {
            compile_query_catcher(entry, state, *expressions.queries);
            continue;
        }
        CatcherExpressions parsed;
        parsed.result_path = result_path(entry);
        parsed.assign = assignment(entry);
        expressions.catchers.push_back(std::move(parsed));
    }
}

}  // namespace stepwell::asl
