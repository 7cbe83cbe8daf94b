// $string, $substring, $pad and their like.
#include <algorithm>
#include <cmath>

#include "asl/jsonata/evaluator.hpp"
#include "asl/jsonata/function_library.hpp"
#include "asl/jsonata/text.hpp"
#include "base/try.hpp"

namespace stepwell::asl::jsonata {

namespace {

using Result = Outcome<Value>;

Result string(const Call& call) {
    const Value value = call[0];
    const bool is_pretty = call[1].is_boolean() && call[1].boolean();
    if (is_pretty && (value.is_array() || value.is_object())) {
        return call.evaluator.json_text_of(value, true);
    }
    return call.evaluator.text_of(value);
}

// Where a slice's bound lies in a text of `size` characters; a negative one counts from the end.
std::size_t slice_bound(double bound, std::size_t size) {
    const double length = static_cast<double>(size);
    bound = std::trunc(bound);
    if (bound < 0) bound = std::max(0.0, bound + length);
    return static_cast<std::size_t>(std::min(bound, length));
}

Result substring(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    const std::string_view text = call[0].string();
    const std::size_t size = text::length(text);
    const double length = static_cast<double>(size);
    double start = call[1].is_undefined() ? 0 : call[1].number();
    if (length + start < 0) start = 0;
    double end = length;
    if (!call[2].is_undefined()) {
        const double wanted = call[2].number();
        if (wanted <= 0) return Value::of(std::string_view{""});
        end = start >= 0 ? start + wanted : length + start + wanted;
    }
    const std::size_t first = slice_bound(start, size);
    const std::size_t last = std::max(first, slice_bound(end, size));
    const std::size_t from = text::offset_of(text, first);
    const std::string_view rest = text.substr(from);
    return Value::of(rest.substr(0, text::offset_of(rest, last - first)));
}

Result substring_before(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    const std::string_view text = call[0].string();
    const std::size_t at = text.find(call[1].is_undefined() ? "undefined" : call[1].string());
    return Value::of(text.substr(0, at));
}

Result substring_after(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    const std::string_view text = call[0].string();
    const std::string_view searched = call[1].is_undefined() ? "undefined" : call[1].string();
    const std::size_t at = text.find(searched);
    return Value::of(at == std::string_view::npos ? text : text.substr(at + searched.size()));
}

Result lowercase(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    return call.evaluator.copy(text::lower(call[0].string()));
}

Result uppercase(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    return call.evaluator.copy(text::upper(call[0].string()));
}

Result length(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    return Value::of(text::length(call[0].string()));
}

// White space at both ends goes, inside it becomes one space.
Result trim(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    std::string out;
    bool is_behind_space = true;
    for (const char c : call[0].string()) {
        const bool is_space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (!is_space) out.push_back(c);
        if (is_space && !is_behind_space) out.push_back(' ');
        is_behind_space = is_space;
    }
    if (!out.empty() && out.back() == ' ') out.pop_back();
    return call.evaluator.copy(out);
}

Result pad(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    const std::string_view text = call[0].string();
    const double width = call[1].is_undefined() ? 0 : std::trunc(call[1].number());
    const bool has_filler = !call[2].is_undefined() && !call[2].string().empty();
    const std::u32string filler = has_filler ? text::characters(call[2].string()) : U" ";
    const double missing = std::abs(width) - static_cast<double>(text::length(text));
    if (!(missing > 0)) return call[0];
    if (!std::isfinite(missing) || missing > 1e12) {
        return call.evaluator.fail("U1001", {.value = "The padded text would be too long"});
    }
    const auto count = static_cast<std::size_t>(missing);
    if (!call.evaluator.require_bytes(count + text.size())) return Failed{};
    if (!call.evaluator.spend(count / 16)) return Failed{};
    std::string padding;
    for (std::size_t i = 0; i < count; ++i) text::append(padding, filler[i % filler.size()]);
    if (width > 0) return call.evaluator.copy(std::string{text} + padding);
    return call.evaluator.copy(padding.append(text));
}

Result join(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    const Array parts = elements_of(call[0]);
    const std::string_view separator = call[1].is_undefined() ? "" : call[1].string();
    std::string out;
    for (std::size_t i = 0; i < parts.size; ++i) {
        if (i != 0) out += separator;
        if (parts[i].is_string()) out += parts[i].string();
        if (!call.evaluator.require_bytes(out.size())) return Failed{};
    }
    if (!call.evaluator.spend(parts.size + out.size() / 16)) return Failed{};
    return call.evaluator.copy(out);
}

Result eval(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    Value context = call[1].is_undefined() ? call.context : call[1];
    if (context.is_array()) {  // as the input of an expression
        Elements wrapper{call.evaluator.arena()};
        wrapper.push(context);
        Array array = *wrapper.sequence(call.evaluator.arena()).built_array();
        array.is_outer_wrapper = true;
        context = Value::of(call.evaluator.arena().make(array));
    }
    return call.evaluator.evaluate_text(call[0].string(), context, call.frame);
}

constexpr LibraryEntry string_entries[] = {
    {"string", "<x-b?:s>", 1, string},
    {"substring", "<s-nn?:s>", 3, substring},
    {"substringBefore", "<s-s:s>", 2, substring_before},
    {"substringAfter", "<s-s:s>", 2, substring_after},
    {"lowercase", "<s-:s>", 1, lowercase},
    {"uppercase", "<s-:s>", 1, uppercase},
    {"length", "<s-:n>", 1, length},
    {"trim", "<s-:s>", 1, trim},
    {"pad", "<s-ns?:s>", 3, pad},
    {"join", "<a<s>s?:s>", 2, join},
    {"eval", "<sx?:x>", 2, eval, LibraryEntry::In::jsonata},
};

}  // namespace

LibraryPart string_functions() { return string_entries; }

}  // namespace stepwell::asl::jsonata
