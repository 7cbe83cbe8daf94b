// JSON as the engine writes it: straight into a buffer, commas placed by the writer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace stepwell::json {

/// Appends `text` to `out` as a JSON string, quotes included. `text` is UTF-8.
void append_string(std::string& out, std::string_view text);

/// Writes one JSON value. Misuse (a key outside an object, two values for one key) is a mistake of
/// ours.
class Writer {
 public:
    Writer() { out_.reserve(bytes_reserved); }

    Writer& begin_object();
    Writer& end_object();
    Writer& begin_array();
    Writer& end_array();
    Writer& key(std::string_view name);

    Writer& string(std::string_view text);
    Writer& integer(std::int64_t value);
    Writer& number(double value);  ///< shortest form that reads back the same
    Writer& boolean(bool value);
    Writer& null();
    Writer& raw(std::string_view json);  ///< a value that is JSON text already

    /// Shorthands for a member of an object.
    Writer& member(std::string_view name, std::string_view text) { return key(name).string(text); }
    Writer& member_integer(std::string_view name, std::int64_t value) {
        return key(name).integer(value);
    }
    Writer& member_boolean(std::string_view name, bool value) { return key(name).boolean(value); }
    Writer& member_raw(std::string_view name, std::string_view json) { return key(name).raw(json); }

    std::string_view text() const noexcept { return out_; }
    std::string take() { return std::move(out_); }
    void clear();

 private:
    void separate();

    static constexpr std::size_t bytes_reserved = 480;  // most texts need no more, and grow once

    std::string out_;
    bool needs_comma_ = false;
};

}  // namespace stepwell::json
