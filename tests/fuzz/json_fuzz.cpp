// Any bytes as JSON: checking and building agree, what was read can be walked, and survives being
// written again.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace {

using stepwell::json::Value;

void write(stepwell::json::Writer& writer, Value value) {
    if (value.is_array()) {
        writer.begin_array();
        for (const auto& element : value.elements()) write(writer, Value{&element});
        writer.end_array();
    } else if (value.is_object()) {
        writer.begin_object();
        for (const auto& member : value.members()) {
            writer.key(member.key);
            write(writer, Value{&member.value});
        }
        writer.end_object();
    } else if (value.is_string()) {
        writer.string(value.string());
    } else {
        writer.raw(value.raw());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto document = stepwell::json::Document::parse(text);
    const auto problem = stepwell::json::find_syntax_error(text);
    SW_ASSERT(document.has_value() != problem.has_value());
    SW_ASSERT(stepwell::Payload::parse(text).has_value() == document.has_value());
    if (!document) return 0;

    stepwell::json::Writer writer;
    write(writer, document->root());
    const auto again = stepwell::json::Document::parse(writer.text());
    SW_ASSERT(again.has_value());
    SW_ASSERT(stepwell::json::equal(document->root(), again->root()));

    std::string compact;
    stepwell::json::append_compact(compact, document->root());
    const auto compacted = stepwell::json::Document::parse(compact);
    SW_ASSERT(compacted.has_value());
    SW_ASSERT(stepwell::json::equal(document->root(), compacted->root()));
    return 0;
}
