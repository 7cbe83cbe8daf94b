// The words of an expression.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "asl/jsonata/error.hpp"
#include "asl/jsonata/regex.hpp"

namespace stepwell::asl::jsonata {

enum class TokenKind : std::uint8_t {
    end,
    operation,
    string,
    number,
    value,
    name,
    variable,
    regex
};

struct Token {
    TokenKind kind = TokenKind::end;
    std::string_view text =
        {};  ///< an operator, a name, a variable without its $, a literal's content
    double number = 0;
    RegexFlags flags = {};
    std::size_t position = 0;  ///< where it starts, in bytes

    bool is(std::string_view operation) const noexcept {
        return kind == TokenKind::operation && text == operation;
    }
};

/// Reads tokens one after the other.
class Lexer {
 public:
    /// Both outlive the lexer and its tokens; unescaped literals are added to `texts`.
    Lexer(std::string_view source, std::deque<std::string>& texts)
        : source_(source), texts_(texts) {}

    /// The next token. Where an operand is expected, a `/` starts a regular expression. False, and
    /// error() says why, when there is none.
    bool next(Token& token, bool expects_operand);
    const ExpressionError& error() const noexcept { return error_; }
    /// Goes on from there.
    void seek(std::size_t position) noexcept { at_ = position; }

 private:
    bool skip_space_and_comments();
    bool quoted(Token& token, char quote);
    bool escape(std::string& out, std::string_view& rest);
    bool number(Token& token);
    bool regex(Token& token);
    bool backquoted(Token& token);
    void word(Token& token);
    bool fail(std::string_view code, std::size_t position, std::string_view token = {});

    std::string_view source_;
    std::deque<std::string>& texts_;
    std::size_t at_ = 0;
    ExpressionError error_;
};

}  // namespace stepwell::asl::jsonata
