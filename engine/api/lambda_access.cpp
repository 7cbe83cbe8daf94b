// Permissions, tags, concurrency, and the account's figures that tools ask for.
#include "api/lambda_operations.hpp"
#include "function/errors.hpp"

namespace stepwell::api::lambda {

namespace {

using function::AddPermissionInput;
using function::FunctionName;
using function::Functions;

AddPermissionInput read_add_permission(const LambdaInput& input) {
    AddPermissionInput add;
    add.function = input.function_name();
    add.statement_id = input.needed_text("StatementId");
    add.action = input.needed_text("Action");
    add.principal = input.needed_text("Principal");
    add.source_arn = input.text("SourceArn");
    add.source_account = input.text("SourceAccount");
    add.revision_id = input.text("RevisionId");
    return add;
}

struct RemovePermissionInput {
    FunctionName function;
    std::string statement_id;
    std::string revision_id;
};
RemovePermissionInput read_remove_permission(const LambdaInput& input) {
    return {input.function_name(), input.needed_text("StatementId"), input.text("RevisionId")};
}

struct TagInput {
    FunctionName function;
    function::Variables tags;
    std::vector<std::string> keys;
};
TagInput read_tags(const LambdaInput& input) {
    return {input.function_name("Resource"),
            input.optional_map("Tags").value_or(function::Variables{}),
            input.optional_texts("TagKeys").value_or(std::vector<std::string>{})};
}

struct ConcurrencyInput {
    FunctionName function;
    std::int64_t reserved = 0;
};
ConcurrencyInput read_concurrency(const LambdaInput& input) {
    ConcurrencyInput concurrency{input.function_name(), 0};
    const auto reserved = input.optional_integer("ReservedConcurrentExecutions");
    if (!reserved || *reserved < 0 || *reserved > 1'000) {
        input.complain(Error(errors::validation,
                             "1 validation error detected: Value at 'reservedConcurrentExecutions' "
                             "failed to satisfy "
                             "constraint: Member must be between 0 and 1000"));
    }
    concurrency.reserved = reserved.value_or(0);
    return concurrency;
}

std::string concurrency_reply(std::optional<std::int64_t> reserved) {
    json::Writer writer;
    writer.begin_object();
    if (reserved) writer.member_integer("ReservedConcurrentExecutions", *reserved);
    writer.end_object();
    return writer.take();
}

std::string account_settings(Functions& functions) {
    std::int64_t count = 0;
    std::int64_t bytes = 0;
    for (std::string marker;;) {
        const auto page = functions.list(marker, 1'000);
        for (const auto& configuration : page.functions) {
            ++count;
            bytes += static_cast<std::int64_t>(configuration.code_bytes);
        }
        if (page.next_marker.empty()) break;
        marker = page.next_marker;
    }
    json::Writer writer;
    writer.begin_object().key("AccountLimit").begin_object();
    writer.member_integer("TotalCodeSize", 80'530'636'800)
        .member_integer("CodeSizeUnzipped", 262'144'000);
    writer.member_integer("CodeSizeZipped", 52'428'800)
        .member_integer("ConcurrentExecutions", 1'000);
    writer.member_integer("UnreservedConcurrentExecutions", 1'000).end_object();
    writer.key("AccountUsage")
        .begin_object()
        .member_integer("TotalCodeSize", bytes)
        .member_integer("FunctionCount", count)
        .end_object();
    writer.end_object();
    return writer.take();
}

void register_permissions(OperationTable& table, Functions& functions) {
    add(table, "AddPermission", read_add_permission,
        [&functions](AddPermissionInput input, const CallContext&, Respond respond) {
            functions.add_permission(std::move(input), [respond = std::move(respond)](
                                                           Result<std::string> statement) mutable {
                if (!statement.has_value()) return respond(statement.error());
                json::Writer writer;
                writer.begin_object().member("Statement", *statement).end_object();
                respond(Reply{.body = writer.take()});
            });
        });
    add(table, "RemovePermission", read_remove_permission,
        [&functions](RemovePermissionInput input, const CallContext&, Respond respond) {
            functions.remove_permission(std::move(input.function), std::move(input.statement_id),
                                        std::move(input.revision_id),
                                        respond_empty(std::move(respond)));
        });
    add(table, "GetPolicy", read_name,
        [&functions](const FunctionName& name, const CallContext&, Respond respond) {
            const auto policy = functions.policy(name);
            if (!policy.has_value()) return respond(policy.error());
            json::Writer writer;
            writer.begin_object()
                .member("Policy", policy->policy)
                .member("RevisionId", policy->revision_id)
                .end_object();
            respond(Reply{.body = writer.take()});
        });
}

void register_tags(OperationTable& table, Functions& functions) {
    add(table, "TagResource", read_tags,
        [&functions](TagInput input, const CallContext&, Respond respond) {
            std::map<std::string, std::string> tags;
            for (auto& [key, value] : input.tags) tags[key] = std::move(value);
            functions.tag(std::move(input.function), std::move(tags),
                          respond_empty(std::move(respond)));
        });
    add(table, "UntagResource", read_tags,
        [&functions](TagInput input, const CallContext&, Respond respond) {
            functions.untag(std::move(input.function), std::move(input.keys),
                            respond_empty(std::move(respond)));
        });
    add(table, "ListTags", read_tags,
        [&functions](const TagInput& input, const CallContext&, Respond respond) {
            const auto stored = functions.find(input.function);
            if (!stored.has_value()) return respond(stored.error());
            json::Writer writer;
            writer.begin_object().key("Tags").begin_object();
            for (const auto& [key, value] : stored->tags) writer.member(key, value);
            writer.end_object().end_object();
            respond(Reply{.body = writer.take()});
        });
}

}  // namespace

void register_access(OperationTable& table, Functions& functions) {
    register_permissions(table, functions);
    register_tags(table, functions);
    add(table, "PutFunctionConcurrency", read_concurrency,
        [&functions](ConcurrencyInput input, const CallContext&, Respond respond) {
            functions.put_concurrency(
                std::move(input.function), input.reserved,
                [reserved = input.reserved, respond = std::move(respond)](Result<> put) mutable {
                    if (!put.has_value()) return respond(put.error());
                    respond(Reply{.body = concurrency_reply(reserved)});
                });
        });
    add(table, "DeleteFunctionConcurrency", read_name,
        [&functions](FunctionName name, const CallContext&, Respond respond) {
            functions.put_concurrency(std::move(name), std::nullopt,
                                      respond_empty(std::move(respond)));
        });
    add(table, "GetFunctionConcurrency", read_name,
        [&functions](const FunctionName& name, const CallContext&, Respond respond) {
            const auto stored = functions.find(name);
            if (!stored.has_value()) return respond(stored.error());
            respond(Reply{.body = concurrency_reply(stored->reserved_concurrency)});
        });
    // A function never has a code signing configuration here; tools ask all the same.
    add(table, "GetFunctionCodeSigningConfig", read_name,
        [&functions](const FunctionName& name, const CallContext&, Respond respond) {
            const auto stored = functions.find(name);
            if (!stored.has_value()) return respond(stored.error());
            json::Writer writer;
            writer.begin_object().member("FunctionName", stored->configuration.name).end_object();
            respond(Reply{.body = writer.take()});
        });
    add(
        table, "GetAccountSettings", [](const LambdaInput&) { return 0; },
        [&functions](int, const CallContext&, Respond respond) {
            respond(Reply{.body = account_settings(functions)});
        });
}

}  // namespace stepwell::api::lambda
