#include "wire/aws_query.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ctime>
#include <optional>
#include <vector>

#include "base/errors.hpp"
#include "base/try.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"
#include "wire/http_request.hpp"
#include "wire/xml_writer.hpp"

namespace stepwell::wire {

namespace {

/// Reads parameters into JSON. Recursion is bounded by the shapes, which do not contain themselves.
class InputReader {
 public:
    explicit InputReader(const Form& form) : form_(form) {}

    void read_members(std::span<const Member> members, const std::string& prefix) {
        out_.begin_object();
        for (const Member& member : members) {
            const std::string name = prefix + std::string{member.wire_name()};
            if (is_present(name, *member.shape)) {
                out_.key(member.name);
                read_value(*member.shape, name);
            } else if (is_empty_collection(prefix, member)) {
                out_.key(member.name);
                member.shape->type == ShapeType::list ? out_.begin_array().end_array()
                                                      : out_.begin_object().end_object();
            }
        }
        out_.end_object();
    }

    /// The JSON, or the first thing that was wrong.
    Result<std::string> take() {
        if (error_.has_value()) return *error_;
        return out_.take();
    }

 private:
    bool has_prefix(const std::string& prefix) const { return !form_.with_prefix(prefix).empty(); }

    bool is_present(const std::string& name, const Shape& shape) const {
        switch (shape.type) {
            case ShapeType::structure:
            case ShapeType::list:
            case ShapeType::map:
                return has_prefix(name + ".");
            default:
                return form_.find(name) != nullptr;
        }
    }

    /// "AttributeNames=" is how clients write an empty list.
    bool is_empty_collection(const std::string& prefix, const Member& member) const {
        if (member.shape->type != ShapeType::list && member.shape->type != ShapeType::map)
            return false;
        const std::string* value = form_.find(prefix + std::string{member.name});
        return value != nullptr && value->empty();
    }

    void read_value(const Shape& shape, const std::string& name) {
        switch (shape.type) {
            case ShapeType::structure:
                return read_members(shape.members, name + ".");
            case ShapeType::list:
                return read_list(shape, name);
            case ShapeType::map:
                return read_map(shape, name);
            default:
                return read_scalar(shape, name, *form_.find(name));
        }
    }

    void read_scalar(const Shape& shape, const std::string& name, const std::string& value) {
        const char* const begin = value.data();
        const char* const end = begin + value.size();
        if (shape.type == ShapeType::integer) {
            std::int64_t number = 0;
            const auto parsed = std::from_chars(begin, end, number);
            if (parsed.ec != std::errc{} || parsed.ptr != end)
                return refuse(name, value, "Integer");
            out_.integer(number);
        } else if (shape.type == ShapeType::number) {
            double number = 0;
            const auto parsed = std::from_chars(begin, end, number);
            const bool is_number = parsed.ec == std::errc{} && parsed.ptr == end;
            if (!is_number || !std::isfinite(number)) return refuse(name, value, "Double");
            out_.number(number);
        } else if (shape.type == ShapeType::boolean) {
            const bool is_true = equal_ignoring_case(value, "true");
            if (!is_true && !equal_ignoring_case(value, "false"))
                return refuse(name, value, "Boolean");
            out_.boolean(is_true);
        } else {
            out_.string(value);
        }
    }

    void refuse(const std::string& name, const std::string& value, std::string_view type) {
        out_.null();  // for the text to stay well-formed; it is not used
        if (error_.has_value()) return;
        error_.emplace(errors::serialization,
                       "Value " + value + " at '" + name + "' is not a valid " + std::string{type});
    }

    /// The numbers N for which there is a parameter "<prefix>N" or "<prefix>N.…", in order.
    std::vector<std::uint32_t> indices(const std::string& prefix) const {
        std::vector<std::uint32_t> found;
        for (const Form::Parameter& parameter : form_.with_prefix(prefix)) {
            const std::string_view rest = std::string_view{parameter.name}.substr(prefix.size());
            const std::string_view digits = rest.substr(0, rest.find('.'));
            std::uint32_t number = 0;
            const auto parsed =
                std::from_chars(digits.data(), digits.data() + digits.size(), number);
            if (parsed.ec == std::errc{} && parsed.ptr == digits.data() + digits.size())
                found.push_back(number);
        }
        std::sort(found.begin(), found.end());
        found.erase(std::unique(found.begin(), found.end()), found.end());
        return found;
    }

    void read_list(const Shape& shape, const std::string& name) {
        const std::string prefix =
            shape.is_flat ? name + "." : name + "." + std::string{shape.element_name} + ".";
        out_.begin_array();
        for (const std::uint32_t index : indices(prefix)) {
            const std::string element = prefix + std::to_string(index);
            if (is_present(element, *shape.element)) read_value(*shape.element, element);
        }
        out_.end_array();
    }

    void read_map(const Shape& shape, const std::string& name) {
        const std::string prefix = shape.is_flat ? name + "." : name + ".entry.";
        std::vector<std::string_view>
            keys;  // a key that comes again is dropped: JSON has each once
        out_.begin_object();
        for (const std::uint32_t index : indices(prefix)) {
            const std::string entry = prefix + std::to_string(index) + ".";
            const std::string* key = form_.find(entry + std::string{shape.key_name});
            const std::string value = entry + std::string{shape.value_name};
            if (key == nullptr || !is_present(value, *shape.element)) continue;
            if (std::find(keys.begin(), keys.end(), *key) != keys.end()) continue;
            keys.push_back(*key);
            out_.key(*key);
            read_value(*shape.element, value);
        }
        out_.end_object();
    }

    const Form& form_;
    json::Writer out_;
    std::optional<Error> error_;
};

/// "2026-11-24T06:19:00Z" of a number of epoch seconds.
std::string iso_8601(double epoch_seconds) {
    const auto seconds = static_cast<std::time_t>(std::floor(epoch_seconds));
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 32> buffer{};
    const std::size_t length =
        std::strftime(buffer.data(), buffer.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return {buffer.data(), length};
}

class OutputWriter {
 public:
    explicit OutputWriter(XmlWriter& xml) : xml_(xml) {}

    void write_members(std::span<const Member> members, json::Value object) {
        for (const Member& member : members) {
            const std::optional<json::Value> value = object.find(member.name);
            if (value.has_value() && !value->is_null())
                write(member.wire_name(), *member.shape, *value);
        }
    }

 private:
    void write(std::string_view name, const Shape& shape, json::Value value) {
        switch (shape.type) {
            case ShapeType::structure:
                xml_.open(name);
                write_members(shape.members, value);
                xml_.close(name);
                return;
            case ShapeType::list:
                return write_list(name, shape, value);
            case ShapeType::map:
                return write_map(name, shape, value);
            case ShapeType::timestamp:
                xml_.element(name, value.is_number() ? iso_8601(value.number())
                                                     : std::string{value.string()});
                return;
            default:
                xml_.element(name, value.is_string() ? value.string() : value.raw());
                return;
        }
    }

    void write_list(std::string_view name, const Shape& shape, json::Value value) {
        if (!shape.is_flat) xml_.open(name);
        for (std::size_t i = 0; i < value.size(); ++i) {
            write(shape.is_flat ? name : shape.element_name, *shape.element, value[i]);
        }
        if (!shape.is_flat) xml_.close(name);
    }

    void write_map(std::string_view name, const Shape& shape, json::Value value) {
        const std::string_view entry = shape.is_flat ? name : "entry";
        if (!shape.is_flat) xml_.open(name);
        if (value.is_object()) {
            for (const json::Member& member : value.members()) {
                xml_.open(entry);
                xml_.element(shape.key_name, member.key);
                write(shape.value_name, *shape.element, json::Value{&member.value});
                xml_.close(entry);
            }
        }
        if (!shape.is_flat) xml_.close(name);
    }

    XmlWriter& xml_;
};

}  // namespace

Result<std::string> query_input(const Form& form, const QueryOperation& operation) {
    InputReader reader{form};
    reader.read_members(operation.input, {});
    return reader.take();
}

Result<std::string> query_output(std::string_view json, const QueryService& service,
                                 const QueryOperation& operation, std::string_view request_id) {
    SW_TRY(const json::Document output, json::Document::parse(json.empty() ? "{}" : json));
    XmlWriter xml;
    xml.declaration().open(operation.name, "Response", service.xml_namespace);
    if (operation.has_result) {
        xml.open(operation.name, "Result");
        OutputWriter{xml}.write_members(operation.output, output.root());
        xml.close(operation.name, "Result");
    }
    xml.open("ResponseMetadata").element("RequestId", request_id).close("ResponseMetadata");
    xml.close(operation.name, "Response");
    return xml.take();
}

std::string query_error(const Error& error, std::string_view xml_namespace,
                        std::string_view request_id) {
    const ErrorKind& kind = error.kind();
    XmlWriter xml;
    xml.declaration().open("ErrorResponse", {}, xml_namespace).open("Error");
    xml.element("Type", kind.http_status < 500 ? "Sender" : "Receiver");
    xml.element("Code", kind.query_name.empty() ? kind.name : kind.query_name);
    xml.element("Message", error.message());
    xml.close("Error").element("RequestId", request_id).close("ErrorResponse");
    return xml.take();
}

}  // namespace stepwell::wire
