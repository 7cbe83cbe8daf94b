#include "json/outline.hpp"

#include <bit>
#include <cstdint>

#include "base/assert.hpp"
#include "base/sixteen.hpp"
#include "json/escapes.hpp"

namespace stepwell::json {

namespace {

// The first quote or backslash; the text has one.
const char* quote_or_backslash(const char* at, const char* const end) {
    for (; static_cast<std::size_t>(end - at) >= Sixteen::bytes; at += Sixteen::bytes) {
        const Sixteen next(at);
        const std::uint32_t found = next.equal_to('"') | next.equal_to('\\');
        if (found != 0) return at + std::countr_zero(found);
    }
    while (at < end && *at != '"' && *at != '\\') ++at;
    SW_ASSERT(at < end);  // the text is valid
    return at;
}

// The closing quote of the string whose inside starts at `inside`.
const char* closing_quote(const char* inside, const char* const end) {
    const char* at = quote_or_backslash(inside, end);
    while (*at == '\\') at = quote_or_backslash(at + 2, end);
    return at;
}

// Behind the closing bracket of the array or object that starts at `at`.
const char* container_end(const char* at, const char* const end) {
    for (std::size_t depth = 0; at < end; ++at) {
        switch (*at) {
            case '"':
                at = closing_quote(at + 1, end);
                break;
            case '{':
            case '[':
                ++depth;
                break;
            case '}':
            case ']':
                if (--depth == 0) return at + 1;
                break;
            default:
                break;
        }
    }
    return end;
}

constexpr bool is_white_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

const char* scalar_end(const char* at, const char* const end) {
    while (at < end && *at != ',' && *at != '}' && *at != ']' && !is_white_space(*at)) ++at;
    return at;
}

}  // namespace

// One walk over the members of the outermost object.
struct Outline::Scan {
    Outline& outline;
    const char* at;
    const char* const end;

    void skip(char separator) {
        while (at < end && (is_white_space(*at) || *at == separator)) ++at;
    }

    // `at` stands on the opening quote.
    std::string_view string() {
        const char* const inside = at + 1;
        const char* const stop = quote_or_backslash(inside, end);
        const char* const close = *stop == '"' ? stop : closing_quote(stop, end);
        at = close + 1;
        const std::string_view text{inside, static_cast<std::size_t>(close - inside)};
        return close == stop ? text : outline.unescaped(text);
    }

    Node value() {
        Node node{};
        node.raw = at;
        switch (*at) {
            case '"': {
                const std::string_view text = string();
                node.kind = Kind::string;
                node.string = text.data();
                node.size = static_cast<std::uint32_t>(text.size());
                break;
            }
            case '{':
            case '[':
                node.kind = *at == '{' ? Kind::object : Kind::array;
                at = container_end(at, end);
                break;
            default:
                node.kind = *at == 'n'                 ? Kind::null
                            : *at == 't' || *at == 'f' ? Kind::boolean
                                                       : Kind::number;
                if (node.kind == Kind::boolean) node.boolean = *at == 't';
                at = scalar_end(at, end);
                break;
        }
        node.raw_size = static_cast<std::uint32_t>(at - node.raw);
        return node;
    }
};

Outline::Outline(std::string_view text) : text_(text) {
    Scan scan{*this, text.data(), text.data() + text.size()};
    scan.skip(' ');
    if (scan.at == scan.end || *scan.at != '{') return;
    ++scan.at;
    std::size_t count = 0;
    for (scan.skip(','); scan.at < scan.end && *scan.at == '"'; scan.skip(',')) {
        Member member;
        member.key = scan.string();
        scan.skip(':');
        member.value = scan.value();
        if (count < members_max) {
            first_[count] = member;
        } else {
            if (count == members_max) many_.assign(first_.begin(), first_.end());
            many_.push_back(member);
        }
        ++count;
    }
    members_ = count <= members_max ? std::span(first_.data(), count) : std::span(many_);
}

std::string_view Outline::unescaped(std::string_view inside) {
    if (unescaped_ == nullptr) {
        const auto left = static_cast<std::size_t>(text_.data() + text_.size() - inside.data());
        unescaped_.reset(new char[left]);
        unescaped_end_ = unescaped_.get();
    }
    char* const first = unescaped_end_;
    unescaped_end_ = unescape(inside, first);
    SW_ASSERT(unescaped_end_ != nullptr);  // the text is valid
    return {first, static_cast<std::size_t>(unescaped_end_ - first)};
}

const Member* Outline::member(std::string_view key) const noexcept {
    for (std::size_t i = members_.size(); i-- > 0;) {
        if (members_[i].key == key) return &members_[i];
    }
    return nullptr;
}

std::optional<Value> Outline::find(std::string_view key) const noexcept {
    const Member* const found = member(key);
    return found == nullptr ? std::nullopt : std::optional(Value{&found->value});
}

std::optional<Value> Outline::find_whole(std::string_view key) {
    const Member* const found = member(key);
    if (found == nullptr) return std::nullopt;
    const Value value{&found->value};
    if (!value.is_array() && !value.is_object()) return value;
    Result<Document> document = Document::parse(value.raw());
    SW_ASSERT(document.has_value());  // the text is valid
    return read_.emplace_back(*std::move(document)).root();
}

}  // namespace stepwell::json
