#include <cstdio>
#include <string>

#include "cli/command.hpp"
#include "cli/duration.hpp"
#include "cli/exit_code.hpp"
#include "cli/http_call.hpp"
#include "cli/terminal.hpp"
#include "json/value.hpp"

namespace stepwell::cli {

namespace {

std::string member_of(const json::Document& document, std::string_view name) {
    const auto value = document.root().find(name);
    return value && value->is_string() ? std::string(value->string()) : std::string();
}

int report(const HttpAnswer& answer, bool is_json) {
    const Result<json::Document> document = json::Document::parse(answer.body);
    if (!document.has_value() || !document->root().is_object()) {
        say(Severity::error, "the server answers " + std::to_string(answer.status));
        return exit_failed;
    }
    if (answer.status != 200) {
        say(Severity::error, member_of(*document, "message"));
        return answer.status == 409 ? exit_refused : exit_failed;
    }
    if (is_json) {
        std::printf("%s\n", answer.body.c_str());
        return exit_ok;
    }
    const std::string mode = member_of(*document, "mode");
    std::printf("%s  %s%s%s\n", member_of(*document, "now").c_str(),
                member_of(*document, "clock").c_str(), mode.empty() ? "" : ", ", mode.c_str());
    return exit_ok;
}

}  // namespace

int clock(const ClockOptions& options) {
    std::string path = "/_stepwell/clock";
    std::string body;
    if (options.action == ClockAction::advance) {
        const auto by = parse_duration(options.duration);
        if (!by.has_value()) {
            say(Severity::error,
                "'" + options.duration + "' is no duration; write 90s, 15m, 2h, 365d or 1h30m");
            return exit_usage;
        }
        path += "/advance";
        body = "{\"milliseconds\":" + std::to_string(by->count()) + "}";
    } else if (options.action != ClockAction::show) {
        path += options.action == ClockAction::automatic ? "/auto" : "/pause";
    }
    const bool is_show = options.action == ClockAction::show;
    const Result<HttpAnswer> answer =
        http_call(options.endpoint, is_show ? "GET" : "POST", path, body);
    if (answer.has_value()) return report(*answer, options.is_json);
    say(Severity::error, answer.error().message());
    return exit_temporary;
}

}  // namespace stepwell::cli
