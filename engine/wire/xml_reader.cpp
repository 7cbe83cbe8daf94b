#include "wire/xml_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace stepwell::wire {

namespace {

constexpr std::string_view white_space = " \t\r\n";

bool is_name_char(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           byte >= 0x80 || c == '_' || c == '-' || c == '.' || c == ':';
}

void append_utf8(std::string& out, std::uint32_t code) {
    const auto tail = [](std::uint32_t bits) { return static_cast<char>(0x80 | (bits & 0x3f)); };
    if (code < 0x80) {
        out.push_back(static_cast<char>(code));
    } else if (code < 0x800) {
        out.append({static_cast<char>(0xc0 | code >> 6), tail(code)});
    } else if (code < 0x10000) {
        out.append({static_cast<char>(0xe0 | code >> 12), tail(code >> 6), tail(code)});
    } else {
        out.append(
            {static_cast<char>(0xf0 | code >> 18), tail(code >> 12), tail(code >> 6), tail(code)});
    }
}

// What "&...;" stands for, without the two. False for what nobody has defined.
bool append_entity(std::string& out, std::string_view name) {
    constexpr std::array<std::pair<std::string_view, char>, 5> own{
        {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}}};
    for (const auto& [known, c] : own) {
        if (name == known) {
            out.push_back(c);
            return true;
        }
    }
    if (!name.starts_with('#')) return false;
    name.remove_prefix(1);
    const bool is_hexadecimal = name.starts_with('x');
    if (is_hexadecimal) name.remove_prefix(1);
    std::uint32_t code = 0;
    const auto [end, error] =
        std::from_chars(name.data(), name.data() + name.size(), code, is_hexadecimal ? 16 : 10);
    const bool is_character = code != 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    if (error != std::errc{} || end != name.data() + name.size() || !is_character) return false;
    append_utf8(out, code);
    return true;
}

class Reader {
 public:
    explicit Reader(std::string_view document) : rest_(document) {}

    std::optional<XmlElement> read() {
        XmlElement root;
        if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
        const bool is_read = skip_outside() && rest_.starts_with('<') && element(root, 1);
        if (!is_read || !skip_outside() || !rest_.empty()) return std::nullopt;
        return root;
    }

 private:
    bool take(std::string_view text) {
        if (!rest_.starts_with(text)) return false;
        rest_.remove_prefix(text.size());
        return true;
    }

    bool skip_until(std::string_view end) {
        const std::size_t at = rest_.find(end);
        if (at == std::string_view::npos) return false;
        rest_.remove_prefix(at + end.size());
        return true;
    }

    void skip_white_space() {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(white_space), rest_.size()));
    }

    // Declarations and comments. False where one does not end.
    bool skip_outside() {
        while (true) {
            skip_white_space();
            if (take("<?")) {
                if (!skip_until("?>")) return false;
            } else if (take("<!--")) {
                if (!skip_until("-->")) return false;
            } else {
                return true;
            }
        }
    }

    std::string_view name() {
        const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_name_char);
        const std::string_view whole =
            rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
        rest_.remove_prefix(whole.size());
        return whole;
    }

    // The rest of a start tag. Nothing when it is malformed, else whether the element is empty.
    std::optional<bool> attributes() {
        while (true) {
            skip_white_space();
            if (take("/>")) return true;
            if (take(">")) return false;
            if (name().empty()) return std::nullopt;
            skip_white_space();
            if (!take("=")) return std::nullopt;
            skip_white_space();
            if (!rest_.starts_with('"') && !rest_.starts_with('\'')) return std::nullopt;
            const char quote = rest_.front();
            rest_.remove_prefix(1);
            if (!skip_until(std::string_view(&quote, 1))) return std::nullopt;
        }
    }

    bool element(XmlElement& read, std::size_t depth) {
        if (depth > xml_depth_max || !take("<")) return false;
        const std::string_view tag = name();
        if (tag.empty()) return false;
        read.name = tag.substr(tag.find(':') == std::string_view::npos ? 0 : tag.find(':') + 1);
        const std::optional<bool> is_empty = attributes();
        if (!is_empty.has_value()) return false;
        if (*is_empty) return true;
        if (!content(read, depth) || !take("</") || !take(tag)) return false;
        skip_white_space();
        return take(">");
    }

    bool content(XmlElement& read, std::size_t depth) {
        while (!rest_.starts_with("</")) {
            if (take("<!--")) {
                if (!skip_until("-->")) return false;
            } else if (take("<?")) {
                if (!skip_until("?>")) return false;
            } else if (take("<![CDATA[")) {
                const std::string_view before = rest_;
                if (!skip_until("]]>")) return false;
                read.text.append(before.substr(0, before.size() - rest_.size() - 3));
            } else if (rest_.starts_with('<')) {
                if (!element(read.elements.emplace_back(), depth + 1)) return false;
            } else if (!text(read.text)) {
                return false;
            }
        }
        if (!read.elements.empty()) read.text.clear();
        return true;
    }

    bool text(std::string& out) {
        const std::size_t end = rest_.find_first_of("<&\r");
        if (end == std::string_view::npos) return false;
        out.append(rest_.substr(0, end));
        rest_.remove_prefix(end);
        if (take("&")) {
            const std::size_t size = rest_.find(';');
            constexpr std::size_t entity_bytes_max = 10;
            if (size == std::string_view::npos || size > entity_bytes_max) return false;
            if (!append_entity(out, rest_.substr(0, size))) return false;
            rest_.remove_prefix(size + 1);
        } else if (take("\r")) {
            // A line's end is one line feed (XML 1.0 section 2.11).
            if (!rest_.starts_with('\n')) out.push_back('\n');
        }
        return true;
    }

    std::string_view rest_;
};

}  // namespace

const XmlElement* XmlElement::find(std::string_view wanted) const noexcept {
    for (const XmlElement& element : elements) {
        if (element.name == wanted) return &element;
    }
    return nullptr;
}

std::optional<XmlElement> read_xml(std::string_view document) { return Reader(document).read(); }

}  // namespace stepwell::wire
