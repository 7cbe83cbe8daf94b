#include "object/object.hpp"

#include <algorithm>

#include "base/base64.hpp"
#include "object/errors.hpp"

namespace stepwell::object {

namespace {

constexpr std::size_t bucket_name_bytes_min = 3;
constexpr std::size_t bucket_name_bytes_max = 63;
constexpr std::size_t tag_key_bytes_max = 128;
constexpr std::size_t tag_value_bytes_max = 256;

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool has_form_of_address(std::string_view name) {
    return std::count(name.begin(), name.end(), '.') == 3 &&
           std::all_of(name.begin(), name.end(),
                       [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

// Whether the bytes are UTF-8, without what is too long or a surrogate.
bool is_utf8(std::string_view text) {
    const auto* at = reinterpret_cast<const unsigned char*>(text.data());
    const auto* const end = at + text.size();
    while (at != end) {
        const unsigned char first = *at++;
        if (first < 0x80) continue;
        const int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
        if (first < 0xc2 || first > 0xf4 || end - at < more) return false;
        if ((first == 0xe0 && *at < 0xa0) || (first == 0xed && *at > 0x9f) ||
            (first == 0xf0 && *at < 0x90) || (first == 0xf4 && *at > 0x8f))
            return false;
        for (int i = 0; i < more; ++i) {
            if ((*at++ & 0xc0) != 0x80) return false;
        }
    }
    return true;
}

}  // namespace

std::string Checksum::text() const {
    std::string text = base64_encode(bytes);
    if (parts != 0) text.append("-").append(std::to_string(parts));
    return text;
}

std::uint64_t Object::size() const noexcept {
    std::uint64_t size = 0;
    for (const Part& part : parts) size += part.body.size;
    return size;
}

Result<> check_bucket_name(std::string_view name) {
    const bool has_size =
        name.size() >= bucket_name_bytes_min && name.size() <= bucket_name_bytes_max;
    const bool has_form =
        has_size && is_lower_or_digit(name.front()) && is_lower_or_digit(name.back()) &&
        std::all_of(name.begin(), name.end(),
                    [](char c) { return is_lower_or_digit(c) || c == '-' || c == '.'; });
    const bool is_odd = name.find("..") != std::string_view::npos || has_form_of_address(name) ||
                        name.starts_with("xn--") || name.ends_with("-s3alias");
    if (has_form && !is_odd) return {};
    return Error(errors::invalid_bucket_name, "The specified bucket is not valid.");
}

Result<> check_key(std::string_view key) {
    if (key.size() > key_bytes_max) return Error(errors::key_too_long, "Your key is too long");
    if (key.empty() || !is_utf8(key))
        return Error(errors::invalid_uri, "Couldn't parse the specified URI.");
    return {};
}

Result<> check_tags(const TextMap& tags, std::size_t tags_max) {
    if (tags.size() > tags_max)
        return Error(errors::invalid_tag,
                     "Object tags cannot be greater than " + std::to_string(tags_max));
    for (const auto& [key, value] : tags) {
        if (key.empty() || key.size() > tag_key_bytes_max)
            return Error(errors::invalid_tag, "The TagKey you have provided is invalid");
        if (value.size() > tag_value_bytes_max)
            return Error(errors::invalid_tag, "The TagValue you have provided is invalid");
    }
    return {};
}

}  // namespace stepwell::object
