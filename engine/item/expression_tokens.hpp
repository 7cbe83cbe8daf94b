// The tokens of expressions, and what may be wrong with one. Known to this folder only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/result.hpp>

#include "item/expression.hpp"

namespace stepwell::item {

enum class TokenKind : std::uint8_t { end, word, name, value, number, symbol };

struct Token {
    TokenKind kind = TokenKind::end;
    std::string_view text = {};
    std::size_t begin = 0;  ///< offset in the expression

    bool is(std::string_view symbol) const noexcept {
        return kind == TokenKind::symbol && text == symbol;
    }
    /// A word in whatever letter case; `upper` is in upper case.
    bool is_word(std::string_view upper) const noexcept;
};

/// Goes over an expression token by token.
class Tokens {
 public:
    explicit Tokens(std::string_view text);

    const Token& current() const noexcept { return current_; }
    const Token& next() const noexcept { return next_; }
    void advance();
    /// Takes the symbol if it comes next.
    bool take(std::string_view symbol);

    /// `Syntax error; token: "x", near: "a x b"`.
    std::string syntax_error() const;

 private:
    Token read();

    const std::string_view text_;
    std::size_t at_ = 0;
    Token previous_;
    Token current_;
    Token next_;
};

/// AWS tells of one mistake only. These are the kinds, the more important first.
enum class Complaint : std::uint8_t {
    syntax,
    parentheses,
    unknown_function,
    misused_function,
    reserved,
    section,
    undefined_name,
    undefined_value,
    overlap,
    conflict,
    operand_count,
    distinct,
    operand,
};
inline constexpr std::size_t complaint_count = 13;

/// What is wrong with one expression so far: the first of each kind.
class Complaints {
 public:
    void add(Complaint kind, std::string text) {
        auto& first = texts_[static_cast<std::size_t>(kind)];
        if (!first.has_value()) first = std::move(text);
    }
    bool has(Complaint kind) const noexcept {
        return texts_[static_cast<std::size_t>(kind)].has_value();
    }
    /// The most important one, as the answer to the request.
    std::optional<Error> error(std::string_view parameter) const;

 private:
    std::array<std::optional<std::string>, complaint_count> texts_ = {};
};

/// What conditions, updates and projections have in common: paths and placeholders.
class ExpressionReader {
 public:
    ExpressionReader(std::string_view text, Placeholders& placeholders)
        : tokens_(text), placeholders_(placeholders) {}

 protected:
    /// Reading goes on only while there is no syntax error.
    bool is_good() const noexcept { return !complaints_.has(Complaint::syntax); }
    void fail_here() { complaints_.add(Complaint::syntax, tokens_.syntax_error()); }
    /// Takes the symbol, or fails.
    bool expect(std::string_view symbol);

    Path read_path();
    Node read_value();
    /// The paths lie neither in one another, nor do they take one value for a list and for a map.
    void check_apart(const Path& path);

    Tokens tokens_;
    Placeholders& placeholders_;
    Complaints complaints_;

 private:
    // The paths so far, one level for each element.
    struct Tree {
        std::map<std::string, Tree, std::less<>> children = {};
        bool is_end = false;
    };
    void read_name(Path& path);
    void complain_of(Complaint kind, const Path& path);

    Tree tree_;
    std::vector<Path> paths_;
};

/// errors   ValidationException: empty, or longer than an expression may be
Result<> check_expression_size(std::string_view text, std::string_view parameter);

}  // namespace stepwell::item
