#include "cli/history_table.hpp"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace stepwell::cli {

namespace {

std::string milliseconds_text(double seconds) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.0f ms", seconds * 1000);
    return buffer;
}

double timestamp_of(json::Value event) {
    const auto timestamp = event.find("timestamp");
    return timestamp.has_value() && timestamp->is_number() ? timestamp->number() : 0;
}

std::string text_of(json::Value object, std::string_view name) {
    const auto member = object.find(name);
    if (!member.has_value()) return {};
    return std::string{member->is_string() ? member->string() : member->raw()};
}

using Row = std::vector<std::string>;

std::string aligned(const std::vector<Row>& rows) {
    constexpr std::size_t columns_right_aligned = 3;  // numbers and times
    std::vector<std::size_t> widths(rows.front().size());
    for (const Row& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    std::string text;
    for (const Row& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string padding(widths[i] - row[i].size(), ' ');
            line += "  ";
            line += i < columns_right_aligned ? padding + row[i] : row[i] + padding;
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

}  // namespace

std::string subject_of(json::Value event) {
    for (const json::Member& member : event.members()) {
        if (!member.key.ends_with("EventDetails")) continue;
        const json::Value details{&member.value};
        for (const std::string_view name : {"name", "error", "resource"}) {
            std::string subject = text_of(details, name);
            if (name == "resource" && !subject.empty())
                subject = text_of(details, "resourceType") + ":" + subject;
            if (!subject.empty()) return subject;
        }
    }
    return {};
}

std::string history_table(json::Value events) {
    std::vector<Row> rows{{"#", "at", "took", "event", "about"}};
    double start = 0;
    double before = 0;
    for (std::size_t i = 0; i < events.size(); ++i) {
        const json::Value event = events[i];
        const double now = timestamp_of(event);
        if (i == 0) start = before = now;
        rows.push_back({text_of(event, "id"), milliseconds_text(now - start),
                        milliseconds_text(now - before), text_of(event, "type"),
                        subject_of(event)});
        before = now;
    }
    return aligned(rows);
}

}  // namespace stepwell::cli
