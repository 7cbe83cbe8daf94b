#include "flow/sdk_metadata.hpp"

#include <array>
#include <cstring>
#include <utility>

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

char* put(char* at, std::string_view text) noexcept {
    return at + text.copy(at, text.size());  // which may be none, and then from nowhere
}

// One part of the form and its value. The part's size is known to the compiler.
template <std::size_t index>
char* put_part(char* at, const SdkMetadata& metadata, SdkMetadata& written) noexcept {
    constexpr Part part = parts[index];
    std::memcpy(at, part.text.data(), part.text.size());
    at += part.text.size();
    if constexpr (part.value != nullptr) {
        const std::string_view value = metadata.*part.value;
        written.*part.value = {at, value.size()};
        at = put(at, value);
    }
    return at;
}

}  // namespace

std::size_t sdk_metadata_bytes(const SdkMetadata& metadata) noexcept {
    std::size_t bytes = 0;
    for (const Part& part : parts) {
        bytes += part.text.size();
        if (part.value != nullptr) bytes += (metadata.*part.value).size();
    }
    return bytes;
}

FoundSdkMetadata put_sdk_metadata(char* at, std::size_t offset,
                                  const SdkMetadata& metadata) noexcept {
    FoundSdkMetadata found{.offset = offset, .size = 0, .metadata = {}};
    const char* const begin = at;
    [&]<std::size_t... index>(std::index_sequence<index...>) {
        ((at = put_part<index>(at, metadata, found.metadata)), ...);
    }(std::make_index_sequence<part_count>{});
    found.size = static_cast<std::size_t>(at - begin);
    return found;
}

void append_sdk_metadata(std::string& out, const SdkMetadata& metadata) {
    const std::size_t offset = out.size();
    out.resize(offset + sdk_metadata_bytes(metadata));
    put_sdk_metadata(out.data() + offset, offset, metadata);
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
