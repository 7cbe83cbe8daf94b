#include <cstdio>
#include <string>

#include "asl/program.hpp"
#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/input_file.hpp"
#include "cli/terminal.hpp"
#include "cli/text_position.hpp"
#include "json/writer.hpp"

namespace stepwell::cli {

namespace {

/// A diagnostic and where it points to.
struct Found {
    asl::Diagnostic diagnostic;
    TextPosition position;
};

std::vector<Found> find_problems(const std::string& text) {
    if (const auto wrong = json::find_syntax_error(text)) {
        asl::Diagnostic diagnostic{true, "INVALID_JSON_DESCRIPTION", wrong->reason, {}};
        return {{std::move(diagnostic), position_at(text, wrong->offset.value_or(text.size()))}};
    }
    const Result<json::Document> document = json::Document::parse(text);
    std::vector<Found> found;
    for (asl::Diagnostic& diagnostic : asl::Program::compile(text).diagnostics) {
        const TextPosition position =
            document.has_value() ? position_of(*document, diagnostic.location) : TextPosition{};
        found.push_back({std::move(diagnostic), position});
    }
    return found;
}

void print_text(const std::string& file, const std::vector<Found>& found) {
    const bool is_colored = wants_color(1);
    for (const Found& problem : found) {
        const asl::Diagnostic& diagnostic = problem.diagnostic;
        const char* severity = diagnostic.is_error ? "error" : "warning";
        const char* color = diagnostic.is_error ? "\033[1;31m" : "\033[1;33m";
        std::printf("%s:%zu:%zu: %s%s%s: %s [%s]", file.c_str(), problem.position.line,
                    problem.position.column, is_colored ? color : "", severity,
                    is_colored ? "\033[0m" : "", diagnostic.message.c_str(),
                    diagnostic.code.c_str());
        if (!diagnostic.location.empty()) std::printf(" at %s", diagnostic.location.c_str());
        std::printf("\n");
    }
}

void print_json(const std::vector<Found>& found, bool is_valid) {
    json::Writer out;
    out.begin_object().member("result", is_valid ? "OK" : "FAIL").key("diagnostics").begin_array();
    for (const Found& problem : found) {
        out.begin_object();
        out.member("severity", problem.diagnostic.is_error ? "ERROR" : "WARNING");
        out.member("code", problem.diagnostic.code).member("message", problem.diagnostic.message);
        out.member("location", problem.diagnostic.location);
        out.member_integer("line", static_cast<std::int64_t>(problem.position.line));
        out.member_integer("column", static_cast<std::int64_t>(problem.position.column));
        out.end_object();
    }
    out.end_array().end_object();
    std::printf("%s\n", out.take().c_str());
}

}  // namespace

int validate(const ValidateOptions& options) {
    const Result<std::string> text = read_input_file(options.file);
    if (text.has_error()) {
        say(Severity::error, text.error().message());
        return text.error().is(file_not_found) ? exit_not_found : exit_failed;
    }
    const std::vector<Found> found = find_problems(*text);
    bool is_valid = true;
    for (const Found& problem : found) is_valid = is_valid && !problem.diagnostic.is_error;
    if (options.is_json) {
        print_json(found, is_valid);
    } else {
        print_text(options.file == "-" ? "<stdin>" : options.file, found);
    }
    return is_valid ? exit_ok : exit_failed;
}

}  // namespace stepwell::cli
