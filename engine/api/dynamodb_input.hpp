// The members of DynamoDB's requests, checked as its model has them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/result.hpp>

#include "item/value.hpp"
#include "json/value.hpp"

namespace stepwell::api::dynamodb {

/// Reads members of one structure. What is of another type fails at once; what breaks a constraint
/// of the model is gathered, for all of that is told together. What is read after a failure is
/// meaningless, so callers ask `error` before they use anything. Null counts as absent.
///
/// threads  one
class Input {
 public:
    explicit Input(json::Value object) : object_(object) {}
    /// Of a structure inside: `path` is how error texts name it, "transactItems.1.member.put".
    Input(json::Value object, Input& outer, std::string path)
        : object_(object), outer_(&outer), path_(std::move(path)) {}

    bool has(std::string_view name) const;
    std::optional<std::string_view> text(std::string_view name);
    std::string required_text(std::string_view name);
    std::optional<std::int64_t> integer(std::string_view name);
    std::optional<std::int64_t> integer_from(std::string_view name, std::int64_t min);
    std::optional<bool> boolean(std::string_view name);
    std::optional<json::Value> object(std::string_view name);
    std::optional<json::Value> required_object(std::string_view name);
    std::optional<json::Value> array(std::string_view name);
    /// A text that is one of these.
    std::optional<std::string_view> one_of(std::string_view name,
                                           std::initializer_list<std::string_view> values);
    /// TableName: a name, or the ARN of a table.
    std::string table_name();
    /// A required map of attribute values.
    item::Item item(std::string_view name);

    /// "Value 'x' at 'name' failed to satisfy constraint: ..."
    void complain(std::string_view name, std::optional<std::string_view> value,
                  std::string_view constraint);
    void fail(Error error);
    std::optional<Error> error() const;

 private:
    std::optional<json::Value> find(std::string_view name) const;
    void wrong_type(json::Value value, std::string_view wanted);
    std::string path_of(std::string_view name) const;

    const json::Value object_;
    Input* const outer_ = nullptr;
    const std::string path_ = {};
    std::optional<Error> failure_ = {};
    std::vector<std::string> complaints_ = {};
};

}  // namespace stepwell::api::dynamodb
