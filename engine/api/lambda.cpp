#include "api/lambda.hpp"

#include "api/lambda_operations.hpp"

namespace stepwell::api {

void register_lambda(OperationTable& table, function::Functions& functions,
                     function::EventSourceMappings& mappings) {
    lambda::register_functions(table, functions);
    lambda::register_invoke(table, functions);
    lambda::register_access(table, functions);
    lambda::register_mappings(table, functions, mappings);
}

}  // namespace stepwell::api
