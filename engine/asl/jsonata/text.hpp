// Characters of UTF-8 texts. JSONata counts code points; a lone surrogate, which a literal may
// hold, is kept in the three bytes that UTF-8's scheme gives it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace stepwell::asl::jsonata::text {

/// The character at `at`, which is before the end, and moves `at` behind it. A byte that starts no
/// character reads as itself.
char32_t decode(std::string_view text, std::size_t& at) noexcept;
/// Appends a character.
void append(std::string& out, char32_t character);

std::size_t length(std::string_view text) noexcept;  ///< in characters
/// Where character number `index` starts, in bytes; the text's size when it has fewer.
std::size_t offset_of(std::string_view text, std::size_t index) noexcept;
/// In UTF-16 units, in which JSONata tells where a match starts.
std::size_t utf16_length(std::string_view text) noexcept;
/// The characters one by one.
std::u32string characters(std::string_view text);

constexpr bool is_surrogate(char32_t character) noexcept {
    return character >= 0xD800 && character <= 0xDFFF;
}
bool has_surrogate(std::string_view text) noexcept;
/// Whether these bytes are a text as this layer has it: UTF-8, perhaps with lone surrogates.
bool is_text(std::string_view bytes) noexcept;

/// Characters of white space in ECMAScript's sense.
bool is_space(char32_t character) noexcept;

/// Reads the four hexadecimal digits of a `\u` escape from the front of `text`, and of a second
/// one behind it when the two are a surrogate pair. Takes off what it has read; nothing, and
/// nothing taken, when there are no four digits.
std::optional<char32_t> take_unicode_escape(std::string_view& text);

/// Upper and lower case of one character, where that is one character.
char32_t to_upper(char32_t character) noexcept;
char32_t to_lower(char32_t character) noexcept;
/// Of a text, with the characters that become several ("ß" is "SS").
std::string upper(std::string_view text);
std::string lower(std::string_view text);

}  // namespace stepwell::asl::jsonata::text
