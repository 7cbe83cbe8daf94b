// Base64 and the escapes of URLs.
#include <charconv>

#include "asl/jsonata/evaluator.hpp"
#include "asl/jsonata/function_library.hpp"
#include "asl/jsonata/serialization.hpp"
#include "asl/jsonata/text.hpp"
#include "base/base64.hpp"

namespace stepwell::asl::jsonata {

namespace {

using Result = Outcome<Value>;

constexpr std::string_view always_plain =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()";
constexpr std::string_view plain_in_urls =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'();/?:@&=+$,#";
constexpr std::string_view reserved_in_urls = ";/?:@&=+$,#";

/// Whether bytes are UTF-8 without lone surrogates.
bool is_utf8(std::string_view bytes) { return text::is_text(bytes) && !text::has_surrogate(bytes); }

Result base64_encode_text(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    return call.evaluator.copy(base64_encode(call[0].string()));
}

// What is no UTF-8 reads as Latin-1.
Result base64_decode_text(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    const auto bytes = base64_decode(call[0].string());
    if (!bytes) return call.evaluator.fail("D3137", {.value = "The text is no base64"});
    if (is_utf8(*bytes)) return call.evaluator.copy(*bytes);
    std::string out;
    for (const char byte : *bytes) text::append(out, static_cast<unsigned char>(byte));
    return call.evaluator.copy(out);
}

Failed malformed(const Call& call, std::string_view function) {
    return call.evaluator.fail("D3140", {.token = function, .value = short_text_of(call[0])});
}

Result encode(const Call& call, std::string_view plain, std::string_view function) {
    if (call[0].is_undefined()) return call[0];
    const std::string_view text = call[0].string();
    if (text::has_surrogate(text)) return malformed(call, function);
    std::string out;
    for (const char c : text) {
        if (plain.find(c) != std::string_view::npos) {
            out.push_back(c);
            continue;
        }
        constexpr std::string_view digits = "0123456789ABCDEF";
        const auto byte = static_cast<unsigned char>(c);
        out.push_back('%');
        out.push_back(digits[byte >> 4]);
        out.push_back(digits[byte & 15]);
    }
    return call.evaluator.copy(out);
}

// Escapes of characters in `kept` stay as they are.
Result decode(const Call& call, std::string_view kept, std::string_view function) {
    if (call[0].is_undefined()) return call[0];
    const std::string_view text = call[0].string();
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out.push_back(text[i]);
            continue;
        }
        unsigned byte = 0;
        const std::string_view digits = text.substr(i + 1, 2);
        const auto end =
            std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16).ptr;
        if (digits.size() != 2 || end != digits.data() + 2) return malformed(call, function);
        if (byte < 0x80 && kept.find(static_cast<char>(byte)) != std::string_view::npos) {
            out.append(text, i, 3);
        } else {
            out.push_back(static_cast<char>(byte));
        }
        i += 2;
    }
    if (!is_utf8(out)) return malformed(call, function);
    return call.evaluator.copy(out);
}

Result encode_url_component(const Call& call) {
    return encode(call, always_plain, "encodeUrlComponent");
}
Result encode_url(const Call& call) { return encode(call, plain_in_urls, "encodeUrl"); }
Result decode_url_component(const Call& call) { return decode(call, "", "decodeUrlComponent"); }
Result decode_url(const Call& call) { return decode(call, reserved_in_urls, "decodeUrl"); }

constexpr LibraryEntry encoding_entries[] = {
    {"base64encode", "<s-:s>", 1, base64_encode_text},
    {"base64decode", "<s-:s>", 1, base64_decode_text},
    {"encodeUrlComponent", "<s-:s>", 1, encode_url_component},
    {"encodeUrl", "<s-:s>", 1, encode_url},
    {"decodeUrlComponent", "<s-:s>", 1, decode_url_component},
    {"decodeUrl", "<s-:s>", 1, decode_url},
};

}  // namespace

LibraryPart encoding_functions() { return encoding_entries; }

}  // namespace stepwell::asl::jsonata
