// Reading the parameters of a call, with AWS's complaints about them.
//
// Everything that is wrong is collected, so that the caller hears of it at once: read all members,
// then `check`.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/result.hpp>

#include "json/value.hpp"

namespace stepwell::api {

/// The constraints of a string member in the service's model; lengths in characters.
struct TextLimits {
    std::size_t min = 0;
    std::size_t max = SIZE_MAX;
    bool is_sensitive = false;  ///< its value is not repeated in messages
    bool (*matches)(std::string_view) = nullptr;
    std::string_view pattern = {};  ///< what `matches` tests, as messages show it
};

inline constexpr TextLimits arn_limits{.min = 1, .max = 256};
inline constexpr TextLimits long_arn_limits{.min = 1, .max = 2000};
inline constexpr TextLimits name_limits{.min = 1, .max = 80};
inline constexpr TextLimits page_token_limits{.min = 1, .max = 1024};
inline constexpr TextLimits error_limits{.min = 0, .max = 256, .is_sensitive = true};
inline constexpr TextLimits cause_limits{.min = 0, .max = 32'768, .is_sensitive = true};
inline constexpr TextLimits data_limits{.min = 0, .max = 262'144, .is_sensitive = true};
inline constexpr TextLimits description_limits{.min = 0, .max = 256, .is_sensitive = true};
inline constexpr TextLimits definition_limits{.min = 1, .max = 1'048'576, .is_sensitive = true};

struct IntegerLimits {
    std::int64_t min = INT64_MIN;
    std::int64_t max = INT64_MAX;
};

/// A structure of a request: the body itself or one inside it. A member that is null counts as
/// absent.
class Parameters {
 public:
    /// Parses a request's body; an empty one is an empty structure.
    ///
    /// errors  SerializationException when it is no JSON object
    static Result<Parameters> parse(std::string_view body);

    /// The member's text; empty (and a complaint) when it is missing.
    std::string text(std::string_view name, const TextLimits& limits) const;
    std::optional<std::string> optional_text(std::string_view name, const TextLimits& limits) const;
    std::optional<std::int64_t> optional_integer(std::string_view name,
                                                 const IntegerLimits& limits) const;
    /// Any number of [min, max].
    std::optional<double> optional_number(std::string_view name, double min, double max) const;
    std::int64_t integer(std::string_view name, const IntegerLimits& limits) const;
    std::optional<bool> optional_flag(std::string_view name) const;
    bool flag(std::string_view name, bool otherwise) const {
        return optional_flag(name).value_or(otherwise);
    }

    /// The index of the member's text in `values`; `values` are as messages list them.
    std::optional<std::size_t> optional_choice(std::string_view name,
                                               std::span<const std::string_view> values) const;
    std::optional<std::size_t> choice(std::string_view name,
                                      std::span<const std::string_view> values) const;

    std::optional<Parameters> structure(std::string_view name) const;
    /// The elements of a list of structures or of texts; `is_required` complains when it is
    /// missing.
    std::vector<Parameters> structures(std::string_view name, bool is_required) const;
    std::vector<std::string> texts(std::string_view name, const TextLimits& limits) const;
    bool has(std::string_view name) const { return find(name).has_value(); }

    /// A complaint of the caller's: "Value 'x' at 'name' failed to satisfy constraint:
    /// <constraint>".
    void complain(std::string_view name, std::string_view shown_value,
                  std::string_view constraint) const;

    /// errors  SerializationException (a member of the wrong type), ValidationException (all other
    /// complaints)
    Result<> check() const;

 private:
    struct Shared;  // document and complaints, of all structures of one request
    Parameters(std::shared_ptr<Shared> shared, json::Value object, std::string path)
        : shared_(std::move(shared)), object_(object), path_(std::move(path)) {}

    std::optional<json::Value> find(std::string_view name) const;
    std::string path_of(std::string_view name) const {
        return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
    }
    void miss(std::string_view name) const;
    void mistype(json::Value value, std::string_view wanted) const;
    std::string checked_text(const std::string& path, json::Value value,
                             const TextLimits& limits) const;
    void complain_at(const std::string& path, std::string_view shown_value,
                     std::string_view constraint) const;

    std::shared_ptr<Shared> shared_;
    json::Value object_;
    std::string path_;
};

/// True for text as alias names have to be; with its pattern.
bool is_restricted_name(std::string_view text);
inline constexpr TextLimits alias_name_limits{
    .min = 1,
    .max = 80,
    .is_sensitive = false,
    .matches = is_restricted_name,
    .pattern = "^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$"};
bool is_ascii(std::string_view text);
inline constexpr TextLimits trace_header_limits{
    .min = 0, .max = 256, .is_sensitive = false, .matches = is_ascii, .pattern = "\\p{ASCII}*"};

}  // namespace stepwell::api
