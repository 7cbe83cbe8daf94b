// Typed access to the fields of a JSON object of a definition; what is wrong becomes a diagnostic.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "asl/diagnostics.hpp"
#include "json/value.hpp"

namespace stepwell::asl {

/// One object and where it stands. Every getter gives nothing when the field is absent, and nothing
/// plus a diagnostic when it has the wrong type or is out of range.
class Fields {
 public:
    Fields(json::Value object, std::string location, Diagnostics& diagnostics)
        : object_(object), location_(std::move(location)), diagnostics_(diagnostics) {}

    const std::string& location() const noexcept { return location_; }
    std::string at(std::string_view field) const { return location_ + "/" + std::string{field}; }
    json::Value object() const noexcept { return object_; }
    bool has(std::string_view field) const { return object_.find(field).has_value(); }

    std::optional<json::Value> any(std::string_view field) const { return object_.find(field); }
    std::optional<std::string_view> string(std::string_view field) const;
    std::optional<bool> boolean(std::string_view field) const;
    std::optional<std::int64_t> integer(std::string_view field, std::int64_t min,
                                        std::int64_t max) const;
    std::optional<double> number(std::string_view field, double min) const;
    std::optional<json::Value> array(std::string_view field) const;  ///< not empty
    std::optional<json::Value> object(std::string_view field) const;

    /// "These fields are required: [a, b]" for those that are absent.
    void require(std::initializer_list<std::string_view> fields) const;
    /// At most one of them may be there.
    void at_most_one(std::initializer_list<std::string_view> fields) const;
    /// One of them has to be there, and not two.
    void exactly_one(std::initializer_list<std::string_view> fields) const;
    /// "Field 'x' is not supported" for every other one.
    void allow(std::initializer_list<std::string_view> fields) const;

    /// Adds a diagnostic at the field.
    void wrong(std::string_view field, std::string message) const {
        diagnostics_.schema(std::move(message), at(field));
    }
    /// Adds a diagnostic at the object.
    void wrong(std::string message) const { diagnostics_.schema(std::move(message), location_); }

 private:
    const json::Value object_;
    const std::string location_;
    Diagnostics& diagnostics_;
};

}  // namespace stepwell::asl
