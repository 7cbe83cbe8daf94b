// Form parameters of any kind: what the query protocol makes of them is valid JSON or an error; and
// any JSON becomes XML.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "json/value.hpp"
#include "wire/aws_query.hpp"
#include "wire/json_body.hpp"
#include "wire/rest_json.hpp"

using namespace stepwell;
using namespace stepwell::wire;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const QueryService* const services[] = {&sqs_query_service(), &sns_query_service(),
                                            &iam_query_service(), &sts_query_service()};
    const QueryService& service = *services[data[0] % 4];
    const QueryOperation& operation = service.operations[data[1] % service.operations.size()];
    const std::string_view text{reinterpret_cast<const char*>(data) + 2, size - 2};

    Form form;
    if (form.add(text)) {
        const Result<std::string> input = query_input(form, operation);
        // The only thing that may be wrong with it is what the client sent: text that is not UTF-8.
        if (input.has_value() && json::find_syntax_error(*input).has_value()) {
            const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
            if (std::all_of(input->begin(), input->end(), is_ascii)) std::abort();
        }
    }
    (void)query_output(text, service, operation, "id");

    HttpRequest request;
    request.method = "GET";
    request.path = text.substr(0, text.find('?'));
    if (text.find('?') != std::string_view::npos) request.query = text.substr(text.find('?') + 1);
    if (const auto match = match_lambda(request)) {
        const Result<std::string> input = rest_input(*match, request, R"({"a":1})");
        if (input.has_value() && check_json_object(*input).has_error()) std::abort();
    }
    return 0;
}
