#include "api/s3_ranges.hpp"

#include <algorithm>
#include <charconv>

#include "base/try.hpp"
#include "object/errors.hpp"

namespace stepwell::api {

namespace s3_errors = object::errors;

namespace {

std::optional<std::uint64_t> digits(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

// Nothing for what is no single range.
struct AskedRange {
    std::optional<std::uint64_t> first;
    std::optional<std::uint64_t> last;  // without a first: how many bytes of the end
};
std::optional<AskedRange> asked_range(std::string_view text) {
    constexpr std::string_view unit = "bytes=";
    if (!text.starts_with(unit)) return std::nullopt;
    text.remove_prefix(unit.size());
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const std::string_view before = text.substr(0, dash);
    const std::string_view after = text.substr(dash + 1);
    const AskedRange range{digits(before), digits(after)};
    const bool is_read = (before.empty() || range.first.has_value()) &&
                         (after.empty() || range.last.has_value()) &&
                         (range.first.has_value() || range.last.has_value());
    const bool is_backwards =
        range.first.has_value() && range.last.has_value() && *range.last < *range.first;
    if (!is_read || is_backwards) return std::nullopt;
    return range;
}

Error unsatisfiable() {
    return Error(s3_errors::invalid_range, "The requested range is not satisfiable");
}

Result<S3Range> range_of_part(const object::Object& object, std::int64_t number) {
    if (number < 1 || number > object::part_number_max)
        return Error(s3_errors::invalid_argument,
                     "Part number must be an integer between 1 and 10000, inclusive");
    const auto index = static_cast<std::size_t>(number) - 1;
    if (index >= object.parts.size())
        return Error(s3_errors::invalid_range, "The requested partnumber is not satisfiable");
    S3Range range;
    for (std::size_t i = 0; i < index; ++i) range.offset += object.parts[i].body.size;
    range.size = object.parts[index].body.size;
    range.is_partial = true;
    if (object.is_multipart()) range.parts_count = object.parts.size();
    return range;
}

bool has_etag(std::string_view list, std::string_view etag) {
    if (list == "*") return true;
    while (!list.empty()) {
        std::string_view one = list.substr(0, list.find(','));
        list.remove_prefix(std::min(one.size() + 1, list.size()));
        while (one.starts_with(' ')) one.remove_prefix(1);
        while (one.ends_with(' ')) one.remove_suffix(1);
        if (one.starts_with("W/")) one.remove_prefix(2);
        if (without_quotes(one) == etag) return true;
    }
    return false;
}

// True when the object is younger than the time in `member`; nothing without one.
std::optional<bool> is_younger(const S3Input& input, std::string_view member,
                               const object::Object& object) {
    const auto time = input.value(member);
    if (!time.has_value() || !time->is_number()) return std::nullopt;
    // HTTP's times have no fractions.
    return std::chrono::floor<std::chrono::seconds>(object.last_modified)
               .time_since_epoch()
               .count() > static_cast<std::int64_t>(time->number());
}

struct Conditions {
    std::string_view if_match;
    std::string_view if_none_match;
    std::string_view if_modified_since;
    std::string_view if_unmodified_since;
};
constexpr Conditions conditions_to_read{"IfMatch", "IfNoneMatch", "IfModifiedSince",
                                        "IfUnmodifiedSince"};
constexpr Conditions conditions_to_copy{"CopySourceIfMatch", "CopySourceIfNoneMatch",
                                        "CopySourceIfModifiedSince", "CopySourceIfUnmodifiedSince"};

Result<> check(const S3Input& input, const object::Object& object, const Conditions& names,
               const Error& unchanged) {
    const auto match = input.text(names.if_match);
    const auto none_match = input.text(names.if_none_match);
    if (match.has_value() && !has_etag(*match, object.etag)) return s3_errors::condition_failed();
    if (!match.has_value() && is_younger(input, names.if_unmodified_since, object) == true)
        return s3_errors::condition_failed();
    if (none_match.has_value() && has_etag(*none_match, object.etag)) return unchanged;
    if (!none_match.has_value() && is_younger(input, names.if_modified_since, object) == false)
        return unchanged;
    return {};
}

}  // namespace

Result<S3Range> s3_range(const S3Input& input, const object::Object& object) {
    const std::uint64_t size = object.size();
    const S3Range all{0, size};
    SW_TRY(const auto part, input.number("PartNumber"));
    if (part.has_value()) return range_of_part(object, *part);
    const auto text = input.text("Range");
    const auto asked = text.has_value() ? asked_range(*text) : std::nullopt;
    if (!asked.has_value()) return all;
    if (!asked->first.has_value()) {
        const std::uint64_t taken = std::min(*asked->last, size);
        if (taken == 0) return unsatisfiable();
        return S3Range{size - taken, taken, true};
    }
    if (*asked->first >= size) return unsatisfiable();
    const std::uint64_t last = std::min(asked->last.value_or(size - 1), size - 1);
    return S3Range{*asked->first, last - *asked->first + 1, true};
}

Result<> s3_check_read(const S3Input& input, const object::Object& object) {
    return check(input, object, conditions_to_read, Error(s3_errors::not_modified, "Not Modified"));
}

Result<S3CopySource> s3_copy_source(const object::Objects& objects, const S3Input& input) {
    const std::string source = input.text_or_empty("CopySource");
    std::string_view text = source;
    const std::string_view version = text.substr(std::min(text.find("?versionId="), text.size()));
    text.remove_suffix(version.size());
    std::optional<std::string> plain = s3_unescaped(text, true);
    if (plain.has_value() && plain->starts_with('/')) plain->erase(0, 1);
    const std::size_t slash = plain.has_value() ? plain->find('/') : std::string::npos;
    if (slash == std::string::npos || slash == 0 || slash + 1 == plain->size())
        return Error(s3_errors::invalid_argument,
                     "Copy Source must mention the source bucket and key: "
                     "sourcebucket/sourcekey");
    if (!version.empty() && version != "?versionId=null")
        return Error(s3_errors::invalid_argument, "Invalid version id specified");
    S3CopySource found{{plain->substr(0, slash), plain->substr(slash + 1)}, {}};
    SW_TRY(found.object, objects.find_object(found.name));
    const Result<> met =
        check(input, found.object, conditions_to_copy, s3_errors::condition_failed());
    if (!met.has_value()) return met.error();
    return found;
}

}  // namespace stepwell::api
