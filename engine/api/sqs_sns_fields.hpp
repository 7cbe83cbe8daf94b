// The members of a request, read by the names and types of its model.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/result.hpp>

#include "json/outline.hpp"
#include "json/value.hpp"

namespace stepwell::api {

/// Reads members of one JSON object and remembers the first that is missing or of another type;
/// what is read after that is meaningless, so callers ask `error` before they use anything. Null
/// counts as absent.
///
/// threads  one
class Fields {
 public:
    using TextMap = std::map<std::string, std::string, std::less<>>;
    /// How the service says that a member is missing.
    using Missing = Error (*)(std::string_view name);

    Fields(json::Value object, Missing missing) : object_(object), missing_(missing) {}
    /// The same for an object of which little is looked at; it outlives this.
    Fields(json::Outline& object, Missing missing) : outline_(&object), missing_(missing) {}

    std::optional<std::string_view> text(std::string_view name);
    std::string_view required_text(std::string_view name);
    std::optional<std::int64_t> integer(std::string_view name);
    std::int64_t required_integer(std::string_view name);
    bool boolean(std::string_view name);  ///< false when absent
    std::vector<std::string> texts(std::string_view name);
    TextMap text_map(std::string_view name);
    std::optional<json::Value> object(std::string_view name);
    std::vector<json::Value> array(std::string_view name);
    /// A member of any type; what is in an array or object, `array` and `object` tell.
    std::optional<json::Value> value(std::string_view name) const;

    void fail(Error error) {
        if (!error_.has_value()) error_ = std::move(error);
    }
    const std::optional<Error>& error() const noexcept { return error_; }

 private:
    std::optional<json::Value> whole(std::string_view name) const;
    void wrong_type(std::string_view name, std::string_view expected);

    // The object is one of these.
    const json::Value object_{nullptr};
    json::Outline* const outline_ = nullptr;
    const Missing missing_;
    std::optional<Error> error_;
};

/// One message attribute of SQS or SNS as the models have it: DataType, StringValue, BinaryValue
/// (base64).
struct AttributeField {
    std::string name;
    std::string data_type;
    std::string value;
    bool has_wrong_field = false;  ///< BinaryValue for a text type, or the other way round
};
std::vector<AttributeField> attribute_fields(Fields& fields, std::string_view name);

/// Parses a request's body; an empty one is an empty object.
/// errors   SerializationException
Result<json::Document> parse_request(std::string_view body);

}  // namespace stepwell::api
