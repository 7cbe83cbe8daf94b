#include "api/step_functions_json_error.hpp"

#include <optional>
#include <vector>

namespace stepwell::api {

namespace {

constexpr std::string_view any_value =
    "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

/// A strict scanner of JSON that stops at the first thing Jackson would complain about.
class Scanner {
 public:
    explicit Scanner(std::string_view text) : text_(text) {}

    std::optional<std::string> complaint() {
        if (!skip_space()) return "No content to map due to end-of-input";
        bool is_value_over = scan_value();
        while (!complaint_.has_value() && !containers_.empty()) {
            if (is_value_over) {
                is_value_over = continue_container();
            } else {
                is_value_over = scan_value();
            }
        }
        if (!complaint_.has_value() && skip_space()) return unexpected("expected end-of-input");
        return complaint_;
    }

 private:
    struct Container {
        char opening;
        std::size_t at;
    };

    bool fail(std::string message) {
        if (!complaint_.has_value()) complaint_ = std::move(message);
        return true;
    }
    bool is_at_end() const { return at_ >= text_.size(); }
    bool skip_space() {
        while (!is_at_end() &&
               std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
            ++at_;
        return !is_at_end();
    }
    std::string shown(char c) const {
        const auto code = static_cast<unsigned char>(c);
        if (code < 0x20) return "(CTRL-CHAR, code " + std::to_string(code) + ")";
        return std::string("('")
            .append(1, c)
            .append("' (code ")
            .append(std::to_string(code))
            .append("))");
    }
    std::string unexpected(std::string_view wanted) const {
        return "Unexpected character " + shown(text_[at_]) + ": " + std::string(wanted);
    }
    /// Jackson's "[Source: (String)"..."; line: L, column: C]" of where a container starts.
    std::string source(std::size_t at) const {
        std::size_t line = 1;
        std::size_t line_start = 0;
        for (std::size_t i = 0; i < at; ++i) {
            if (text_[i] == '\n') {
                ++line;
                line_start = i + 1;
            }
        }
        return "[Source: (String)\"" + std::string(text_) + "\"; line: " + std::to_string(line) +
               ", column: " + std::to_string(at - line_start + 1) + "]";
    }
    bool fail_at_end() {
        if (containers_.empty()) return fail("Unexpected end-of-input");
        const Container& open = containers_.back();
        return fail(std::string("Unexpected end-of-input: expected close marker for ") +
                    (open.opening == '{' ? "Object" : "Array") + " (start marker at " +
                    source(open.at) + ")");
    }

    /// True when a whole value was read, false when a container was opened and its first value
    /// comes next.
    bool scan_value() {
        if (!skip_space()) return fail_at_end();
        const char c = text_[at_];
        if (c == '{' || c == '[') {
            containers_.push_back({c, at_++});
            return open_container();
        }
        if (c == '"') return scan_string();
        if (c == '-' || (c >= '0' && c <= '9')) return scan_number();
        return scan_token();
    }

    bool open_container() {
        if (!skip_space()) return fail_at_end();
        if (containers_.back().opening == '[') return text_[at_] == ']' && close_container();
        if (text_[at_] == '}') return close_container();
        return scan_name();
    }
    bool close_container() {
        ++at_;
        containers_.pop_back();
        return true;
    }

    /// After a value inside a container: what follows it.
    bool continue_container() {
        if (!skip_space()) return fail_at_end();
        const bool is_object = containers_.back().opening == '{';
        if (text_[at_] == (is_object ? '}' : ']')) return close_container();
        if (text_[at_] != ',') {
            return fail(unexpected(is_object ? "was expecting comma to separate Object entries"
                                             : "was expecting comma to separate Array entries"));
        }
        ++at_;
        if (!is_object) return false;
        if (!skip_space()) return fail_at_end();
        return scan_name();
    }

    bool scan_name() {
        if (text_[at_] != '"')
            return fail(unexpected("was expecting double-quote to start field name"));
        scan_string();
        if (complaint_.has_value()) return true;
        if (!skip_space()) return fail_at_end();
        if (text_[at_] != ':')
            return fail(unexpected("was expecting a colon to separate field name and value"));
        ++at_;
        return false;
    }

    bool scan_string() {
        for (++at_; !is_at_end(); ++at_) {
            const char c = text_[at_];
            if (c == '"') {
                ++at_;
                return true;
            }
            if (static_cast<unsigned char>(c) < 0x20) {
                return fail("Illegal unquoted character (" + shown(c) +
                            "): has to be escaped using backslash to be included in string value");
            }
            if (c != '\\') continue;
            if (++at_ >= text_.size()) break;
            if (std::string_view("\"\\/bfnrtu").find(text_[at_]) == std::string_view::npos) {
                const std::string letter = shown(text_[at_]);
                return fail("Unrecognized character escape " + letter.substr(1, letter.size() - 2));
            }
        }
        return fail("Unexpected end-of-input in VALUE_STRING");
    }

    bool scan_number() {
        const std::size_t start = at_;
        if (text_[at_] == '-') ++at_;
        const std::size_t digits = at_;
        while (!is_at_end() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
        if (at_ == digits) {
            at_ = start;
            return is_at_end()
                       ? fail_at_end()
                       : fail(unexpected(
                             "expected digit (0-9) to follow minus sign, for valid numeric value"));
        }
        if (text_[digits] == '0' && at_ > digits + 1)
            return fail("Invalid numeric value: Leading zeroes not allowed");
        while (!is_at_end() &&
               std::string_view("0123456789.eE+-").find(text_[at_]) != std::string_view::npos)
            ++at_;
        return true;
    }

    bool scan_token() {
        const auto is_identifier = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   c == '_' || c == '$' || static_cast<unsigned char>(c) >= 0x80;
        };
        const std::size_t start = at_;
        while (!is_at_end() && is_identifier(text_[at_])) ++at_;
        const std::string_view token = text_.substr(start, at_ - start);
        if (token == "true" || token == "false" || token == "null") return true;
        if (!token.empty()) {
            return fail("Unrecognized token '" + std::string(token) + "': was expecting " +
                        std::string(any_value));
        }
        return fail(unexpected("expected a valid value " + std::string(any_value)));
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::vector<Container> containers_;  // open ones, bounded by the text's length
    std::optional<std::string> complaint_;
};

}  // namespace

std::string json_complaint(std::string_view text, std::string_view otherwise) {
    return Scanner(text).complaint().value_or(std::string(otherwise));
}

}  // namespace stepwell::api
