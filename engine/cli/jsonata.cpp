#include <chrono>
#include <cstdio>
#include <iostream>
#include <optional>
#include <vector>

#include "asl/jsonata/expression.hpp"
#include "asl/jsonata/text.hpp"
#include "base/random.hpp"
#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/input_file.hpp"
#include "cli/terminal.hpp"
#include "cli/text_position.hpp"
#include "json/writer.hpp"

namespace stepwell::cli {

namespace {

using asl::jsonata::Answer;
using asl::jsonata::BoundVariable;
using asl::jsonata::Dialect;
using asl::jsonata::Expression;
using asl::jsonata::ExpressionError;
using asl::jsonata::Options;

// Nobody else waits for this process: more than the engine allows itself.
constexpr std::size_t steps_max = 1'000'000'000;
constexpr std::size_t bytes_max = std::size_t{1} << 30;

Options options_for(Random& random) {
    Options options;
    options.steps_max = steps_max;
    options.bytes_max = bytes_max;
    options.text_bytes_max = bytes_max;
    options.now = std::chrono::system_clock::now();
    options.random = &random;
    return options;
}

Dialect dialect_of(const JsonataOptions& options) {
    return options.is_step_functions ? Dialect::step_functions : Dialect::jsonata;
}

// ---- for people
// ------------------------------------------------------------------------------------

void append_pretty(std::string& out, json::Value value, std::size_t level) {
    const bool is_object = value.is_object();
    if (value.size() == 0) {
        json::append_compact(out, value);
        return;
    }
    const auto start_line = [&](std::size_t indentation) {
        out.append("\n").append(2 * indentation, ' ');
    };
    out.push_back(is_object ? '{' : '[');
    bool is_first = true;
    const auto separate = [&] {
        if (!std::exchange(is_first, false)) out.push_back(',');
        start_line(level + 1);
    };
    for (const json::Member& member : value.members()) {
        separate();
        json::append_string(out, member.key);
        out += ": ";
        append_pretty(out, json::Value{&member.value}, level + 1);
    }
    for (const json::Node& element : value.elements()) {
        separate();
        append_pretty(out, json::Value{&element}, level + 1);
    }
    start_line(level);
    out.push_back(is_object ? '}' : ']');
}

int complain(const std::string& expression, const ExpressionError& error) {
    std::string text = "jsonata: ";
    if (error.position != ExpressionError::nowhere) {
        const TextPosition position = position_at(expression, error.position);
        text += std::to_string(position.line) + ":" + std::to_string(position.column) + ": ";
    }
    text.append(error.message).append(" [").append(error.code).append("]");
    say(Severity::error, text);
    return exit_failed;
}

int evaluate_once(const JsonataOptions& options) {
    std::optional<json::Document> input;
    if (!options.file.empty()) {
        const Result<std::string> text = read_input_file(options.file);
        if (!text) {
            say(Severity::error, text.error().message());
            return text.error().is(file_not_found) ? exit_not_found : exit_failed;
        }
        Result<json::Document> parsed = json::Document::parse(*text);
        if (!parsed) {
            say(Severity::error, options.file + ": " + parsed.error().message());
            return exit_failed;
        }
        input = *std::move(parsed);
    }
    ExpressionError error;
    const auto expression = Expression::compile(options.expression, dialect_of(options), error);
    if (!expression) return complain(options.expression, error);
    Random random = Random::from_system();
    std::optional<json::Value> root;
    if (input) root = input->root();
    const Answer answer = expression->evaluate(root, {}, options_for(random));
    if (answer.is_error()) return complain(options.expression, answer.error);
    if (!answer.is_value()) {
        say(Severity::info,
            answer.is_undefined() ? "nothing was found" : "the result is a function");
        return exit_ok;
    }
    std::string pretty;
    const auto result = json::Document::parse(answer.json);
    if (result) append_pretty(pretty, result->root(), 0);
    std::printf("%s\n", result ? pretty.c_str() : answer.json.c_str());
    return exit_ok;
}

// ---- for programs: a line for each request
// ---------------------------------------------------------

// The content of a JSON string, lone surrogates kept.
std::string unescaped(std::string_view raw) {
    std::string out;
    std::string_view rest = raw.substr(1, raw.size() - 2);
    while (!rest.empty()) {
        const char c = rest.front();
        rest.remove_prefix(1);
        if (c != '\\') {
            out.push_back(c);
            continue;
        }
        constexpr std::string_view letters = "bfnrt";
        constexpr std::string_view meanings = "\b\f\n\r\t";
        const char escape = rest.front();
        rest.remove_prefix(1);
        const std::size_t which = letters.find(escape);
        if (escape == 'u') {
            asl::jsonata::text::append(out, *asl::jsonata::text::take_unicode_escape(rest));
        } else {
            out.push_back(which == std::string_view::npos ? escape : meanings[which]);
        }
    }
    return out;
}

std::string error_line(const ExpressionError& error) {
    json::Writer line;
    line.begin_object().member("error", error.code).member("message", error.message);
    if (error.position != ExpressionError::nowhere) {
        line.member_integer("position", static_cast<std::int64_t>(error.position));
    }
    return line.end_object().take();
}

std::string answer_line(const Answer& answer) {
    if (answer.is_error()) return error_line(answer.error);
    if (answer.is_value()) return "{\"result\":" + answer.json + "}";
    return R"({"undefined":true})";
}

std::optional<double> positive_number(json::Value request, std::string_view name) {
    const auto value = request.find(name);
    if (!value || !value->is_number() || !(value->number() > 0)) return std::nullopt;
    return std::min(value->number(), 1e9);
}

std::string answer_to(const std::string& line, Dialect dialect, Random& random) {
    const auto request = json::Document::parse(line);
    const auto text = request ? request->root().find("expr") : std::nullopt;
    if (!text || !text->is_string()) {
        return error_line({"BadRequest", "A line is an object with the member \"expr\""});
    }
    ExpressionError error;
    const auto expression = Expression::compile(unescaped(text->raw()), dialect, error);
    if (!expression) return error_line(error);
    std::vector<BoundVariable> variables;
    if (const auto bindings = request->root().find("bindings")) {
        for (const json::Member& member : bindings->members()) {
            variables.push_back({member.key, json::Value{&member.value}});
        }
    }
    Options options = options_for(random);
    if (const auto depth = positive_number(request->root(), "depth")) {
        options.depth_max = static_cast<std::size_t>(*depth);
    }
    if (const auto limit = positive_number(request->root(), "timelimit")) {
        options.deadline = std::chrono::steady_clock::now() +
                           std::chrono::milliseconds{static_cast<std::int64_t>(*limit)};
    }
    return answer_line(expression->evaluate(request->root().find("data"), variables, options));
}

int answer_lines(const JsonataOptions& options) {
    Random random = Random::from_system();
    for (std::string line; std::getline(std::cin, line);) {
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        const std::string answer = answer_to(line, dialect_of(options), random);
        std::fwrite(answer.data(), 1, answer.size(), stdout);
        std::fputc('\n', stdout);
        if (std::fflush(stdout) != 0) return exit_failed;  // nobody reads any more
    }
    return exit_ok;
}

}  // namespace

int jsonata(const JsonataOptions& options) {
    return options.has_expression ? evaluate_once(options) : answer_lines(options);
}

}  // namespace stepwell::cli
