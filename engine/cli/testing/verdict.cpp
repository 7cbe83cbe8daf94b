#include "cli/testing/verdict.hpp"

#include <algorithm>
#include <string_view>

#include "cli/testing/json_difference.hpp"

namespace stepwell::cli {

namespace {

constexpr std::size_t path_states_shown_max = 40;

std::string in_quotes(std::string_view text) { return std::string("\"").append(text).append("\""); }

std::string given(const std::optional<std::string>& text) {
    return text.has_value() ? in_quotes(*text) : "none";
}

std::string how_it_ended(const ExecutionDescription& end) {
    std::string text(name_of(end.status));
    if (end.error.has_value()) text += ", " + *end.error;
    if (end.cause.has_value()) text += ": " + *end.cause;
    return text;
}

std::string joined(const std::vector<std::string>& path) {
    std::string text;
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (!text.empty()) text += " > ";
        if (i == path_states_shown_max)
            return text + "... (" + std::to_string(path.size()) + " states)";
        text += path[i];
    }
    return text.empty() ? "(no state)" : text;
}

void compare_outputs(const Payload& expected, const Payload& actual, Comparison comparison,
                     std::vector<std::string>& failures) {
    if (expected.is_absent()) return;
    if (actual.is_absent()) return failures.push_back("output: there is none");
    const json::Document wanted = json::Document::of(expected);
    const json::Document got = json::Document::of(actual);
    for (const Difference& difference : differences(wanted.root(), got.root(), comparison)) {
        const std::string place = difference.pointer.empty() ? "" : " at " + difference.pointer;
        failures.push_back("output" + place + ": " + difference.what);
    }
}

void compare_paths(const std::vector<std::string>& expected, const std::vector<std::string>& actual,
                   std::vector<std::string>& failures) {
    const auto [e, a] =
        std::mismatch(expected.begin(), expected.end(), actual.begin(), actual.end());
    if (e == expected.end() && a == actual.end()) return;
    const auto number = std::to_string(e - expected.begin() + 1);
    const std::string wanted = e == expected.end() ? "the end" : in_quotes(*e);
    const std::string got = a == actual.end() ? "the end" : in_quotes(*a);
    failures.push_back("path: expected " + wanted + " as state " + number + ", got " + got +
                       "\n  expected " + joined(expected));
}

// Each has to be found behind the one before it.
void find_events(const Payload& expected, const std::string& history,
                 std::vector<std::string>& failures) {
    if (expected.is_absent()) return;
    const json::Document wanted = json::Document::of(expected);
    const auto events = json::Document::parse(history);
    std::size_t next = 0;
    for (std::size_t i = 0; i < wanted.root().size(); ++i) {
        const json::Value event = wanted.root()[i];
        const auto type = event.find("type");
        std::vector<Difference> nearest;  // of the first of its type
        bool is_found = false;
        std::size_t at = next;
        for (; at < events->root().size() && !is_found; ++at) {
            std::vector<Difference> found =
                differences(event, events->root()[at], Comparison::part);
            is_found = found.empty();
            const auto its_type = events->root()[at].find("type");
            const bool is_its_type = type.has_value() && json::equal(*type, *its_type);
            if (nearest.empty() && is_its_type) nearest = std::move(found);
        }
        if (is_found) {
            next = at;
            continue;
        }
        std::string text = "history[" + std::to_string(i) + "]: no event" +
                           (i == 0 ? "" : " behind the one before") +
                           " is as expected: " + shown(event);
        for (const Difference& difference : nearest)
            text += "\n  at " + difference.pointer + ": " + difference.what;
        return failures.push_back(std::move(text));
    }
}

}  // namespace

std::vector<std::string> path_of(const asl::Program& program, const CaseRun& run) {
    std::vector<std::string> path;
    for (const flow::Visit& visit : run.visits) {
        if (visit.kind == flow::Visit::Kind::entered)
            path.push_back(program.state(visit.state).name);
    }
    return path;
}

std::vector<std::string> failures_of(const TestFile& file, const TestCase& test,
                                     const CaseRun& run) {
    const Expectation& expected = test.expected;
    const ExecutionDescription& end = run.end;
    std::vector<std::string> failures;
    if (end.status != expected.status) {
        failures.push_back("status: expected " + std::string(name_of(expected.status)) + ", got " +
                           how_it_ended(end));
    } else {
        compare_outputs(expected.output, end.output, Comparison::whole, failures);
        compare_outputs(expected.output_part, end.output, Comparison::part, failures);
    }
    if (expected.error.has_value() && expected.error != end.error)
        failures.push_back("error: expected " + given(expected.error) + ", got " +
                           given(end.error));
    if (expected.cause.has_value() && expected.cause != end.cause)
        failures.push_back("cause: expected " + given(expected.cause) + ", got " +
                           given(end.cause));
    const std::vector<std::string> path = path_of(*file.program, run);
    if (expected.path.has_value()) compare_paths(*expected.path, path, failures);
    find_events(expected.history, run.history, failures);
    if (!failures.empty()) failures.push_back("path taken: " + joined(path));
    return failures;
}

}  // namespace stepwell::cli
