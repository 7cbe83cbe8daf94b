#include "asl/label.hpp"

namespace stepwell::asl {

using json::Value;

namespace {

constexpr std::size_t characters_max = 40;
constexpr std::string_view forbidden = " ?*<>{}[]:;,\\|^~$#%&`\"";

struct Character {
    std::string_view bytes;
    char32_t code;
};

// The character at the start of well-formed UTF-8.
Character first_character(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const std::size_t length = byte(0) < 0x80 ? 1 : byte(0) < 0xe0 ? 2 : byte(0) < 0xf0 ? 3 : 4;
    char32_t code = length == 1 ? byte(0) : byte(0) & (0x7fU >> length);
    for (std::size_t i = 1; i < length && i < text.size(); ++i)
        code = code << 6 | (byte(i) & 0x3fU);
    return {text.substr(0, length), code};
}

bool is_control(char32_t code) { return code < 0x20 || (code >= 0x7f && code <= 0x9f); }
bool is_wide_space(char32_t code) {
    return code == 0xa0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200a) || code == 0x2028 ||
           code == 0x2029 || code == 0x202f || code == 0x205f || code == 0x3000;
}

void append_hex(std::string& out, char32_t code, int digits) {
    constexpr std::string_view hex = "0123456789abcdef";
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
        out.push_back(hex[code >> shift & 15]);
}

// A string as Python's repr() writes it.
std::string quoted(std::string_view text) {
    const bool is_double =
        text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos;
    const char quote = is_double ? '"' : '\'';
    std::string out(1, quote);
    while (!text.empty()) {
        const auto [bytes, code] = first_character(text);
        text.remove_prefix(bytes.size());
        if (code == '\t') {
            out.append("\\t");
        } else if (code == '\n') {
            out.append("\\n");
        } else if (code == '\r') {
            out.append("\\r");
        } else if (is_control(code) || code == 0xa0) {
            append_hex(out.append("\\x"), code, 2);
        } else if (is_wide_space(code)) {
            append_hex(out.append("\\u"), code, 4);
        } else {
            if (code == '\\' || code == static_cast<char32_t>(quote)) out.push_back('\\');
            out.append(bytes);
        }
    }
    out.push_back(quote);
    return out;
}

std::optional<std::string> problem_of(std::string_view label) {
    std::size_t count = 0;
    for (const char c : label) count += (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
    if (count > characters_max) {
        return "Label cannot exceed " + std::to_string(characters_max) + " characters";
    }
    while (!label.empty()) {
        const auto [bytes, code] = first_character(label);
        label.remove_prefix(bytes.size());
        const bool is_bad =
            is_control(code) || is_wide_space(code) ||
            (code < 0x80 && forbidden.find(static_cast<char>(code)) != std::string_view::npos);
        if (is_bad) return "Label contains invalid character: " + quoted(bytes);
    }
    return std::nullopt;
}

// Of one set of states. The depth is that of a parsed document, so bounded.
std::optional<LabelProblem> find_in(Value machine, const std::string& location) {
    const auto states = machine.find("States");
    if (!states) return std::nullopt;
    for (const json::Member& member : states->members()) {
        const Value state{&member.value};
        const std::string at = location + "/States/" + std::string(member.key);
        if (const auto label = state.find("Label"); label && label->is_string()) {
            if (auto problem = problem_of(label->string()))
                return LabelProblem{*std::move(problem), at + "/Label"};
        }
        for (const std::string_view inner : {"ItemProcessor", "Iterator"}) {
            const auto processor = state.find(inner);
            if (!processor) continue;
            if (auto problem = find_in(*processor, at + "/" + std::string(inner))) return problem;
        }
        const auto branches = state.find("Branches");
        if (!branches) continue;
        std::size_t index = 0;
        for (const json::Node& branch : branches->elements()) {
            const std::string inner = at + "/Branches[" + std::to_string(index++) + "]";
            if (auto problem = find_in(Value{&branch}, inner)) return problem;
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<LabelProblem> find_label_problem(Value definition) { return find_in(definition, ""); }

std::string label_complaint(const LabelProblem& problem, std::string_view definition) {
    return "Error=ValueError Args=[" + quoted(problem.message) + "] in definition '" +
           std::string(definition) + "'.";
}

}  // namespace stepwell::asl
