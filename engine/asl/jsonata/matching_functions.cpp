// $match, $contains, $replace, $split: with texts, regular expressions and matchers of the user's.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "asl/jsonata/evaluator.hpp"
#include "asl/jsonata/function_library.hpp"
#include "asl/jsonata/text.hpp"
#include "base/try.hpp"

namespace stepwell::asl::jsonata {

namespace {

using Result = Outcome<Value>;

/// Where a match lies in the text, in bytes.
struct Position {
    std::size_t begin;
    std::size_t end;
};

/// The matches of a function in a text, one by one: an object of `match`, `start`, `end`, `groups`
/// and `next`, which gives the next one.
class Matches {
 public:
    Matches(Evaluator& evaluator, std::string_view function)
        : evaluator_(evaluator), function_(function) {}

    /// The first one; undefined when there is none.
    Result first(Value matcher, Value text) {
        return checked(evaluator_.apply(matcher, {&text, 1}, {}));
    }
    Result next(Value match) { return checked(evaluator_.apply(member_of(match, "next"), {}, {})); }

 private:
    Result checked(Result match) {
        if (!match || match->is_undefined()) return match;
        const bool is_match =
            member_of(*match, "start").is_number() || member_of(*match, "end").is_number() ||
            member_of(*match, "groups").is_array() || member_of(*match, "next").is_function();
        if (!is_match) return evaluator_.fail("T1010", {.token = function_});
        return match;
    }

    Evaluator& evaluator_;
    std::string_view function_;
};

// The byte at which UTF-16 unit `unit` of the text lies, searched from `from` on, which is
// `unit_from`.
std::size_t byte_of_unit(std::string_view text, double unit, std::size_t from, double unit_from) {
    std::size_t at = from;
    while (at < text.size() && unit_from < unit) {
        unit_from += text::decode(text, at) >= 0x10000 ? 2 : 1;
    }
    return at;
}

/// Follows matches through a text from left to right, and tells their places in bytes.
class Places {
 public:
    explicit Places(std::string_view text) : text_(text) {}

    Position of(Value match) {
        const std::size_t begin = byte(member_of(match, "start"));
        return {begin, byte(member_of(match, "end"))};
    }

 private:
    std::size_t byte(Value unit) {
        if (!unit.is_number()) return at_;
        if (unit.number() < unit_) at_ = 0, unit_ = 0;  // a matcher of the user's that goes back
        at_ = byte_of_unit(text_, unit.number(), at_, unit_);
        unit_ = std::max(unit_, unit.number());
        return at_;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    double unit_ = 0;
};

std::size_t limit_of(Value limit) {
    if (limit.is_undefined()) return static_cast<std::size_t>(-1);
    return static_cast<std::size_t>(std::min(std::ceil(limit.number()), 1e15));
}

Result match(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    Evaluator& evaluator = call.evaluator;
    if (call[2].is_number() && call[2].number() < 0) return evaluator.fail("D3040");
    const std::size_t limit = limit_of(call[2]);
    Elements found{evaluator.arena()};
    if (limit == 0) return found.sequence(evaluator.arena());
    Matches matches{evaluator, "match"};
    SW_TRY(Value current, matches.first(call[1], call[0]));
    while (!current.is_undefined() && found.size() < limit) {
        Object* const object = evaluator.arena().make(Object{});
        object->set(evaluator.arena(), "match", member_of(current, "match"));
        object->set(evaluator.arena(), "index", member_of(current, "start"));
        object->set(evaluator.arena(), "groups", member_of(current, "groups"));
        found.push(Value::of(object));
        SW_TRY(current, matches.next(current));
    }
    return found.sequence(evaluator.arena());
}

Result contains(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    if (call[1].is_string()) {
        return Value::of(call[0].string().find(call[1].string()) != std::string_view::npos);
    }
    if (!call[1].is_function()) return Value::of(false);
    Matches matches{call.evaluator, "contains"};
    SW_TRY(const Value found, matches.first(call[1], call[0]));
    return Value::of(!found.is_undefined());
}

// ---- $replace
// --------------------------------------------------------------------------------------

// The number at the start of `digits`, nothing when there is none.
std::optional<std::size_t> number_at(std::string_view digits) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{}) return std::nullopt;
    return value;
}

// Fills `$0`, `$1`, `$$` of a template in. As many digits count as the number of groups has.
void append_filled(std::string& out, std::string_view replacement, Value match) {
    const Array groups = elements_if_array(member_of(match, "groups"));
    const std::size_t digits_max = groups.size == 0 ? 1 : std::to_string(groups.size).size();
    while (true) {
        const std::size_t dollar = replacement.find('$');
        out += replacement.substr(0, dollar);
        if (dollar == std::string_view::npos) return;
        replacement.remove_prefix(dollar + 1);
        if (replacement.starts_with('$')) {
            out.push_back('$');
            replacement.remove_prefix(1);
            continue;
        }
        if (replacement.starts_with('0')) {
            const Value whole = member_of(match, "match");
            if (whole.is_string()) out += whole.string();
            replacement.remove_prefix(1);
            continue;
        }
        auto group = number_at(replacement.substr(0, digits_max));
        if (group && digits_max > 1 && *group > groups.size) {
            group = number_at(replacement.substr(0, digits_max - 1));
        }
        if (!group) {
            out.push_back('$');
            continue;
        }
        if (*group >= 1 && *group <= groups.size && groups[*group - 1].is_string()) {
            out += groups[*group - 1].string();
        }
        replacement.remove_prefix(std::to_string(*group).size());
    }
}

Result replace_text(const Call& call, std::size_t limit) {
    const std::string_view text = call[0].string();
    const std::string_view searched = call[1].string();
    if (!call[2].is_string()) return call.evaluator.fail("D3012");
    std::string out;
    std::size_t from = 0;
    for (std::size_t count = 0; count < limit; ++count) {
        const std::size_t at = text.find(searched, from);
        if (at == std::string_view::npos) break;
        out.append(text, from, at - from).append(call[2].string());
        from = at + searched.size();
        if (!call.evaluator.require_bytes(out.size())) return Failed{};
    }
    if (from == 0) return call[0];
    out.append(text, from);
    if (!call.evaluator.spend(out.size() / 16)) return Failed{};
    return call.evaluator.copy(out);
}

Result replace(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    Evaluator& evaluator = call.evaluator;
    if (call[1].is_string() && call[1].string().empty()) return evaluator.fail("D3010");
    if (call[3].is_number() && call[3].number() < 0) return evaluator.fail("D3011");
    if (call[1].is_undefined() || call[2].is_undefined()) {
        return evaluator.fail("T0410", {.token = "replace", .index = 2});
    }
    const std::size_t limit = limit_of(call[3]);
    if (call[1].is_string()) return replace_text(call, limit);
    if (limit == 0) return call[0];
    const std::string_view text = call[0].string();
    Matches matches{evaluator, "replace"};
    Places places{text};
    std::string out;
    std::size_t from = 0;
    SW_TRY(Value current, matches.first(call[1], call[0]));
    for (std::size_t count = 0; !current.is_undefined() && count < limit; ++count) {
        const Position position = places.of(current);
        if (position.begin >= from) out.append(text, from, position.begin - from);
        if (call[2].is_string()) {
            append_filled(out, call[2].string(), current);
        } else {
            SW_TRY(const Value replaced, evaluator.apply(call[2], {&current, 1}, {}));
            if (!replaced.is_string()) return evaluator.fail("D3012");
            out += replaced.string();
        }
        from = position.end;
        if (!evaluator.require_bytes(out.size())) return Failed{};
        SW_TRY(current, matches.next(current));
    }
    out.append(text, std::min(from, text.size()));
    return evaluator.copy(out);
}

// ---- $split
// ----------------------------------------------------------------------------------------

Result split_text(const Call& call, std::size_t limit) {
    const std::string_view text = call[0].string();
    const std::string_view separator = call[1].string();
    Elements parts{call.evaluator.arena()};
    std::size_t from = 0;
    while (parts.size() < limit) {
        std::size_t at = text.find(separator, from);
        if (separator.empty()) {  // between any two characters
            if (from == text.size()) break;
            at = from;
            text::decode(text, at);
        }
        parts.push(Value::of(text.substr(from, at == std::string_view::npos ? at : at - from)));
        if (at == std::string_view::npos) break;
        from = at + separator.size();
    }
    if (!call.evaluator.spend(parts.size())) return Failed{};
    return parts.array(call.evaluator.arena());
}

Result split(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    Evaluator& evaluator = call.evaluator;
    if (call[2].is_number() && call[2].number() < 0) return evaluator.fail("D3020");
    const std::size_t limit = call[2].is_undefined()
                                  ? limit_of(call[2])
                                  : limit_of(Value::of(std::floor(call[2].number())));
    Elements parts{evaluator.arena()};
    if (call[1].is_undefined()) {
        parts.push(call[0]);
        return parts.array(evaluator.arena());
    }
    if (call[1].is_string()) return split_text(call, limit);
    const std::string_view text = call[0].string();
    Matches matches{evaluator, "split"};
    Places places{text};
    std::size_t from = 0;
    SW_TRY(Value current, matches.first(call[1], call[0]));
    while (!current.is_undefined() && parts.size() < limit) {
        const Position position = places.of(current);
        parts.push(Value::of(text.substr(from, std::max(position.begin, from) - from)));
        from = std::max(from, position.end);
        SW_TRY(current, matches.next(current));
    }
    if (parts.size() < limit) parts.push(Value::of(text.substr(from)));
    return parts.array(evaluator.arena());
}

constexpr LibraryEntry matching_entries[] = {
    {"match", "<s-f<s:o>n?:a<o>>", 3, match},
    {"contains", "<s-(sf):b>", 2, contains},
    {"replace", "<s-(sf)(sf)n?:s>", 4, replace},
    {"split", "<s-(sf)n?:a<s>>", 3, split},
};

}  // namespace

LibraryPart matching_functions() { return matching_entries; }

}  // namespace stepwell::asl::jsonata
