// Texts put together at once.
#pragma once

#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>

namespace stepwell {

/// The parts one behind the other, with one allocation at most.
inline std::string concat(std::initializer_list<std::string_view> parts) {
    std::size_t size = 0;
    for (const std::string_view part : parts) size += part.size();
    std::string text(size, '\0');
    char* at = text.data();
    for (const std::string_view part : parts) {
        if (!part.empty()) std::memcpy(at, part.data(), part.size());
        at += part.size();
    }
    return text;
}

}  // namespace stepwell
