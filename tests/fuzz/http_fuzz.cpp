// The HTTP parser on any bytes: whatever the portions in which they arrive, the same requests come
// out.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "wire/http_parser.hpp"

namespace {

using stepwell::wire::BodyRule;
using stepwell::wire::HttpParser;
using stepwell::wire::HttpRequest;

void append_request(std::string& seen, const stepwell::wire::HttpRequest& request) {
    for (const std::string_view part :
         {request.method, request.path, request.query, request.authority, request.body}) {
        seen.append(part).push_back('\0');
    }
    for (const std::string_view value : request.headers) seen.append(value).push_back('\0');
    seen.push_back(request.keep_alive ? '1' : '0');
}

/// All that comes out of `input` when it arrives in portions of `portion` bytes.
std::string parse(std::string_view input, std::size_t portion) {
    HttpParser::Limits limits;
    limits.head_bytes_max = 4096;
    limits.body_rule = [](const HttpRequest&) { return BodyRule{8192}; };
    HttpParser parser{limits};
    std::string seen;
    while (!input.empty()) {
        const std::span<char> space = parser.space();
        const std::size_t bytes = std::min({space.size(), input.size(), portion});
        input.copy(space.data(), bytes);
        parser.received(bytes);
        input.remove_prefix(bytes);
        while (true) {
            const HttpParser::Step step = parser.next();
            if (step == HttpParser::Step::incomplete) break;
            if (step == HttpParser::Step::refused)
                return seen + std::to_string(parser.refusal().status);
            append_request(seen, parser.request());
        }
    }
    return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input{reinterpret_cast<const char*>(data), size};
    const std::string whole = parse(input, size + 1);
    const std::size_t portion = size == 0 ? 1 : 1 + data[0] % 64U;
    if (parse(input, portion) != whole) std::abort();
    std::string copy{input};
    (void)stepwell::wire::decode_aws_chunked(copy);
    return 0;
}
