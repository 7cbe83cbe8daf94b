#include "access/policy_document.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>
#include <vector>

#include "access/errors.hpp"
#include "base/try.hpp"
#include "json/value.hpp"

namespace stepwell::access {

namespace {

using json::Value;

Error malformed(std::string reason) {
    return {errors::malformed_policy_document, std::move(reason)};
}
Error syntax_error() { return malformed("Syntax errors in policy."); }

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> allowed) {
    return std::find(allowed.begin(), allowed.end(), text) != allowed.end();
}

/// The strings of an element that is a string or a list of strings; nothing for anything else.
std::optional<std::vector<std::string_view>> strings_of(Value value) {
    std::vector<std::string_view> all;
    if (value.is_string()) {
        all.push_back(value.string());
        return all;
    }
    if (!value.is_array()) return std::nullopt;
    for (const json::Node& element : value.elements()) {
        if (!Value(&element).is_string()) return std::nullopt;
        all.push_back(Value(&element).string());
    }
    return all;
}

/// A document's statements: one object, or a list of them.
Result<std::vector<Value>> statements_of(Value root) {
    if (!root.is_object()) return syntax_error();
    for (const json::Member& member : root.members()) {
        if (!is_one_of(member.key, {"Version", "Id", "Statement"})) return syntax_error();
    }
    if (const auto version = root.find("Version")) {
        if (!version->is_string() || !is_one_of(version->string(), {"2008-10-17", "2012-10-17"})) {
            return syntax_error();
        }
    }
    const auto statement = root.find("Statement");
    if (!statement) return syntax_error();
    if (statement->is_object()) return std::vector<Value>{*statement};
    if (!statement->is_array() || statement->size() == 0) return syntax_error();
    std::vector<Value> all;
    for (const json::Node& element : statement->elements()) {
        if (!Value(&element).is_object()) return syntax_error();
        all.emplace_back(&element);
    }
    return all;
}

/// What holds for the statements of every kind of policy.
Result<> check_statement_syntax(Value statement) {
    for (const json::Member& member : statement.members()) {
        if (!is_one_of(member.key, {"Sid", "Effect", "Principal", "NotPrincipal", "Action",
                                    "NotAction", "Resource", "NotResource", "Condition"})) {
            return syntax_error();
        }
    }
    const auto effect = statement.find("Effect");
    if (!effect || !effect->is_string() || !is_one_of(effect->string(), {"Allow", "Deny"}))
        return syntax_error();
    for (const std::string_view key : {"Action", "NotAction", "Resource", "NotResource"}) {
        const auto element = statement.find(key);
        if (element && !strings_of(*element)) return syntax_error();
    }
    for (const auto& [one, other] :
         {std::pair{"Action", "NotAction"}, {"Resource", "NotResource"}}) {
        if (statement.find(one) && statement.find(other)) return syntax_error();
    }
    if (const auto condition = statement.find("Condition"); condition && !condition->is_object()) {
        return syntax_error();
    }
    if (const auto sid = statement.find("Sid"); sid && !sid->is_string()) return syntax_error();
    return {};
}

Result<> check_sids_are_unique(const std::vector<Value>& statements) {
    std::vector<std::string_view> sids;
    for (const Value statement : statements) {
        if (const auto sid = statement.find("Sid"); sid && !sid->string().empty())
            sids.push_back(sid->string());
    }
    std::sort(sids.begin(), sids.end());
    if (std::adjacent_find(sids.begin(), sids.end()) == sids.end()) return {};
    return malformed("Statement IDs (SID) in a single policy must be unique.");
}

/// "service:Action", or "*".
Result<> check_action(std::string_view action) {
    if (action == "*") return {};
    const std::size_t colon = action.find(':');
    if (colon == std::string_view::npos || colon == 0) {
        return malformed(
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
    }
    const std::string_view vendor = action.substr(0, colon);
    const bool is_name = std::all_of(vendor.begin(), vendor.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
    if (!is_name) return malformed("Vendor " + std::string(vendor) + " is not valid");
    return {};
}

Result<> check_resource(std::string_view resource) {
    const bool is_arn =
        resource.starts_with("arn:") && std::count(resource.begin(), resource.end(), ':') >= 5;
    // AWS takes a bare "*" and patterns that may match an ARN, such as "arn:*".
    if (is_arn || resource == "*" || resource == "arn:*") return {};
    return malformed("Resource " + std::string(resource) + " must be in ARN format or \"*\".");
}

/// Checks each string of the first element that is there.
Result<> check_each(Value statement, std::initializer_list<std::string_view> keys,
                    const char* when_absent, Result<> (*check)(std::string_view)) {
    for (const std::string_view key : keys) {
        const auto element = statement.find(key);
        if (!element) continue;
        const auto strings = strings_of(*element);
        if (strings->empty()) return malformed(when_absent);
        for (const std::string_view text : *strings) {
            if (const Result<> checked = check(text); checked.has_error()) return checked.error();
        }
        return {};
    }
    return malformed(when_absent);
}

Result<> check_identity_statement(Value statement) {
    if (statement.find("Principal") || statement.find("NotPrincipal")) {
        return malformed("Policy document should not specify a principal.");
    }
    if (const Result<> actions = check_each(statement, {"Action", "NotAction"},
                                            "Policy statement must contain actions.", check_action);
        actions.has_error()) {
        return actions.error();
    }
    return check_each(statement, {"Resource", "NotResource"},
                      "Policy statement must contain resources.", check_resource);
}

Result<> check_principal(Value principal) {
    if (principal.is_string() && principal.string() == "*") return {};
    if (!principal.is_object() || principal.size() == 0)
        return malformed("Invalid principal in policy.");
    for (const json::Member& member : principal.members()) {
        const Value value(&member.value);
        const bool is_known =
            is_one_of(member.key, {"AWS", "Service", "Federated", "CanonicalUser"});
        if (!is_known || !strings_of(value)) {
            return malformed("Invalid principal in policy: \"" + std::string(member.key) + "\"");
        }
    }
    return {};
}

Result<> check_trust_action(std::string_view action) {
    if (is_one_of(action, {"sts:AssumeRole", "sts:AssumeRoleWithSAML",
                           "sts:AssumeRoleWithWebIdentity", "sts:TagSession",
                           "sts:SetSourceIdentity", "sts:SetContext", "sts:AssumeRoot", "sts:*"})) {
        return {};
    }
    return malformed("AssumeRole policy may only specify STS AssumeRole actions.");
}

Result<> check_trust_statement(Value statement) {
    for (const std::string_view prohibited : {"Resource", "NotResource"}) {
        if (statement.find(prohibited))
            return malformed("Has prohibited field " + std::string(prohibited));
    }
    auto principal = statement.find("Principal");
    if (!principal) principal = statement.find("NotPrincipal");
    if (!principal) return malformed("Missing required field Principal");
    if (const Result<> checked = check_principal(*principal); checked.has_error())
        return checked.error();
    return check_each(statement, {"Action", "NotAction"}, "Missing required field Action",
                      check_trust_action);
}

Result<> check_statements(Value root, Result<> (*check)(Value)) {
    SW_TRY(const std::vector<Value> statements, statements_of(root));
    for (const Value statement : statements) {
        if (const Result<> checked = check_statement_syntax(statement); checked.has_error())
            return checked.error();
    }
    if (const Result<> checked = check_sids_are_unique(statements); checked.has_error())
        return checked.error();
    for (const Value statement : statements) {
        if (const Result<> checked = check(statement); checked.has_error()) return checked.error();
    }
    return {};
}

}  // namespace

Result<> check_identity_policy(std::string_view document) {
    const auto parsed = json::Document::parse(document);
    if (parsed.has_error()) return malformed("This policy contains invalid Json");
    const Value root = parsed->root();
    if (const auto version = root.find("Version");
        !version || (version->is_string() && version->string() == "2008-10-17")) {
        if (const auto statements = statements_of(root); statements.has_error())
            return statements.error();
        return malformed("Policy document must be version 2012-10-17 or greater.");
    }
    return check_statements(root, check_identity_statement);
}

Result<> check_trust_policy(std::string_view document) {
    const auto parsed = json::Document::parse(document);
    if (parsed.has_error()) return malformed("This policy contains invalid Json");
    return check_statements(parsed->root(), check_trust_statement);
}

std::size_t policy_length(std::string_view document) noexcept {
    std::size_t length = 0;
    bool is_in_string = false;
    for (std::size_t i = 0; i < document.size(); ++i) {
        const char c = document[i];
        if (!is_in_string && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) continue;
        ++length;
        if (c == '"') is_in_string = !is_in_string;
        if (is_in_string && c == '\\' && i + 1 < document.size()) {
            ++length;
            ++i;
        }
    }
    return length;
}

}  // namespace stepwell::access
