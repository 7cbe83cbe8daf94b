#include "item/expression_tokens.hpp"

#include <algorithm>
#include <charconv>

#include "item/errors.hpp"

namespace stepwell::item {

namespace {

constexpr std::uint32_t list_index_max = 10'000'000;

bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_figure(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_word_part(char c) noexcept { return is_letter(c) || is_figure(c); }

Error invalid_expression(std::string_view parameter, std::string_view what) {
    std::string message("Invalid ");
    message.append(parameter).append(": ").append(what);
    return errors::invalid(std::move(message));
}

}  // namespace

bool Token::is_word(std::string_view upper) const noexcept {
    if (kind != TokenKind::word) return false;
    return std::equal(text.begin(), text.end(), upper.begin(), upper.end(), [](char a, char b) {
        return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 32) : a) == b;
    });
}

Tokens::Tokens(std::string_view text) : text_(text) {
    current_ = read();
    next_ = read();
}

void Tokens::advance() {
    previous_ = current_;
    current_ = next_;
    next_ = read();
}

bool Tokens::take(std::string_view symbol) {
    if (!current_.is(symbol)) return false;
    advance();
    return true;
}

Token Tokens::read() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    Token token;
    token.begin = at_;
    if (at_ == text_.size()) return token;
    const char c = text_[at_];
    std::size_t end = at_ + 1;
    const auto take_while = [&](bool (*is_part)(char) noexcept) {
        while (end < text_.size() && is_part(text_[end])) ++end;
    };
    token.kind = TokenKind::symbol;
    if (is_letter(c)) {
        token.kind = TokenKind::word;
        take_while(is_word_part);
    } else if (is_figure(c)) {
        token.kind = TokenKind::number;
        take_while(is_figure);
    } else if (c == '#' || c == ':') {
        take_while(is_word_part);
        if (end > at_ + 1) token.kind = c == '#' ? TokenKind::name : TokenKind::value;
    } else if (const std::string_view two = text_.substr(at_, 2);
               two == "<=" || two == ">=" || two == "<>") {
        end = at_ + 2;
    } else {  // a whole character, however many bytes it has
        while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xc0U) == 0x80U)
            ++end;
    }
    token.text = text_.substr(at_, end - at_);
    at_ = end;
    return token;
}

std::string Tokens::syntax_error() const {
    const bool is_end = current_.kind == TokenKind::end;
    const std::size_t begin = previous_.text.empty() ? current_.begin : previous_.begin;
    const Token& last = is_end ? previous_ : next_.kind == TokenKind::end ? current_ : next_;
    std::string error = "Syntax error; token: \"";
    error.append(is_end ? std::string_view("<EOF>") : current_.text).append("\", near: \"");
    error.append(text_.substr(begin, last.begin + last.text.size() - begin)).append("\"");
    return error;
}

std::optional<Error> Complaints::error(std::string_view parameter) const {
    for (const auto& text : texts_) {
        if (text.has_value()) return invalid_expression(parameter, *text);
    }
    return std::nullopt;
}

bool ExpressionReader::expect(std::string_view symbol) {
    if (!is_good()) return false;
    if (tokens_.take(symbol)) return true;
    fail_here();
    return false;
}

void ExpressionReader::read_name(Path& path) {
    const Token token = tokens_.current();
    if (token.kind == TokenKind::word) {
        if (is_reserved_word(token.text)) {
            complaints_.add(Complaint::reserved,
                            "Attribute name is a reserved keyword; reserved keyword: " +
                                std::string(token.text));
        }
        path.push_back({std::string(token.text), {}});
    } else if (token.kind == TokenKind::name) {
        const std::string* const name = placeholders_.name(token.text);
        if (name == nullptr) {
            complaints_.add(Complaint::undefined_name,
                            "An expression attribute name used in the document path is not "
                            "defined; attribute name: " +
                                std::string(token.text));
        }
        path.push_back({name == nullptr ? std::string{} : *name, {}});
    } else {
        return fail_here();
    }
    tokens_.advance();
}

Path ExpressionReader::read_path() {
    Path path;
    read_name(path);
    while (is_good()) {
        if (tokens_.take(".")) {
            read_name(path);
        } else if (tokens_.current().is("[")) {
            tokens_.advance();
            const Token token = tokens_.current();
            std::uint32_t index = 0;
            const auto [end, error] =
                std::from_chars(token.text.data(), token.text.data() + token.text.size(), index);
            if (token.kind != TokenKind::number || error != std::errc{} || index > list_index_max) {
                fail_here();
                break;
            }
            tokens_.advance();
            if (expect("]")) path.push_back({{}, index});
        } else {
            break;
        }
    }
    return path;
}

Node ExpressionReader::read_value() {
    Node node;
    const Token token = tokens_.current();
    if (token.kind != TokenKind::value) {
        fail_here();
        return node;
    }
    if (const Value* const value = placeholders_.value(token.text)) {
        node.value = *value;
    } else {
        complaints_.add(Complaint::undefined_value,
                        "An expression attribute value used in expression is not defined; "
                        "attribute value: " +
                            std::string(token.text));
    }
    tokens_.advance();
    return node;
}

// The first path that is in the way of this one.
void ExpressionReader::complain_of(Complaint kind, const Path& path) {
    if (complaints_.has(kind)) return;
    for (const Path& other : paths_) {
        std::size_t i = 0;
        while (i < path.size() && i < other.size() && path[i] == other[i]) ++i;
        const bool overlaps = i == path.size() || i == other.size();
        if (overlaps != (kind == Complaint::overlap)) continue;
        if (!overlaps && path[i].index.has_value() == other[i].index.has_value()) continue;
        complaints_.add(kind, "Two document paths " +
                                  std::string(overlaps ? "overlap" : "conflict") +
                                  " with each other; must remove or rewrite one of these paths; "
                                  "path one: " +
                                  text_of(other) + ", path two: " + text_of(path));
        return;
    }
}

void ExpressionReader::check_apart(const Path& path) {
    Tree* at = &tree_;
    bool overlaps = false;
    bool conflicts = false;
    for (const PathElement& element : path) {
        overlaps |= at->is_end;
        const std::string key =
            element.index.has_value() ? "[" + std::to_string(*element.index) : "." + element.name;
        if (!at->children.empty()) {
            conflicts |= at->children.begin()->first[0] != key[0] ||
                         at->children.rbegin()->first[0] != key[0];
        }
        at = &at->children[key];
    }
    overlaps |= at->is_end || !at->children.empty();
    at->is_end = true;
    if (overlaps) complain_of(Complaint::overlap, path);
    if (conflicts) complain_of(Complaint::conflict, path);
    paths_.push_back(path);
}

Result<> check_expression_size(std::string_view text, std::string_view parameter) {
    if (text.empty()) return invalid_expression(parameter, "The expression can not be empty;");
    if (text.size() > expression_bytes_max) {
        return invalid_expression(parameter,
                                  "Expression size has exceeded the maximum allowed size; "
                                  "expression size: " +
                                      std::to_string(text.size()));
    }
    return {};
}

}  // namespace stepwell::item
