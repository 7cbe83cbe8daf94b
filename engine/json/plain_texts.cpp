#include "json/plain_texts.hpp"

#include <simdjson.h>

#include <algorithm>

namespace stepwell::json {

namespace {

namespace ondemand = simdjson::ondemand;

/// Sets the member that the field is, if it is one. False when its value is no text.
bool read_field(ondemand::field field, std::span<PlainText> members) {
    const ondemand::raw_json_string key = field.key();
    const auto is_named = [&](const PlainText& member) { return key.unsafe_is_equal(member.name); };
    const auto member = std::find_if(members.begin(), members.end(), is_named);
    if (member == members.end()) return true;
    std::string_view text;
    if (field.value().get_string().get(text) != simdjson::SUCCESS) return false;
    member->value = text;
    member->is_present = true;
    return true;
}

}  // namespace

bool read_plain_texts(std::string& body, std::span<PlainText> members) {
    thread_local ondemand::parser parser;
    body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
    ondemand::document document;
    const simdjson::padded_string_view padded(body.data(), body.size(), body.capacity());
    if (parser.iterate(padded).get(document) != simdjson::SUCCESS) return false;
    ondemand::object object;
    if (document.get_object().get(object) != simdjson::SUCCESS) return false;
    for (auto next : object) {
        ondemand::field field;
        if (std::move(next).get(field) != simdjson::SUCCESS ||
            !read_field(std::move(field), members))
            return false;
    }
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
        return false;  // more than one value
    return std::all_of(members.begin(), members.end(), [](const PlainText& member) {
        const std::size_t size = member.value.size();
        if (!member.is_present) return member.bytes_min == 0;
        return size >= member.bytes_min && size <= member.bytes_max;
    });
}

}  // namespace stepwell::json
