#include "cli/terminal.hpp"

#include <unistd.h>

#include <cstdlib>
#include <string>

#include <stepwell/clock.hpp>

#include "base/time_text.hpp"
#include "json/writer.hpp"

namespace stepwell::cli {

namespace {

LogFormat log_format = LogFormat::text;

std::string_view name_of(Severity severity) noexcept {
    switch (severity) {
        case Severity::info:
            return "info";
        case Severity::warning:
            return "warning";
        case Severity::error:
            return "error";
    }
    return "";
}

std::string text_line(Severity severity, std::string_view message) {
    std::string line = "stepwell: ";
    if (severity != Severity::info) {
        const bool is_colored = wants_color(STDERR_FILENO);
        if (is_colored) line += severity == Severity::error ? "\033[1;31m" : "\033[1;33m";
        line.append(name_of(severity)).append(":");
        if (is_colored) line += "\033[0m";
        line += " ";
    }
    return line.append(message).append("\n");
}

std::string json_line(Severity severity, std::string_view message) {
    json::Writer out;
    out.begin_object().member("time", iso8601(RealClock{}.now()));
    out.member("level", name_of(severity)).member("message", message).end_object();
    return out.take().append("\n");
}

}  // namespace

void set_log_format(LogFormat format) noexcept { log_format = format; }

void say(Severity severity, std::string_view message) {
    const std::string line =
        log_format == LogFormat::json ? json_line(severity, message) : text_line(severity, message);
    // A message that cannot be written has nobody to be reported to.
    [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
}

bool wants_color(int stream) {
    const char* no_color = std::getenv("NO_COLOR");
    const char* terminal = std::getenv("TERM");
    const bool is_dumb = terminal == nullptr || std::string_view{terminal} == "dumb";
    return (no_color == nullptr || *no_color == '\0') && !is_dumb && isatty(stream) == 1;
}

}  // namespace stepwell::cli
