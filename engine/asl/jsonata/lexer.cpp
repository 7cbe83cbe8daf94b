#include "asl/jsonata/lexer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "asl/jsonata/text.hpp"

namespace stepwell::asl::jsonata {

namespace {

constexpr std::string_view space = " \t\n\r\v";
constexpr std::string_view single_operators = ".[]{}(),@#;:?+-*/%|=<>^&!~";
constexpr std::array<std::string_view, 9> double_operators{
    "..", ":=", "!=", ">=", "<=", "**", "~>", "?:", "??"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool Lexer::fail(std::string_view code, std::size_t position, std::string_view token) {
    error_ = make_error(code, {.token = token}, position);
    return false;
}

bool Lexer::next(Token& token, bool expects_operand) {
    if (!skip_space_and_comments()) return false;
    token = Token{.position = at_};
    if (at_ == source_.size()) return true;
    const char c = source_[at_];
    if (c == '/' && expects_operand) return regex(token);
    const std::string_view two = source_.substr(at_, 2);
    const bool is_double =
        std::find(double_operators.begin(), double_operators.end(), two) != double_operators.end();
    if (is_double || single_operators.find(c) != std::string_view::npos) {
        token.kind = TokenKind::operation;
        token.text = source_.substr(at_, is_double ? 2 : 1);
        at_ += token.text.size();
        return true;
    }
    if (c == '"' || c == '\'') return quoted(token, c);
    if (is_digit(c)) return number(token);
    if (c == '`') return backquoted(token);
    word(token);
    return true;
}

bool Lexer::skip_space_and_comments() {
    while (true) {
        at_ = std::min(source_.find_first_not_of(space, at_), source_.size());
        if (source_.substr(at_, 2) != "/*") return true;
        const std::size_t end = source_.find("*/", at_ + 2);
        if (end == std::string_view::npos) return fail("S0106", at_);
        at_ = end + 2;
    }
}

bool Lexer::quoted(Token& token, char quote) {
    token.kind = TokenKind::string;
    std::string_view rest = source_.substr(at_ + 1);
    const std::size_t plain = std::min(rest.find(quote), rest.find('\\'));
    if (plain != std::string_view::npos && rest[plain] == quote) {  // nothing to unescape
        token.text = rest.substr(0, plain);
        at_ += plain + 2;
        return true;
    }
    std::string text;
    while (!rest.empty()) {
        const char c = rest.front();
        rest.remove_prefix(1);
        if (c == quote) {
            at_ = source_.size() - rest.size();
            token.text = texts_.emplace_back(std::move(text));
            return true;
        }
        if (c != '\\') {
            text.push_back(c);
        } else if (!escape(text, rest)) {
            return false;
        }
    }
    return fail("S0101", token.position);
}

bool Lexer::escape(std::string& out, std::string_view& rest) {
    const std::size_t position = source_.size() - rest.size() - 1;
    if (rest.empty()) return fail("S0101", position);
    constexpr std::string_view escapes = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    const char c = rest.front();
    const std::size_t which = escapes.find(c);
    if (which == std::string_view::npos && c != 'u') {
        std::size_t end = 0;
        text::decode(rest, end);
        return fail("S0103", position, rest.substr(0, end));
    }
    rest.remove_prefix(1);
    if (which != std::string_view::npos) {
        out.push_back(meanings[which]);
        return true;
    }
    const auto character = text::take_unicode_escape(rest);
    if (!character) return fail("S0104", position);
    text::append(out, *character);
    return true;
}

bool Lexer::number(Token& token) {
    std::size_t end = at_;
    const auto digits = [&] {
        while (end < source_.size() && is_digit(source_[end])) ++end;
    };
    if (source_[end] == '0') {
        ++end;
    } else {
        digits();
    }
    if (end + 1 < source_.size() && source_[end] == '.' && is_digit(source_[end + 1])) {
        ++end;
        digits();
    }
    if (end < source_.size() && (source_[end] == 'e' || source_[end] == 'E')) {
        const std::size_t before = end++;
        if (end < source_.size() && (source_[end] == '+' || source_[end] == '-')) ++end;
        const std::size_t exponent = end;
        digits();
        if (end == exponent) end = before;
    }
    const std::string_view text = source_.substr(at_, end - at_);
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), token.number);
    if (parsed.ec == std::errc::result_out_of_range) {
        // too small is 0; a text without e- can only be too large
        if (text.find("e-") == text.npos && text.find("E-") == text.npos) {
            return fail("S0102", at_, text);
        }
        token.number = 0;
    }
    token.kind = TokenKind::number;
    token.text = text;
    at_ = end;
    return true;
}

bool Lexer::backquoted(Token& token) {
    const std::size_t end = source_.find('`', at_ + 1);
    if (end == std::string_view::npos) return fail("S0105", at_);
    token.kind = TokenKind::name;
    token.text = source_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return true;
}

void Lexer::word(Token& token) {
    std::size_t end = at_;
    while (end < source_.size() && space.find(source_[end]) == std::string_view::npos &&
           single_operators.find(source_[end]) == std::string_view::npos) {
        ++end;
    }
    token.text = source_.substr(at_, end - at_);
    at_ = end;
    if (token.text.front() == '$') {
        token.kind = TokenKind::variable;
        token.text.remove_prefix(1);
    } else if (token.text == "and" || token.text == "or" || token.text == "in") {
        token.kind = TokenKind::operation;
    } else if (token.text == "true" || token.text == "false" || token.text == "null") {
        token.kind = TokenKind::value;
    } else {
        token.kind = TokenKind::name;
    }
}

bool Lexer::regex(Token& token) {
    const std::size_t start = at_ + 1;
    int depth = 0;  // of groups, in which a / needs no backslash
    bool is_in_class = false;
    for (std::size_t i = start; i < source_.size(); ++i) {
        const char c = source_[i];
        if (c == '\\') {
            ++i;
        } else if (is_in_class || c == '[') {
            is_in_class = c != ']';
        } else if (c == '(') {
            ++depth;
        } else if (c == ')') {
            --depth;
        } else if (c == '/' && depth <= 0) {
            if (i == start) return fail("S0301", at_);
            token.kind = TokenKind::regex;
            token.text = source_.substr(start, i - start);
            for (++i; i < source_.size() && (source_[i] == 'i' || source_[i] == 'm'); ++i) {
                (source_[i] == 'i' ? token.flags.ignores_case : token.flags.is_multiline) = true;
            }
            at_ = i;
            return true;
        }
    }
    return fail("S0302", at_);
}

}  // namespace stepwell::asl::jsonata
