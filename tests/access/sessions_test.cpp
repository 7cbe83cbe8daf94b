#include "access/sessions.hpp"

#include <gtest/gtest.h>

#include <stepwell/testing.hpp>

#include "answer.hpp"
#include "journal/storage.hpp"

namespace stepwell::access {
namespace {

using namespace std::chrono_literals;

class SessionsTest : public testing::Test {
 protected:
    std::unique_ptr<Storage> storage = journal::make_memory_storage();
    Identity identity;
    ManualClock clock;
    std::unique_ptr<Roles> roles = *Roles::open(*storage, identity, clock);
    std::unique_ptr<Sessions> sessions = open();
    const std::string role_arn = "arn:aws:iam::000000000000:role/deploy/worker";
    Role role;

    std::unique_ptr<Sessions> open() { return *Sessions::open(*storage, *roles, identity, clock); }

    void SetUp() override {
        Role wanted{
            .name = "worker",
            .path = "/deploy/",
            .trust_policy =
                R"({"Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}})"};
        role = *answer<Role>(
            [&](auto reply) { roles->create_role(std::move(wanted), std::move(reply)); });
    }
    Result<Session> assume(std::string arn, std::chrono::seconds duration = 1h) {
        return answer<Session>([&](auto reply) {
            sessions->assume_role(
                {.role_arn = std::move(arn), .session_name = "me", .duration = duration},
                std::move(reply));
        });
    }
};

TEST_F(SessionsTest, AnyKeyIsTheAccountsRootUser) {
    const Caller caller = sessions->caller_of("test");
    EXPECT_EQ(caller.account, "000000000000");
    EXPECT_EQ(caller.arn, "arn:aws:iam::000000000000:root");
}

TEST_F(SessionsTest, AnAssumedRoleIsKnownByItsAccessKey) {
    const Session session = *assume(role_arn);
    EXPECT_EQ(session.access_key.size(), 20U);
    EXPECT_EQ(session.secret_key.size(), 40U);
    EXPECT_EQ(session.expires, clock.now() + 1h);
    EXPECT_EQ(session.user_id, role.id + ":me");
    EXPECT_EQ(sessions->caller_of(session.access_key).arn,
              "arn:aws:sts::000000000000:assumed-role/worker/me");

    storage->wait_until_applied(storage->durable());
    sessions = open();
    EXPECT_EQ(sessions->caller_of(session.access_key).user_id, session.user_id);
}

TEST_F(SessionsTest, ASessionEndsWithItsTime) {
    const Session session = *assume(role_arn, 15min);
    clock.advance(15min);
    EXPECT_EQ(sessions->caller_of(session.access_key).arn, "arn:aws:iam::000000000000:root");
    ASSERT_TRUE(assume(role_arn).has_value());  // the next one makes the store forget it
    storage->wait_until_applied(storage->durable());
    EXPECT_FALSE(storage->get(Table::control, "session/" + session.access_key));
}

TEST_F(SessionsTest, OnlyRolesThatExistCanBeAssumed) {
    const auto refused = assume("arn:aws:iam::000000000000:role/worker");
    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error().code(), "AccessDenied");
    EXPECT_EQ(refused.error().message(),
              "User: arn:aws:iam::000000000000:root is not authorized to perform: sts:AssumeRole "
              "on resource: "
              "arn:aws:iam::000000000000:role/worker");
}

TEST_F(SessionsTest, ARoleLimitsHowLong) {
    const auto refused = assume(role_arn, 2h);
    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error().code(), "ValidationError");
}

TEST_F(SessionsTest, ASessionTokenIsOfTheAccountItself) {
    const auto session =
        answer<Session>([&](auto reply) { sessions->get_session_token(12h, std::move(reply)); });
    ASSERT_TRUE(session.has_value());
    EXPECT_EQ(session->arn, "arn:aws:iam::000000000000:root");
    EXPECT_NE(session->access_key, assume(role_arn)->access_key);
}

}  // namespace
}  // namespace stepwell::access
