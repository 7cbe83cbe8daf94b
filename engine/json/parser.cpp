#include "json/parser.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "base/assert.hpp"
#include "json/escapes.hpp"

namespace stepwell::json {

namespace {

// Positions of a text's tokens: every bracket, comma and colon, and the first byte of every string
// and scalar. Found by simdjson's first stage, which has also checked UTF-8, that each string ends,
// and that none holds a bare control character. It reads no byte beyond the text.
class Tokens {
 public:
    // One a thread. A text far larger than most gives its memory back (see `release_excess`).
    static Tokens& of_this_thread() {
        thread_local Tokens tokens;
        return tokens;
    }

    simdjson::error_code find(std::string_view text) {
        if (text.empty()) return simdjson::EMPTY;
        if (text.size() > UINT32_MAX - 64) return simdjson::CAPACITY;
        if (const auto error = reserve(text.size())) return error;
        return stage_->stage1(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                              simdjson::stage1_mode::regular);
    }
    const std::uint32_t* begin() const { return stage_->structural_indexes.get(); }
    std::size_t count() const { return stage_->n_structural_indexes; }

    void release_excess() {
        if (stage_ != nullptr && stage_->capacity() > capacity_kept_max) stage_.reset();
    }

 private:
    static constexpr std::size_t capacity_kept_max = 1 << 20;

    simdjson::error_code reserve(std::size_t bytes) {
        if (stage_ != nullptr && stage_->capacity() >= bytes) return simdjson::SUCCESS;
        const std::size_t capacity = std::max<std::size_t>(std::bit_ceil(bytes), 4096);
        stage_.reset();
        return simdjson::get_active_implementation()->create_dom_parser_implementation(capacity, 1,
                                                                                       stage_);
    }

    std::unique_ptr<simdjson::internal::dom_parser_implementation> stage_;
};

constexpr bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
// What may stand right behind a number or a word.
constexpr bool ends_scalar(char c) {
    return is_space(c) || c == ',' || c == ']' || c == '}' || c == ':';
}

// The end of the number that starts at `at`, nullptr when it is none.
const char* number_end(const char* at, const char* end) {
    const auto digits = [&] {
        const char* const first = at;
        while (at < end && is_digit(*at)) ++at;
        return at > first;
    };
    if (at < end && *at == '-') ++at;
    if (at < end && *at == '0') {
        ++at;
    } else if (!digits()) {
        return nullptr;
    }
    if (at < end && *at == '.') {
        ++at;
        if (!digits()) return nullptr;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        ++at;
        if (at < end && (*at == '+' || *at == '-')) ++at;
        if (!digits()) return nullptr;
    }
    return at;
}

std::string quoted(char c) {
    if (c >= 0x20 && c < 0x7F) return std::string{"'"} + c + "'";
    constexpr std::string_view digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    return std::string{"byte 0x"} + digits[byte >> 4] + digits[byte & 15];
}

SyntaxError error_of(simdjson::error_code code) {
    switch (code) {
        case simdjson::EMPTY:
            return {"No content", {}};
        case simdjson::UTF8_ERROR:
            return {"Invalid UTF-8", {}};
        case simdjson::UNCLOSED_STRING:
            return {"Unexpected end of input in a string", {}};
        case simdjson::UNESCAPED_CHARS:
            return {"Unescaped control character in a string", {}};
        case simdjson::CAPACITY:
            return {"Too large", {}};
        case simdjson::MEMALLOC:
            return {"Out of memory", {}};
        default:
            return {"Invalid JSON", {}};
    }
}

// Children of the containers that are open, kept per thread and reused.
std::vector<Member>& open_children() {
    thread_local std::vector<Member> children;
    return children;
}

constexpr std::size_t children_kept_max = 1 << 14;

// Walks the tokens by recursive descent; `builds` false only checks.
template <bool builds>
class Walk {
 public:
    Walk(std::string_view text, const Tokens& tokens)
        : text_(text.data()),
          end_(text.data() + text.size()),
          next_(tokens.begin()),
          last_(tokens.begin() + tokens.count()),
          children_(open_children()) {
        children_.clear();
        // Every child but the root has two tokens of its own (its container's bracket or a comma,
        // and its first byte), a member two more (key and colon): 16 bytes a token hold them all,
        // see the static_asserts.
        if constexpr (builds) {
            bytes_ = sizeof(Node) + 16 * tokens.count();
            arena_.reset(new std::byte[bytes_]);
            used_ = sizeof(Node);
        }
    }

    bool run() {
        Node root{};
        if (!value(root, 0)) return false;
        if (next_ != last_)
            return fail("Unexpected " + quoted(text_[*next_]) + " after the value", *next_);
        if constexpr (builds) ::new (static_cast<void*>(arena_.get())) Node(root);
        return true;
    }

    SyntaxError error() { return std::move(*error_); }
    std::unique_ptr<std::byte[]> take_nodes() { return std::move(arena_); }
    std::unique_ptr<char[]> take_unescaped() { return std::move(unescaped_); }

 private:
    static_assert(sizeof(Node) <= 2 * 16 && sizeof(Member) + 2 * sizeof(std::uint32_t) <= 4 * 16);
    static_assert(std::is_trivially_copyable_v<Node> && std::is_trivially_copyable_v<Member>);
    static_assert(alignof(Member) == alignof(Node) &&
                  alignof(Node) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);

    bool fail(std::string reason, std::size_t offset) {
        error_ = SyntaxError{std::move(reason), offset};
        return false;
    }
    bool fail_at_end() {
        return fail("Unexpected end of input", static_cast<std::size_t>(end_ - text_));
    }
    bool unexpected(const char* at) {
        return fail("Unexpected " + quoted(*at), static_cast<std::size_t>(at - text_));
    }

    // The first byte of the next token, consumed; nullptr when there is none.
    const char* take() { return next_ == last_ ? nullptr : text_ + *next_++; }
    // Where the token after the current one starts.
    const char* following() const { return next_ == last_ ? end_ : text_ + *next_; }

    bool value(Node& node, std::size_t depth) {
        const char* at = take();
        if (at == nullptr) return fail_at_end();
        node.raw = at;
        switch (*at) {
            case '{':
                return object(node, depth + 1);
            case '[':
                return array(node, depth + 1);
            case '"':
                return string(node, at);
            case 't':
                return word(node, at, "true", Kind::boolean);
            case 'f':
                return word(node, at, "false", Kind::boolean);
            case 'n':
                return word(node, at, "null", Kind::null);
            default:
                return number(node, at);
        }
    }

    bool word(Node& node, const char* at, std::string_view expected, Kind kind) {
        const auto left = static_cast<std::size_t>(end_ - at);
        if (left < expected.size() || std::memcmp(at, expected.data(), expected.size()) != 0)
            return unexpected(at);
        const char* const after = at + expected.size();
        if (after != end_ && !ends_scalar(*after)) return unexpected(after);
        node.kind = kind;
        node.raw_size = static_cast<std::uint32_t>(expected.size());
        node.boolean = expected.size() == 4;
        return true;
    }

    bool number(Node& node, const char* at) {
        if (!is_digit(*at) && *at != '-') return unexpected(at);
        const char* const after = number_end(at, end_);
        if (after == nullptr) return fail("Malformed number", static_cast<std::size_t>(at - text_));
        if (after != end_ && !ends_scalar(*after)) return unexpected(after);
        node.kind = Kind::number;
        node.raw_size = static_cast<std::uint32_t>(after - at);
        return true;
    }

    bool string(Node& node, const char* at) {
        // Between a string's closing quote and the next token lies nothing but white space.
        const char* close = following() - 1;
        while (close > at && is_space(*close)) --close;
        if (close <= at || *close != '"') return unexpected(at);
        node.kind = Kind::string;
        node.raw_size = static_cast<std::uint32_t>(close + 1 - at);
        node.string = at + 1;
        node.size = static_cast<std::uint32_t>(close - at - 1);
        if (std::memchr(node.string, '\\', node.size) == nullptr) return true;
        return unescape_into(node);
    }

    bool unescape_into(Node& node) {
        const std::string_view inside{node.string, node.size};
        char* const first = unescape_buffer(inside);
        char* const last = unescape(inside, first);
        if (last == nullptr)
            return fail("Invalid escape in a string", static_cast<std::size_t>(node.raw - text_));
        node.string = first;
        node.size = static_cast<std::uint32_t>(last - first);
        if constexpr (builds) unescaped_end_ = last;
        return true;
    }

    // Room for `inside` unescaped. Of a document it is kept: allocated once, as large as the text
    // that is left.
    char* unescape_buffer(std::string_view inside) {
        if constexpr (builds) {
            if (unescaped_ == nullptr) {
                unescaped_.reset(new char[static_cast<std::size_t>(end_ - inside.data())]);
                unescaped_end_ = unescaped_.get();
            }
            return unescaped_end_;
        } else {
            thread_local std::string scratch;
            if (scratch.size() < inside.size()) scratch.resize(inside.size());
            return scratch.data();
        }
    }

    bool array(Node& node, std::size_t depth) {
        if (depth > depth_max) return fail("Nested deeper than 1,000 levels", offset_of(node));
        const std::size_t first = children_.size();
        std::uint32_t count = 0;
        if (next_ != last_ && *following() == ']') {
            ++next_;
        } else {
            while (true) {
                Node element{};
                if (!value(element, depth)) return false;
                if constexpr (builds) children_.push_back({{}, element});
                ++count;
                const char* const separator = take();
                if (separator == nullptr) return fail_at_end();
                if (*separator == ']') break;
                if (*separator != ',') return unexpected(separator);
            }
        }
        close(node, Kind::array, count);
        if constexpr (builds) {
            Node* elements = place<Node>(count);
            for (std::size_t i = 0; i < count; ++i)
                ::new (elements + i) Node(children_[first + i].value);
            node.elements = elements;
            children_.resize(first);
        }
        return true;
    }

    bool object(Node& node, std::size_t depth) {
        if (depth > depth_max) return fail("Nested deeper than 1,000 levels", offset_of(node));
        const std::size_t first = children_.size();
        std::uint32_t count = 0;
        if (next_ != last_ && *following() == '}') {
            ++next_;
        } else {
            while (true) {
                Member child{};
                if (!member(child, depth)) return false;
                if constexpr (builds) children_.push_back(child);
                ++count;
                const char* const separator = take();
                if (separator == nullptr) return fail_at_end();
                if (*separator == '}') break;
                if (*separator != ',') return unexpected(separator);
            }
        }
        close(node, Kind::object, count);
        if constexpr (builds) {
            Member* members = place<Member>(count);
            for (std::size_t i = 0; i < count; ++i) {
                ::new (members + i) Member(children_[first + i]);
            }
            if (count > members_without_index_max) place_index(members, count);
            node.members = members;
            children_.resize(first);
        }
        return true;
    }

    bool member(Member& child, std::size_t depth) {
        const char* const at = take();
        if (at == nullptr) return fail_at_end();
        if (*at != '"') return unexpected(at);
        Node key{};
        key.raw = at;
        if (!string(key, at)) return false;
        child.key = {key.string, key.size};
        const char* const colon = take();
        if (colon == nullptr) return fail_at_end();
        if (*colon != ':') return unexpected(colon);
        return value(child.value, depth);
    }

    // The closing bracket was just taken.
    void close(Node& node, Kind kind, std::uint32_t count) {
        node.kind = kind;
        node.raw_size = static_cast<std::uint32_t>(text_ + *(next_ - 1) + 1 - node.raw);
        node.size = count;
    }

    // What `find` uses; an even number of positions, so that what follows stays aligned.
    void place_index(const Member* members, std::uint32_t count) {
        auto* const index = place<std::uint32_t>(count + count % 2);
        for (std::uint32_t i = 0; i < count; ++i) ::new (index + i) std::uint32_t{i};
        std::sort(index, index + count, [&](std::uint32_t a, std::uint32_t b) {
            const int order = members[a].key.compare(members[b].key);
            return order != 0 ? order < 0 : a < b;
        });
    }

    template <class T>
    T* place(std::size_t count) {
        T* const at = reinterpret_cast<T*>(arena_.get() + used_);
        used_ += count * sizeof(T);
        SW_ASSERT(used_ <= bytes_);
        return at;
    }
    std::size_t offset_of(const Node& node) const {
        return static_cast<std::size_t>(node.raw - text_);
    }

    const char* const text_;
    const char* const end_;
    const std::uint32_t* next_;
    const std::uint32_t* const last_;
    std::vector<Member>& children_;  // of the open containers, innermost last
    std::optional<SyntaxError> error_;
    std::unique_ptr<std::byte[]>
        arena_;  // the root's node, then the children of each container that was closed
    std::size_t bytes_ = 0;
    std::size_t used_ = 0;
    std::unique_ptr<char[]> unescaped_;
    char* unescaped_end_ = nullptr;
};

}  // namespace

std::optional<SyntaxError> Parser::validate(std::string_view text) {
    Tokens& tokens = Tokens::of_this_thread();
    const auto code = tokens.find(text);
    if (code != simdjson::SUCCESS) return error_of(code);
    Walk<false> walk{text, tokens};
    const bool is_valid = walk.run();
    tokens.release_excess();
    return is_valid ? std::nullopt : std::optional<SyntaxError>{walk.error()};
}

Result<Document> Parser::parse(Payload payload) {
    Tokens& tokens = Tokens::of_this_thread();
    const auto code = tokens.find(payload.text());
    if (code != simdjson::SUCCESS) return to_error(error_of(code));
    Walk<true> walk{payload.text(), tokens};
    const bool is_valid = walk.run();
    tokens.release_excess();
    if (open_children().capacity() > children_kept_max) std::vector<Member>{}.swap(open_children());
    if (!is_valid) return to_error(walk.error());
    Document document;
    document.payload_ = std::move(payload);
    document.nodes_ = walk.take_nodes();
    document.unescaped_ = walk.take_unescaped();
    document.root_ = reinterpret_cast<const Node*>(document.nodes_.get());
    return document;
}

Error to_error(const SyntaxError& error) {
    if (!error.offset) return Error{invalid_json, error.reason};
    return Error{invalid_json, error.reason + " at offset " + std::to_string(*error.offset)};
}

std::optional<SyntaxError> find_syntax_error(std::string_view text) {
    return Parser::validate(text);
}

Result<Document> Document::parse(std::string_view text) {
    return Parser::parse(Payload::trusted(text));
}

Document Document::of(Payload payload) {
    SW_ASSERT(!payload.is_absent());
    auto document = Parser::parse(std::move(payload));
    SW_ASSERT(document.has_value());  // a Payload is valid by construction
    return std::move(*document);
}

}  // namespace stepwell::json
