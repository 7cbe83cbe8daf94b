#include "cli/text_position.hpp"

#include <charconv>

namespace stepwell::cli {

namespace {

/// The member of `object` whose name `path` begins with (longest first); takes the name off the
/// path.
const json::Node* take_member(json::Value object, std::string_view& path) noexcept {
    const json::Member* best = nullptr;
    for (const json::Member& member : object.members()) {
        if (!path.starts_with(member.key)) continue;
        const std::string_view rest = path.substr(member.key.size());
        const bool is_whole = rest.empty() || rest.front() == '/' || rest.front() == '[';
        if (is_whole && (best == nullptr || member.key.size() > best->key.size())) best = &member;
    }
    if (best == nullptr) return nullptr;
    path.remove_prefix(best->key.size());
    return &best->value;
}

/// The element that "[3]..." names; takes it off the path.
const json::Node* take_element(json::Value array, std::string_view& path) noexcept {
    std::size_t index = 0;
    const auto parsed = std::from_chars(path.data() + 1, path.data() + path.size(), index);
    if (parsed.ec != std::errc{} || parsed.ptr == path.data() + path.size() || *parsed.ptr != ']')
        return nullptr;
    path.remove_prefix(static_cast<std::size_t>(parsed.ptr - path.data()) + 1);
    const auto elements = array.elements();
    return index < elements.size() ? &elements[index] : nullptr;
}

}  // namespace

TextPosition position_at(std::string_view text, std::size_t offset) noexcept {
    TextPosition position;
    for (const char c : text.substr(0, offset)) {
        if (c == '\n') {
            ++position.line;
            position.column = 1;
        } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {  // not inside a character
            ++position.column;
        }
    }
    return position;
}

TextPosition position_of(const json::Document& document, std::string_view location) noexcept {
    json::Value at = document.root();
    while (!location.empty()) {
        const bool is_index = location.front() == '[';
        if (!is_index && location.front() != '/') break;
        if (!is_index) location.remove_prefix(1);
        const json::Node* next = is_index ? take_element(at, location) : take_member(at, location);
        if (next == nullptr) break;
        at = json::Value{next};
    }
    const std::string_view text = document.payload().text();
    return position_at(text, static_cast<std::size_t>(at.raw().data() - text.data()));
}

}  // namespace stepwell::cli
