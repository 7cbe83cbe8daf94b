#include "flow/sdk_metadata.hpp"

#include <array>

namespace stepwell::flow {

namespace {

// The values stand at $i (request id), $l (length), $d (date) and $t (type).
constexpr std::string_view form =
    R"("SdkHttpMetadata":{"AllHttpHeaders":{"x-amzn-RequestId":["$i"],"connection":["keep-alive"],)"
    R"("Content-Length":["$l"],"Date":["$d"],"Content-Type":["$t"]},"HttpHeaders":{"x-amzn-RequestId":)"
    R"("$i","connection":"keep-alive","Content-Length":"$l","Date":"$d","Content-Type":"$t"},)"
    R"("HttpStatusCode":200},"SdkResponseMetadata":{"RequestId":"$i"})";

// The form, cut at its values: a value follows each part but the last.
struct Part {
    std::string_view text;
    std::string_view SdkMetadata::* value = nullptr;
};
constexpr std::size_t part_count = 10;

constexpr auto parts = [] {
    std::array<Part, part_count> cut{};
    std::string_view rest = form;
    for (Part& part : cut) {
        const std::size_t at = rest.find('$');
        part.text = rest.substr(0, at);
        if (at == std::string_view::npos) break;
        const char name = rest[at + 1];
        part.value = name == 'i'   ? &SdkMetadata::request_id
                     : name == 'l' ? &SdkMetadata::content_length
                     : name == 'd' ? &SdkMetadata::date
                                   : &SdkMetadata::content_type;
        rest.remove_prefix(at + 2);
    }
    return cut;
}();
static_assert(parts[part_count - 2].value != nullptr && parts[part_count - 1].value == nullptr);

}  // namespace

void append_sdk_metadata(std::string& out, const SdkMetadata& metadata) {
    for (const Part& part : parts) {
        out.append(part.text);
        if (part.value != nullptr) out.append(metadata.*part.value);
    }
}

std::optional<FoundSdkMetadata> find_sdk_metadata(std::string_view text) {
    FoundSdkMetadata found;
    found.offset = text.find(parts[0].text);
    if (found.offset == std::string_view::npos) return std::nullopt;
    std::string_view rest = text.substr(found.offset);
    for (const Part& part : parts) {
        if (!rest.starts_with(part.text)) return std::nullopt;
        rest.remove_prefix(part.text.size());
        if (part.value == nullptr) break;
        std::string_view& value = found.metadata.*part.value;
        if (value.empty()) value = rest.substr(0, rest.find('"'));
        if (!rest.starts_with(value)) return std::nullopt;
        rest.remove_prefix(value.size());
    }
    found.size = text.size() - found.offset - rest.size();
    return found;
}

}  // namespace stepwell::flow
