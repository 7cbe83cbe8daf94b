#include "base/metrics_text.hpp"

namespace stepwell {

void MetricsText::family(std::string_view name, Type type, std::string_view help) {
    name_ = name;
    out_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name);
    out_.append(type == Type::counter ? " counter\n" : " gauge\n");
}

void MetricsText::sample(std::uint64_t value, Labels labels) {
    out_ += name_;
    char before = '{';
    for (const auto& [label, text] : labels) {
        out_ += std::exchange(before, ',');
        out_.append(label).append("=\"");
        for (const char c : text) {
            if (c == '\\' || c == '"') out_ += '\\';
            if (c == '\n') {
                out_ += "\\n";
            } else {
                out_ += c;
            }
        }
        out_ += '"';
    }
    if (before == ',') out_ += '}';
    out_.append(" ").append(std::to_string(value)).append("\n");
}

}  // namespace stepwell
