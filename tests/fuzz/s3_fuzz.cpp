// What S3's requests bring: aws-chunked bodies and XML. However a body is cut, it decodes alike;
// what is made of XML and paths is valid JSON or an error.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "json/value.hpp"
#include "wire/aws_chunked.hpp"
#include "wire/json_body.hpp"
#include "wire/rest_xml.hpp"
#include "wire/xml_reader.hpp"

using namespace stepwell;
using namespace stepwell::wire;

namespace {

std::string decoded(std::string_view encoded, std::size_t portion) {
    AwsChunkedDecoder decoder;
    std::string out;
    bool is_good = true;
    while (is_good && !encoded.empty()) {
        const std::string_view next = encoded.substr(0, portion);
        encoded.remove_prefix(next.size());
        is_good = decoder.take(next, [&](std::string_view data) { out.append(data); });
    }
    if (!is_good) return "bad";
    return out + (decoder.is_complete() ? "|" : "...") + decoder.trailers();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string_view text{reinterpret_cast<const char*>(data) + 2, size - 2};
    if (decoded(text, 1 + data[0] % 16U) != decoded(text, text.size() + 1)) std::abort();

    HttpRequest request;
    const auto operations = s3_operations();
    const S3Operation& operation = operations[data[1] % operations.size()];
    request.method = operation.method;
    request.path = text.substr(0, text.find('?'));
    if (text.find('?') != std::string_view::npos) request.query = text.substr(text.find('?') + 1);
    request.authority = "127.0.0.1:4566";
    request.body = text;
    S3Request target = match_s3(request);
    target.operation = &operation;
    const Result<std::string> input = s3_input(target, request);
    if (input.has_value() && json::find_syntax_error(*input).has_value()) std::abort();
    if (check_json_object(text).has_value()) (void)s3_output_xml(operation, text);
    return 0;
}
