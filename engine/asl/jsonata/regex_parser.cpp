#include "asl/jsonata/regex_parser.hpp"

#include <charconv>

#include "asl/jsonata/text.hpp"

namespace stepwell::asl::jsonata {

namespace {

using RegexKind = RegexNode::Kind;
using Ranges = std::vector<CharacterSet::Range>;

constexpr std::uint32_t repeats_max = 1000;

const Ranges& digits() {
    static const Ranges ranges{{U'0', U'9'}};
    return ranges;
}
const Ranges& word_characters() {
    static const Ranges ranges{{U'0', U'9'}, {U'A', U'Z'}, {U'_', U'_'}, {U'a', U'z'}};
    return ranges;
}
const Ranges& spaces() {
    static const Ranges ranges{
        {0x09, 0x0D},     {0x20, 0x20},     {0xA0, 0xA0},     {0x1680, 0x1680}, {0x2000, 0x200A},
        {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}, {0xFEFF, 0xFEFF}};
    return ranges;
}

/// What is in none of the ranges, which are in order.
Ranges complement(const Ranges& ranges) {
    Ranges rest;
    char32_t next = 0;
    for (const CharacterSet::Range range : ranges) {
        if (range.first > next) rest.push_back({next, range.first - 1});
        next = range.last + 1;
    }
    rest.push_back({next, 0x10FFFF});
    return rest;
}

/// Of `d`, `D`, `w`, `W`, `s`, `S` behind a backslash.
std::optional<Ranges> class_escape(char32_t letter) {
    switch (letter) {
        case U'd':
            return digits();
        case U'D':
            return complement(digits());
        case U'w':
            return word_characters();
        case U'W':
            return complement(word_characters());
        case U's':
            return spaces();
        case U'S':
            return complement(spaces());
        default:
            return std::nullopt;
    }
}

RegexNode one_character(char32_t character) {
    return {.kind = RegexKind::character, .character = character};
}

RegexNode look(RegexKind kind, bool is_negated, RegexNode body) {
    RegexNode node{.kind = kind, .is_negated = is_negated};
    node.children.push_back(std::move(body));
    return node;
}

}  // namespace

RegexParser::RegexParser(std::string_view pattern) : rest_(pattern) { find_groups(pattern); }

// A back-reference may come before its group, so groups are counted first.
void RegexParser::find_groups(std::string_view pattern) {
    bool is_in_class = false;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char c = pattern[i];
        if (c == '\\') {
            ++i;
        } else if (is_in_class || c == '[') {
            is_in_class = c != ']';
        } else if (c == '(') {
            const std::string_view behind = pattern.substr(i + 1, 3);
            const bool is_named = behind.starts_with("?<") && !behind.starts_with("?<=") &&
                                  !behind.starts_with("?<!");
            if (behind.starts_with("?") && !is_named) continue;
            ++groups_total_;
            if (!is_named) continue;
            const std::size_t end = pattern.find('>', i);
            if (end != std::string_view::npos) {
                names_.emplace_back(pattern.substr(i + 3, end - i - 3), groups_total_);
            }
        }
    }
}

std::nullopt_t RegexParser::fail(std::string_view why) {
    if (error_.empty()) error_ = why;
    return std::nullopt;
}

bool RegexParser::take(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
}

char32_t RegexParser::take_character() {
    std::size_t at = 0;
    const char32_t character = text::decode(rest_, at);
    rest_.remove_prefix(at);
    return character;
}

std::optional<RegexNode> RegexParser::parse() {
    auto whole = alternatives(depth_max);
    if (whole && !is_end()) return fail("unmatched ')'");
    return whole;
}

RegexParser::Parsed RegexParser::alternatives(int depth) {
    if (depth == 0) return fail("nested too deeply");
    RegexNode all{.kind = RegexKind::alternatives};
    do {
        auto one = sequence(depth);
        if (!one) return std::nullopt;
        all.children.push_back(*std::move(one));
    } while (take("|"));
    if (all.children.size() == 1) return std::move(all.children.front());
    return all;
}

RegexParser::Parsed RegexParser::sequence(int depth) {
    RegexNode all{.kind = RegexKind::sequence};
    while (!is_end() && rest_.front() != '|' && rest_.front() != ')') {
        const std::uint32_t first_group = groups_ + 1;
        auto atom = term(depth);
        if (!atom) return std::nullopt;
        auto whole = quantified(*std::move(atom), first_group);
        if (!whole) return std::nullopt;
        all.children.push_back(*std::move(whole));
    }
    return all;
}

RegexParser::Parsed RegexParser::term(int depth) {
    if (take("^")) return RegexNode{.kind = RegexKind::line_start};
    if (take("$")) return RegexNode{.kind = RegexKind::line_end};
    if (take(".")) return RegexNode{.kind = RegexKind::any};
    if (take("(")) return group(depth);
    if (take("[")) return character_class();
    if (take("\\")) return escape();
    if (rest_.front() == '*' || rest_.front() == '+' || rest_.front() == '?') {
        return fail("nothing to repeat");
    }
    return one_character(take_character());
}

RegexParser::Parsed RegexParser::group(int depth) {
    Parsed node;
    const auto inner = [&] { return alternatives(depth - 1); };
    if (take("?:")) {
        node = inner();
    } else if (take("?=") || take("?!")) {
        const bool is_negated = *(rest_.data() - 1) == '!';
        node = inner();
        if (node) node = look(RegexKind::look_ahead, is_negated, *std::move(node));
    } else if (take("?<=") || take("?<!")) {
        const bool is_negated = *(rest_.data() - 1) == '!';
        node = inner();
        if (node) node = look(RegexKind::look_behind, is_negated, *std::move(node));
    } else {
        if (take("?<")) {
            const std::size_t end = rest_.find('>');
            if (end == std::string_view::npos || end == 0) return fail("invalid group name");
            rest_.remove_prefix(end + 1);
        } else if (rest_.starts_with("?")) {
            return fail("invalid group");
        }
        RegexNode capture{.kind = RegexKind::group, .number = ++groups_};
        node = inner();
        if (node) {
            capture.children.push_back(*std::move(node));
            node = std::move(capture);
        }
    }
    if (node && !take(")")) return fail("unterminated group");
    return node;
}

RegexParser::Parsed RegexParser::quantified(RegexNode atom, std::uint32_t first_group) {
    std::uint32_t min = 0;
    std::uint32_t max = RegexNode::unbounded;
    if (take("+")) {
        min = 1;
    } else if (take("?")) {
        max = 1;
    } else if (!take("*")) {
        if (!braces(min, max)) {
            if (!error_.empty()) return std::nullopt;
            return atom;
        }
    }
    if (max < min) return fail("numbers out of order in a quantifier");
    const bool is_assertion = atom.kind >= RegexKind::line_start &&
                              atom.kind <= RegexKind::look_behind &&
                              atom.kind != RegexKind::look_ahead;
    if (is_assertion) return fail("nothing to repeat");
    RegexNode node{.kind = RegexKind::repeat, .min = min, .max = max, .is_lazy = take("?")};
    node.first_group = first_group;
    node.last_group = groups_;
    node.children.push_back(std::move(atom));
    return node;
}

std::optional<std::uint32_t> RegexParser::decimal() {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (end == rest_.data()) return std::nullopt;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return error == std::errc{} ? value : RegexNode::unbounded - 1;
}

// {n}, {n,}, {n,m}; anything else is literal text.
bool RegexParser::braces(std::uint32_t& min, std::uint32_t& max) {
    const std::string_view before = rest_;
    if (!take("{")) return false;
    const auto first = decimal();
    if (first) {
        min = max = *first;
        if (take(",")) max = decimal().value_or(RegexNode::unbounded);
    }
    if (!first || !take("}")) {
        rest_ = before;
        return false;
    }
    if (min > repeats_max || (max != RegexNode::unbounded && max > repeats_max)) {
        fail("a quantifier beyond 1000");
        return false;
    }
    return true;
}

RegexParser::Parsed RegexParser::escape() {
    if (is_end()) return fail("\\ at the end of the pattern");
    if (take("b")) return RegexNode{.kind = RegexKind::word_boundary};
    if (take("B")) return RegexNode{.kind = RegexKind::no_word_boundary};
    if (auto ranges = class_escape(static_cast<unsigned char>(rest_.front()))) {
        rest_.remove_prefix(1);
        return RegexNode{.kind = RegexKind::set, .set = {*std::move(ranges), false}};
    }
    if (rest_.starts_with("k<") && !names_.empty()) {
        const std::size_t end = rest_.find('>');
        for (const auto& [name, number] : names_) {
            if (end == std::string_view::npos || rest_.substr(2, end - 2) != name) continue;
            rest_.remove_prefix(end + 1);
            return RegexNode{.kind = RegexKind::back_reference, .number = number};
        }
        return fail("invalid named reference");
    }
    if (rest_.front() >= '1' && rest_.front() <= '9') {
        const std::string_view before = rest_;
        const auto number = decimal();
        if (number && *number <= groups_total_) {
            return RegexNode{.kind = RegexKind::back_reference, .number = *number};
        }
        rest_ = before;
    }
    const auto character = escaped_character();
    if (!character) return std::nullopt;
    return one_character(*character);
}

std::optional<char32_t> RegexParser::escaped_character() {
    if (is_end()) return fail("\\ at the end of the pattern");
    constexpr std::string_view letters = "fnrtv0";
    constexpr std::string_view meanings{"\f\n\r\t\v\0", 6};
    const char32_t character = take_character();
    const std::size_t which =
        character < 0x80 ? letters.find(static_cast<char>(character)) : std::string_view::npos;
    if (which != std::string_view::npos) return static_cast<unsigned char>(meanings[which]);
    if (character == U'u') {
        const auto unit = text::take_unicode_escape(rest_);
        return unit ? *unit : character;
    }
    if (character == U'x' && rest_.size() >= 2) {
        unsigned value = 0;
        const auto end = std::from_chars(rest_.data(), rest_.data() + 2, value, 16).ptr;
        if (end != rest_.data() + 2) return character;
        rest_.remove_prefix(2);
        return value;
    }
    if (character == U'c' && !is_end() && std::isalpha(static_cast<unsigned char>(rest_.front()))) {
        return take_character() % 32;
    }
    return character;
}

// Adds a class escape to the set, or gives a single character.
bool RegexParser::class_member(CharacterSet& set, std::optional<char32_t>& single) {
    if (is_end()) {
        fail("unterminated character class");
        return false;
    }
    if (!take("\\")) {
        single = take_character();
        return true;
    }
    if (take("b")) {
        single = 0x08;
        return true;
    }
    const auto ranges =
        is_end() ? std::nullopt : class_escape(static_cast<unsigned char>(rest_.front()));
    if (!ranges) {
        single = escaped_character();
        return single.has_value();
    }
    rest_.remove_prefix(1);
    set.ranges.insert(set.ranges.end(), ranges->begin(), ranges->end());
    return true;
}

RegexParser::Parsed RegexParser::character_class() {
    RegexNode node{.kind = RegexKind::set};
    CharacterSet& set = node.set;
    set.is_negated = take("^");
    while (!take("]")) {
        std::optional<char32_t> first;
        if (!class_member(set, first)) return std::nullopt;
        const bool is_range = rest_.size() >= 2 && rest_.front() == '-' && rest_[1] != ']';
        if (!is_range) {
            if (first) set.ranges.push_back({*first, *first});
            continue;
        }
        rest_.remove_prefix(1);
        std::optional<char32_t> last;
        if (!class_member(set, last)) return std::nullopt;
        if (first && last) {
            if (*last < *first) return fail("range out of order in a character class");
            set.ranges.push_back({*first, *last});
            continue;
        }
        set.ranges.push_back({U'-', U'-'});  // no range beside a class: each for itself
        if (first) set.ranges.push_back({*first, *first});
        if (last) set.ranges.push_back({*last, *last});
    }
    return node;
}

}  // namespace stepwell::asl::jsonata
