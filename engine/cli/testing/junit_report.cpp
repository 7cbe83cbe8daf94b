#include "cli/testing/junit_report.hpp"

#include <array>
#include <cstdio>
#include <string_view>

namespace stepwell::cli {

namespace {

// In an attribute or in text.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\n':
                out += "&#10;";
                break;
            case '\t':
                out += "&#9;";
                break;
            default:
                out += static_cast<unsigned char>(c) < 0x20 ? std::string("\xEF\xBF\xBD")
                                                            : std::string(1, c);
        }
    }
    return out;
}

std::string time_attribute(std::chrono::duration<double> time) {
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), " time=\"%.6f\"", time.count());
    return text.data();
}

std::string counts(std::size_t tests, std::size_t failures) {
    return " tests=\"" + std::to_string(tests) + "\" failures=\"" + std::to_string(failures) +
           "\" errors=\"0\"";
}

void append_case(std::string& out, const ReportedCase& tried) {
    out += "    <testcase classname=\"" + escaped(tried.suite) + "\" name=\"" +
           escaped(tried.name) + "\"" + time_attribute(tried.took);
    if (tried.failures.empty()) {
        out += "/>\n";
        return;
    }
    out += ">\n      <failure message=\"" + escaped(tried.failures.front()) + "\">";
    for (const std::string& failure : tried.failures) out += escaped(failure + "\n");
    out += "</failure>\n    </testcase>\n";
}

}  // namespace

std::string junit_report(const std::vector<ReportedCase>& cases) {
    std::string suites;
    std::size_t all_failed = 0;
    std::chrono::duration<double> all_took{};
    for (std::size_t begin = 0, end = 0; begin < cases.size(); begin = end) {
        std::string body;
        std::size_t failed = 0;
        std::chrono::duration<double> took{};
        for (; end < cases.size() && cases[end].suite == cases[begin].suite; ++end) {
            append_case(body, cases[end]);
            failed += cases[end].failures.empty() ? 0 : 1;
            took += cases[end].took;
        }
        suites += "  <testsuite name=\"" + escaped(cases[begin].suite) + "\"" +
                  counts(end - begin, failed) + time_attribute(took) + ">\n" + body +
                  "  </testsuite>\n";
        all_failed += failed;
        all_took += took;
    }
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" +
           counts(cases.size(), all_failed) + time_attribute(all_took) + ">\n" + suites +
           "</testsuites>\n";
}

}  // namespace stepwell::cli
