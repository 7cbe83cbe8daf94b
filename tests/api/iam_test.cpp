#include "api/iam.hpp"

#include <gtest/gtest.h>

#include <future>
#include <stepwell/testing.hpp>

#include "api/sts.hpp"
#include "journal/storage.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace stepwell::api {
namespace {

const std::string trust =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow",)"
    R"("Principal":{"Service":"states.amazonaws.com"},"Action":"sts:AssumeRole"}]})";
const std::string policy =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"}]})";

std::string json_text_of(std::string_view text) {
    std::string out;
    json::append_string(out, text);
    return out;
}

class IamTest : public testing::Test {
 protected:
    std::unique_ptr<Storage> storage = journal::make_memory_storage();
    Identity identity;
    ManualClock clock;
    std::unique_ptr<access::Roles> roles = *access::Roles::open(*storage, identity, clock);
    std::unique_ptr<access::Sessions> sessions =
        *access::Sessions::open(*storage, *roles, identity, clock);
    OperationTable table;

    void SetUp() override {
        register_iam(table, *roles);
        register_sts(table, *sessions);
    }

    /// The answer's body, or "code: message" of the error.
    std::string call(std::string_view operation, std::string body, std::string access_key = "test",
                     std::string_view service = "iam") {
        const Operation* found = table.find(service, operation);
        if (found == nullptr) return "no such operation";
        std::promise<std::string> answer;
        Call one{.body = std::move(body), .context = {}};
        one.context.access_key = std::move(access_key);
        (*found)(std::move(one), [&answer](Result<Reply> reply) {
            answer.set_value(reply.has_value() ? reply->body
                                               : std::string(reply.error().code()) + ": " +
                                                     reply.error().message());
        });
        return answer.get_future().get();
    }

    std::string create_role(std::string_view name) {
        return call("CreateRole", R"({"RoleName":)" + json_text_of(name) +
                                      R"(,"AssumeRolePolicyDocument":)" + json_text_of(trust) +
                                      "}");
    }

    /// The text of a member two levels down.
    static std::string member(const std::string& body, std::string_view outer,
                              std::string_view inner) {
        const auto document = json::Document::parse(body);
        if (document.has_error()) return body;
        const auto found = document->root().find(outer);
        const auto value = found ? found->find(inner) : std::nullopt;
        if (!value) return body;
        return std::string(value->is_string() ? value->string() : value->raw());
    }
};

TEST_F(IamTest, CreateRoleTellsWhatGetRoleTells) {
    const std::string created = call(
        "CreateRole",
        R"({"RoleName":"worker","Path":"/service/","Description":"Does it","MaxSessionDuration":7200,)"
        R"("Tags":[{"Key":"team","Value":"blue"}],"AssumeRolePolicyDocument":)" +
            json_text_of(trust) + "}");
    EXPECT_EQ(member(created, "Role", "Arn"), "arn:aws:iam::000000000000:role/service/worker");
    EXPECT_EQ(member(created, "Role", "CreateDate"), "1700000000");
    EXPECT_EQ(member(created, "Role", "MaxSessionDuration"), "7200");
    EXPECT_EQ(member(created, "Role", "Tags"), R"([{"Key":"team","Value":"blue"}])");
    EXPECT_EQ(call("GetRole", R"({"RoleName":"worker"})"), created);
}

TEST_F(IamTest, PolicyDocumentsTravelUrlEncoded) {
    create_role("worker");
    ASSERT_EQ(
        call("PutRolePolicy", R"({"RoleName":"worker","PolicyName":"send","PolicyDocument":)" +
                                  json_text_of(policy) + "}"),
        "");
    EXPECT_EQ(
        call("GetRolePolicy", R"({"RoleName":"worker","PolicyName":"send"})"),
        R"({"RoleName":"worker","PolicyName":"send","PolicyDocument":)"
        R"("%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C)"
        R"(%22Action%22%3A%22sqs%3ASendMessage%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D"})");
    EXPECT_EQ(call("ListRolePolicies", R"({"RoleName":"worker"})"),
              R"({"PolicyNames":["send"],"IsTruncated":false})");
}

TEST_F(IamTest, MissingFieldsAreToldAllAtOnce) {
    EXPECT_EQ(
        call("PutRolePolicy", ""),
        "ValidationError: 3 validation errors detected: "
        "Value null at 'roleName' failed to satisfy constraint: Member must not be null; "
        "Value null at 'policyName' failed to satisfy constraint: Member must not be null; "
        "Value null at 'policyDocument' failed to satisfy constraint: Member must not be null");
}

TEST_F(IamTest, FieldsAgainstTheModelAreRefused) {
    EXPECT_EQ(call("GetRole", R"({"RoleName":"a b"})"),
              "ValidationError: The specified value for roleName is invalid. It must contain only "
              "alphanumeric "
              "characters and/or the following: +=,.@_-");
    const std::string long_name(65, 'x');
    EXPECT_EQ(call("GetRole", R"({"RoleName":)" + json_text_of(long_name) + "}"),
              "ValidationError: 1 validation error detected: Value '" + long_name +
                  "' at 'roleName' failed to satisfy constraint: Member must have length less than "
                  "or equal to 64");
    EXPECT_EQ(call("UpdateRole", R"({"RoleName":"a","MaxSessionDuration":60})"),
              "ValidationError: 1 validation error detected: Value '60' at 'maxSessionDuration' "
              "failed to satisfy "
              "constraint: Member must have value greater than or equal to 3600");
    EXPECT_EQ(call("ListRoles", R"({"Marker":"***"})"), "ValidationError: Invalid Marker.");
    EXPECT_EQ(call("ListPolicies", R"({"Scope":"Moon"})"),
              "ValidationError: 1 validation error detected: Value 'Moon' at 'scope' failed to "
              "satisfy constraint: "
              "Member must satisfy regular expression pattern: All|AWS|Local");
    EXPECT_EQ(call("GetRole", "[]"),
              "SerializationException: The request is not the input of this operation.");
}

TEST_F(IamTest, ListsComeInPagesByMarker) {
    for (const char* name : {"a", "b", "c"}) create_role(name);
    const std::string first = call("ListRoles", R"({"MaxItems":2})");
    const auto document = json::Document::parse(first);
    ASSERT_TRUE(document->root().find("IsTruncated")->boolean());
    EXPECT_EQ(document->root().find("Roles")->size(), 2U);
    const std::string marker(document->root().find("Marker")->string());
    const std::string second =
        call("ListRoles", R"({"MaxItems":2,"Marker":)" + json_text_of(marker) + "}");
    EXPECT_NE(second.find(R"("RoleName":"c")"), std::string::npos);
    EXPECT_NE(second.find(R"("IsTruncated":false)"), std::string::npos);
}

TEST_F(IamTest, ManagedPoliciesAreAttachedAndListed) {
    create_role("worker");
    const std::string created =
        call("CreatePolicy", R"({"PolicyName":"mine","Path":"/team/","PolicyDocument":)" +
                                 json_text_of(policy) + "}");
    EXPECT_EQ(member(created, "Policy", "Arn"), "arn:aws:iam::000000000000:policy/team/mine");
    EXPECT_EQ(member(created, "Policy", "DefaultVersionId"), "v1");
    for (const char* arn : {"arn:aws:iam::000000000000:policy/team/mine",
                            "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}) {
        EXPECT_EQ(call("AttachRolePolicy",
                       R"({"RoleName":"worker","PolicyArn":)" + json_text_of(arn) + "}"),
                  "");
    }
    EXPECT_EQ(
        call("ListAttachedRolePolicies", R"({"RoleName":"worker"})"),
        R"({"AttachedPolicies":[{"PolicyName":"mine","PolicyArn":"arn:aws:iam::000000000000:policy/team/mine"},)"
        R"({"PolicyName":"AWSLambdaBasicExecutionRole",)"
        R"("PolicyArn":"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}],"IsTruncated":false})");
    EXPECT_EQ(
        call("ListAttachedRolePolicies", R"({"RoleName":"worker","PathPrefix":"/team/"})"),
        R"({"AttachedPolicies":[{"PolicyName":"mine","PolicyArn":"arn:aws:iam::000000000000:policy/team/mine"}],)"
        R"("IsTruncated":false})");
    const std::string version =
        call("GetPolicyVersion",
             R"({"PolicyArn":"arn:aws:iam::000000000000:policy/team/mine","VersionId":"v1"})");
    EXPECT_EQ(member(version, "PolicyVersion", "IsDefaultVersion"), "true");
    EXPECT_EQ(
        call("GetPolicyVersion",
             R"({"PolicyArn":"arn:aws:iam::000000000000:policy/team/mine","VersionId":"v2"})"),
        "NoSuchEntity: Policy arn:aws:iam::000000000000:policy/team/mine version v2 does not exist "
        "or is not "
        "attachable.");
}

TEST_F(IamTest, AnswersOfOtherOperations) {
    create_role("worker");
    EXPECT_EQ(call("ListInstanceProfilesForRole", R"({"RoleName":"worker"})"),
              R"({"InstanceProfiles":[],"IsTruncated":false})");
    EXPECT_EQ(call("ListInstanceProfilesForRole", R"({"RoleName":"none"})"),
              "NoSuchEntity: The role with name none cannot be found.");
    EXPECT_EQ(
        call("TagRole",
             R"({"RoleName":"worker","Tags":[{"Key":"a","Value":""},{"Key":"b","Value":"2"}]})"),
        "");
    EXPECT_EQ(call("UntagRole", R"({"RoleName":"worker","TagKeys":["a"]})"), "");
    EXPECT_EQ(call("ListRoleTags", R"({"RoleName":"worker"})"),
              R"({"Tags":[{"Key":"b","Value":"2"}],"IsTruncated":false})");
    EXPECT_EQ(call("UpdateRole", R"({"RoleName":"worker","Description":"new"})"), "{}");
    EXPECT_EQ(member(call("GetRole", R"({"RoleName":"worker"})"), "Role", "Description"), "new");
    EXPECT_EQ(call("UpdateAssumeRolePolicy", R"({"RoleName":"worker","PolicyDocument":"{"})"),
              "MalformedPolicyDocument: This policy contains invalid Json");
    EXPECT_EQ(call("DeleteRole", R"({"RoleName":"worker"})"), "");
    EXPECT_EQ(call("DeleteRole", R"({"RoleName":"worker"})"),
              "NoSuchEntity: The role with name worker cannot be found.");
}

TEST_F(IamTest, StsKnowsWhoCalls) {
    create_role("worker");
    EXPECT_EQ(
        call("GetCallerIdentity", "", "test", "sts"),
        R"({"UserId":"000000000000","Account":"000000000000","Arn":"arn:aws:iam::000000000000:root"})");
    const std::string assumed =
        call("AssumeRole",
             R"({"RoleArn":"arn:aws:iam::000000000000:role/worker","RoleSessionName":"me"})",
             "test", "sts");
    EXPECT_EQ(member(assumed, "Credentials", "Expiration"), "1700003600");
    const std::string key = member(assumed, "Credentials", "AccessKeyId");
    EXPECT_EQ(member(assumed, "AssumedRoleUser", "Arn"),
              "arn:aws:sts::000000000000:assumed-role/worker/me");
    EXPECT_NE(call("GetCallerIdentity", "", key, "sts")
                  .find(R"("Arn":"arn:aws:sts::000000000000:assumed-role/worker/me")"),
              std::string::npos);
    EXPECT_EQ(member(call("GetSessionToken", "", "test", "sts"), "Credentials", "Expiration"),
              "1700043200");
    EXPECT_EQ(call("AssumeRole",
                   R"({"RoleArn":"arn:aws:iam::000000000000:role/worker","RoleSessionName":"m"})",
                   "test", "sts"),
              "ValidationError: 1 validation error detected: Value 'm' at 'roleSessionName' failed "
              "to satisfy "
              "constraint: Member must have length greater than or equal to 2");
}

}  // namespace
}  // namespace stepwell::api
