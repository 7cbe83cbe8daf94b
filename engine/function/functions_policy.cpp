// The resource policy of functions: stored and given back; access decides by it.
#include <algorithm>

#include "base/identity.hpp"
#include "base/random.hpp"
#include "base/try.hpp"
#include "function/errors.hpp"
#include "function/functions.hpp"
#include "json/writer.hpp"

namespace stepwell::function {

namespace {

constexpr std::size_t policy_bytes_max = 20'480;

void write_principal(json::Writer& writer, const std::string& principal) {
    writer.key("Principal");
    if (principal == "*") {
        writer.string("*");
    } else if (is_account(principal)) {
        writer.begin_object().member("AWS", "arn:aws:iam::" + principal + ":root").end_object();
    } else if (principal.starts_with("arn:")) {
        writer.begin_object().member("AWS", principal).end_object();
    } else {
        writer.begin_object().member("Service", principal).end_object();
    }
}

std::string statement_of(const AddPermissionInput& input, std::string_view function_arn) {
    json::Writer writer;
    writer.begin_object().member("Sid", input.statement_id).member("Effect", "Allow");
    write_principal(writer, input.principal);
    writer.member("Action", input.action).member("Resource", function_arn);
    if (!input.source_account.empty() || !input.source_arn.empty()) {
        writer.key("Condition").begin_object();
        if (!input.source_account.empty()) {
            writer.key("StringEquals")
                .begin_object()
                .member("AWS:SourceAccount", input.source_account)
                .end_object();
        }
        if (!input.source_arn.empty())
            writer.key("ArnLike")
                .begin_object()
                .member("AWS:SourceArn", input.source_arn)
                .end_object();
        writer.end_object();
    }
    writer.end_object();
    return writer.take();
}

Result<> check_policy_revision(const StoredFunction& function, const std::string& revision_id) {
    if (revision_id.empty() || revision_id == function.policy_revision_id) return {};
    return Error(errors::precondition_failed,
                 "The RevisionId provided does not match the latest RevisionId. Call the GetPolicy "
                 "API to retrieve the latest Revision "
                 "Id");
}

std::string document_of(const std::vector<PolicyStatement>& statements) {
    json::Writer writer;
    writer.begin_object()
        .member("Version", "2012-10-17")
        .member("Id", "default")
        .key("Statement")
        .begin_array();
    for (const PolicyStatement& statement : statements) writer.raw(statement.json);
    writer.end_array().end_object();
    return writer.take();
}

}  // namespace

void Functions::add_permission(AddPermissionInput input, Completion<std::string> done) {
    std::string statement = statement_of(input, arn_of(input.function.name));
    FunctionName name = input.function;
    change(
        std::move(name),
        [input = std::move(input), statement](StoredFunction& function) -> Result<> {
            if (auto checked = check_policy_revision(function, input.revision_id);
                !checked.has_value())
                return checked.error();
            for (const PolicyStatement& other : function.policy) {
                if (other.statement_id != input.statement_id) continue;
                return Error(errors::resource_conflict,
                             "The statement id (" + input.statement_id +
                                 ") provided already exists. Please "
                                 "provide a new statement id, or remove the existing statement.");
            }
            function.policy.push_back({input.statement_id, statement});
            const std::size_t bytes = document_of(function.policy).size();
            if (bytes > policy_bytes_max) {
                return Error(errors::policy_length_exceeded,
                             "The final policy size (" + std::to_string(bytes) +
                                 ") is bigger than the limit (20480).");
            }
            function.policy_revision_id = make_uuid();
            return {};
        },
        [statement, done = std::move(done)](Result<> changed) mutable {
            if (!changed.has_value()) return done(changed.error());
            done(std::move(statement));
        });
}

void Functions::remove_permission(FunctionName name, std::string statement_id,
                                  std::string revision_id, Completion<> done) {
    change(
        std::move(name),
        [statement_id = std::move(statement_id),
         revision_id = std::move(revision_id)](StoredFunction& function) -> Result<> {
            if (auto checked = check_policy_revision(function, revision_id); !checked.has_value())
                return checked.error();
            const auto has_id = [&](const PolicyStatement& statement) {
                return statement.statement_id == statement_id;
            };
            if (std::erase_if(function.policy, has_id) == 0) {
                return Error(errors::resource_not_found,
                             "Statement " + statement_id + " is not found in resource policy.");
            }
            function.policy_revision_id = make_uuid();
            return {};
        },
        std::move(done));
}

Result<PolicyOutput> Functions::policy(const FunctionName& name) const {
    SW_TRY(const FunctionPtr function, get(name));
    if (function->stored.policy.empty())
        return Error(errors::resource_not_found, "The resource you requested does not exist.");
    return PolicyOutput{document_of(function->stored.policy), function->stored.policy_revision_id};
}

}  // namespace stepwell::function
