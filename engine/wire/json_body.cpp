#include "wire/json_body.hpp"

#include "base/errors.hpp"
#include "json/value.hpp"

namespace stepwell::wire {

Result<> check_json_object(std::string_view body) {
    if (const auto wrong = json::find_syntax_error(body)) {
        return Error{errors::serialization, "The request is not valid JSON: " + wrong->reason};
    }
    const auto first = body.find_first_not_of(" \t\r\n");
    if (body[first] != '{')
        return Error{errors::serialization, "The request is not a JSON object."};
    return {};
}

}  // namespace stepwell::wire
