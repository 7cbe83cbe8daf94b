#include "cli/clock_pages.hpp"

#include "base/time_text.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace stepwell::cli {

namespace {

constexpr std::int64_t advance_ms_max = 3'155'760'000'000;  // 100 years

wire::Page refusal(int status, std::string_view message) {
    json::Writer out;
    out.begin_object().member("message", message).end_object();
    return {status, out.take()};
}

}  // namespace

std::optional<wire::Page> ClockPages::serve(std::string_view method, std::string_view path,
                                            std::string_view body) const {
    constexpr std::string_view base = "/_stepwell/clock";
    const std::string_view action = path.substr(base.size());
    if (!action.empty() && action != "/advance" && action != "/auto" && action != "/pause")
        return std::nullopt;
    if (method != (action.empty() ? "GET" : "POST"))
        return refusal(405, action.empty() ? "GET shows the clock." : "POST moves the clock.");
    if (action.empty()) return wire::Page{200, state()};
    if (manual_ == nullptr)
        return refusal(409,
                       "This server runs by the machine's clock; start it with --clock virtual.");
    if (action == "/advance") return advance(body);
    manual_->set_automatic(action == "/auto");
    return wire::Page{200, state()};
}

wire::Page ClockPages::advance(std::string_view body) const {
    const Result<json::Document> document = json::Document::parse(body);
    std::optional<std::int64_t> by;
    if (document.has_value() && document->root().is_object()) {
        if (const auto member = document->root().find("milliseconds")) by = member->integer();
    }
    if (!by.has_value() || *by < 1 || *by > advance_ms_max)
        return refusal(400, "The body has to be {\"milliseconds\": N}, N from 1 to 100 years.");
    manual_->advance(milliseconds{*by});
    return {200, state()};
}

std::string ClockPages::state() const {
    json::Writer out;
    out.begin_object();
    out.member("clock", manual_ == nullptr ? "real" : "virtual");
    if (manual_ != nullptr) out.member("mode", manual_->is_automatic() ? "auto" : "pause");
    out.member("now", iso8601(clock_.now()));
    out.end_object();
    return out.take();
}

}  // namespace stepwell::cli
