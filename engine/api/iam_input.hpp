// Inputs of IAM and STS: read field by field, held to the constraints of AWS's models.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/result.hpp>

#include "access/role.hpp"
#include "access/roles.hpp"
#include "api/operation.hpp"
#include "json/value.hpp"

namespace stepwell::api {

/// What a model allows a text to be.
struct TextRule {
    std::size_t length_min = 1;
    std::size_t length_max = 128;
    bool (*allows)(std::string_view text) = nullptr;  ///< nullptr: any characters
    /// What the error says when `allows` does not: a model's pattern, or, where `is_own_message`,
    /// the whole message.
    std::string_view pattern = {};
    bool is_own_message = false;
};

/// The rules of IAM's and STS's fields.
namespace iam_rules {
extern const TextRule role_name, policy_name, path, path_prefix, policy_path, description,
    policy_description, document, arn, session_name, version_id, tag_key, tag_value, marker;
}

/// One call's input. Getters note what is missing or against a rule, and give a value to go on
/// with; after the last one `problems` tells them all, as AWS does.
///
/// threads  one
class IamInput {
 public:
    /// errors   MalformedInput: the body is no JSON object
    static Result<IamInput> of(const Call& call);

    std::string text(std::string_view name, const TextRule& rule);
    std::optional<std::string> optional_text(std::string_view name, const TextRule& rule);
    std::optional<std::int64_t> optional_integer(std::string_view name, std::int64_t min,
                                                 std::int64_t max);
    bool flag(std::string_view name);
    std::vector<access::Tag> tags(bool is_required);
    std::vector<std::string> tag_keys();
    access::Page page();

    /// The error for all that was noted; nothing when all is well.
    std::optional<Error> problems() const;

 private:
    explicit IamInput(json::Document document) : document_(std::move(document)) {}

    std::optional<std::string> checked(std::optional<json::Value> value, std::string_view name,
                                       const TextRule& rule);
    void note(std::string_view name, std::string_view value, std::string constraint);
    void note_missing(std::string_view name);

    json::Document document_;
    std::vector<std::string> constraints_;  // "Value … at … failed to satisfy constraint: …"
    std::optional<std::string>
        own_message_;  // the first of those that IAM says in words of its own
};

/// A marker as clients see it for the name of the last item of a page.
std::string marker_text(std::string_view last_name);

}  // namespace stepwell::api
