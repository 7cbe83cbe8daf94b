#include "access/policy_document.hpp"

#include <gtest/gtest.h>

#include <string>

namespace stepwell::access {
namespace {

std::string reason(const Result<>& checked) {
    if (checked.has_value()) return "";
    EXPECT_EQ(checked.error().code(), "MalformedPolicyDocument");
    return checked.error().message();
}

std::string identity(std::string_view statement) {
    return reason(check_identity_policy(R"({"Version":"2012-10-17","Statement":)" +
                                        std::string(statement) + "}"));
}

std::string trust_answer(std::string_view statement) {
    return reason(check_trust_policy(R"({"Version":"2012-10-17","Statement":)" +
                                     std::string(statement) + "}"));
}

TEST(IdentityPolicy, TakesWhatTheSampleNeeds) {
    EXPECT_EQ(
        identity(
            R"([{"Effect":"Allow","Action":["sqs:SendMessage"],"Resource":["arn:aws:sqs:us-east-1:000000000000:q"]},
                           {"Effect":"Allow","Action":"sns:Publish","Resource":"*"}])"),
        "");
    EXPECT_EQ(
        identity(
            R"({"Sid":"A","Effect":"Deny","NotAction":"*","NotResource":"arn:aws:s3:::bucket/*",
                           "Condition":{"Bool":{"aws:SecureTransport":"false"}}})"),
        "");
}

TEST(IdentityPolicy, TextThatIsNoJson) {
    EXPECT_EQ(reason(check_identity_policy("{")), "This policy contains invalid Json");
    EXPECT_EQ(reason(check_identity_policy("")), "This policy contains invalid Json");
}

TEST(IdentityPolicy, JsonThatIsNoPolicy) {
    const std::string syntax = "Syntax errors in policy.";
    EXPECT_EQ(reason(check_identity_policy("[]")), syntax);
    EXPECT_EQ(reason(check_identity_policy(R"({"Version":"2012-10-17"})")), syntax);
    EXPECT_EQ(reason(check_identity_policy(R"({"Version":"2012-10-17","Statement":[],"Extra":1})")),
              syntax);
    EXPECT_EQ(reason(check_identity_policy(R"({"Version":"2015-01-01","Statement":{}})")), syntax);
    EXPECT_EQ(identity("[]"), syntax);
    EXPECT_EQ(identity("7"), syntax);
    EXPECT_EQ(identity("[7]"), syntax);
    EXPECT_EQ(identity(R"({"Action":"s3:Get","Resource":"*"})"), syntax);
    EXPECT_EQ(identity(R"({"Effect":"Perhaps","Action":"s3:Get","Resource":"*"})"), syntax);
    EXPECT_EQ(
        identity(R"({"Effect":"Allow","Action":"s3:Get","NotAction":"s3:Put","Resource":"*"})"),
        syntax);
    EXPECT_EQ(identity(R"({"Effect":"Allow","Action":[1],"Resource":"*"})"), syntax);
    EXPECT_EQ(identity(R"({"Effect":"Allow","Action":"s3:Get","Resource":"*","Condition":"x"})"),
              syntax);
    EXPECT_EQ(identity(R"({"Effect":"Allow","Action":"s3:Get","Resource":"*","Colour":"blue"})"),
              syntax);
}

TEST(IdentityPolicy, OldOrMissingVersion) {
    const std::string statement =
        R"("Statement":{"Effect":"Allow","Action":"s3:Get","Resource":"*"}})";
    const std::string old = "Policy document must be version 2012-10-17 or greater.";
    EXPECT_EQ(reason(check_identity_policy("{" + statement)), old);
    EXPECT_EQ(reason(check_identity_policy(R"({"Version":"2008-10-17",)" + statement)), old);
}

TEST(IdentityPolicy, StatementsThatSayTooLittleOrTheWrongThing) {
    EXPECT_EQ(identity(R"({"Effect":"Allow","Action":"s3:Get","Resource":"*","Principal":"*"})"),
              "Policy document should not specify a principal.");
    EXPECT_EQ(identity(R"({"Effect":"Allow","Resource":"*"})"),
              "Policy statement must contain actions.");
    EXPECT_EQ(identity(R"({"Effect":"Allow","Action":[],"Resource":"*"})"),
              "Policy statement must contain actions.");
    EXPECT_EQ(identity(R"({"Effect":"Allow","Action":"s3:Get"})"),
              "Policy statement must contain resources.");
    EXPECT_EQ(identity(R"({"Effect":"Allow","Action":"Get","Resource":"*"})"),
              "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
    EXPECT_EQ(identity(R"({"Effect":"Allow","Action":"a b:Get","Resource":"*"})"),
              "Vendor a b is not valid");
    EXPECT_EQ(identity(R"({"Effect":"Allow","Action":"s3:Get","Resource":"bucket"})"),
              "Resource bucket must be in ARN format or \"*\".");
    EXPECT_EQ(identity(R"([{"Sid":"A","Effect":"Allow","Action":"s3:Get","Resource":"*"},
                           {"Sid":"A","Effect":"Allow","Action":"s3:Put","Resource":"*"}])"),
              "Statement IDs (SID) in a single policy must be unique.");
}

TEST(TrustPolicy, NamesWhoMayAssumeTheRole) {
    EXPECT_EQ(
        trust_answer(
            R"({"Effect":"Allow","Principal":{"Service":"states.amazonaws.com"},"Action":"sts:AssumeRole"})"),
        "");
    EXPECT_EQ(
        trust_answer(R"([{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::000000000000:root"]},
                         "Action":["sts:AssumeRole","sts:TagSession"]}])"),
        "");
    EXPECT_EQ(reason(check_trust_policy(
                  R"({"Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}})")),
              "");
}

TEST(TrustPolicy, RefusesWhatIsNone) {
    EXPECT_EQ(reason(check_trust_policy("not json")), "This policy contains invalid Json");
    EXPECT_EQ(trust_answer(R"({"Effect":"Allow","Action":"sts:AssumeRole"})"),
              "Missing required field Principal");
    EXPECT_EQ(trust_answer(R"({"Effect":"Allow","Principal":{"Service":"a"}})"),
              "Missing required field Action");
    EXPECT_EQ(
        trust_answer(
            R"({"Effect":"Allow","Principal":{"Service":"a"},"Action":"sts:AssumeRole","Resource":"*"})"),
        "Has prohibited field Resource");
    EXPECT_EQ(trust_answer(R"({"Effect":"Allow","Principal":{"Service":"a"},"Action":"s3:Get"})"),
              "AssumeRole policy may only specify STS AssumeRole actions.");
    EXPECT_EQ(
        trust_answer(R"({"Effect":"Allow","Principal":{"Planet":"a"},"Action":"sts:AssumeRole"})"),
        "Invalid principal in policy: \"Planet\"");
    EXPECT_EQ(trust_answer(R"({"Effect":"Allow","Principal":"me","Action":"sts:AssumeRole"})"),
              "Invalid principal in policy.");
}

TEST(PolicyLength, LeavesOutWhiteSpaceExceptInStrings) {
    EXPECT_EQ(policy_length("{ \"a\" :\n\t\"b c\" }"), std::string_view(R"({"a":"b c"})").size());
    EXPECT_EQ(policy_length(R"( "a\" b" )"), std::string_view(R"("a\" b")").size());
    EXPECT_EQ(policy_length(R"("\)"), 2U);
}

}  // namespace
}  // namespace stepwell::access
