#include "flow/names.hpp"

#include <array>

#include "base/try.hpp"
#include "flow/errors.hpp"

namespace stepwell::flow {

namespace {

constexpr std::string_view forbidden = "<>{}[]?*\"#%\\^|~`$&,;:/";

constexpr auto make_forbidden_table() {
    std::array<bool, 128> table{};
    for (std::size_t c = 0; c <= ' '; ++c) table[c] = true;  // control characters and the space
    for (const char c : forbidden) table[static_cast<unsigned char>(c)] = true;
    table[0x7f] = true;
    return table;
}
constexpr auto is_forbidden_ascii = make_forbidden_table();

/// The code point at the start of `text` (well-formed UTF-8), which is advanced past it.
char32_t take_code_point(std::string_view& text) noexcept {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const unsigned first = byte(0);
    const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    char32_t code = length == 1 ? first : first & (0x7fU >> length);
    for (std::size_t i = 1; i < length; ++i) code = code << 6 | (byte(i) & 0x3fU);
    text.remove_prefix(length < text.size() ? length : text.size());
    return code;
}

bool is_forbidden(char32_t code) noexcept {
    if (code < 0x80) return is_forbidden_ascii[code];
    const bool is_control = code <= 0x9f;
    const bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
    const bool is_line_or_space =
        code == 0xa0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200a) || code == 0x2028 ||
        code == 0x2029 || code == 0x202f || code == 0x205f || code == 0x3000;
    const bool is_no_character = code == 0xfffe || code == 0xffff || code == 0x10ffff;
    return is_control || is_surrogate || is_line_or_space || is_no_character;
}

Error invalid_arn(std::string reason) {
    return Error(errors::invalid_arn, "Invalid Arn: '" + std::move(reason) + "'");
}

/// Takes the text up to the next ':' (or all of it) off the front of `rest`.
std::string_view take_field(std::string_view& rest) noexcept {
    const std::size_t colon = rest.find(':');
    const std::string_view field = rest.substr(0, colon);
    rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon + 1);
    return field;
}

struct KindName {
    std::string_view name;
    ArnKind kind;
};
constexpr std::array kind_names{
    KindName{"stateMachine", ArnKind::state_machine}, KindName{"execution", ArnKind::execution},
    KindName{"express", ArnKind::express}, KindName{"activity", ArnKind::activity},
    KindName{"mapRun", ArnKind::map_run}};

}  // namespace

bool is_valid_name(std::string_view name) noexcept {
    if (name.empty()) return false;
    while (!name.empty()) {
        if (is_forbidden(take_code_point(name))) return false;
    }
    return true;
}

Result<> check_name(std::string_view name) {
    if (is_valid_name(name)) return {};
    return Error(errors::invalid_name, "Invalid Name: '" + std::string(name) + "'");
}

std::size_t character_count(std::string_view text) noexcept {
    std::size_t count = 0;
    for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
    return count;
}

Result<StatesArn> parse_arn(std::string_view text) {
    if (!text.starts_with("arn:")) return invalid_arn("Invalid ARN prefix: " + std::string(text));
    std::string_view rest = text.substr(4);
    const std::string_view partition = take_field(rest);
    const std::string_view service = take_field(rest);
    const std::string_view region = take_field(rest);
    const std::string_view account = take_field(rest);
    if (!partition.starts_with("aws") || service != "states" || region.empty() || account.empty()) {
        return invalid_arn(std::string(text));
    }
    const std::string_view type = take_field(rest);
    StatesArn arn{};
    const KindName* kind = nullptr;
    for (const KindName& known : kind_names) {
        if (known.name == type) kind = &known;
    }
    if (kind == nullptr) {
        return invalid_arn("Resource type not valid in this context: " + std::string(type));
    }
    arn.kind = kind->kind;
    arn.name = take_field(rest);
    const char* const end_of_name = arn.name.data() + arn.name.size();
    arn.qualifier = rest;
    if (const std::size_t slash = arn.name.find('/'); slash != std::string_view::npos) {
        arn.label = arn.name.substr(slash + 1);
        arn.name = arn.name.substr(0, slash);
    }
    arn.unqualified = text.substr(0, static_cast<std::size_t>(end_of_name - text.data()));
    const bool needs_qualifier = arn.kind == ArnKind::execution || arn.kind == ArnKind::express;
    if (!is_valid_name(arn.name) || (needs_qualifier && arn.qualifier.empty()) ||
        text.back() == ':' || (arn.kind == ArnKind::activity && !arn.qualifier.empty())) {
        return invalid_arn(std::string(text));
    }
    return arn;
}

Result<StatesArn> parse_arn(std::string_view text, ArnKind kind) {
    SW_TRY(const StatesArn arn, parse_arn(text));
    if (arn.kind == kind) return arn;
    for (const KindName& known : kind_names) {
        if (known.kind == arn.kind) {
            return invalid_arn("Resource type not valid in this context: " +
                               std::string(known.name));
        }
    }
    return invalid_arn(std::string(text));
}

}  // namespace stepwell::flow
