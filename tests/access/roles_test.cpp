#include "access/roles.hpp"

#include <gtest/gtest.h>

#include <stepwell/testing.hpp>

#include "access/limits.hpp"
#include "answer.hpp"
#include "journal/storage.hpp"

namespace stepwell::access {
namespace {

const std::string trust =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow",)"
    R"("Principal":{"Service":"states.amazonaws.com"},"Action":"sts:AssumeRole"}]})";
const std::string policy =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]})";

constexpr std::string_view aws_policies = "arn:aws:iam::aws:policy/P";

class RolesTest : public testing::Test {
 protected:
    std::unique_ptr<Storage> storage = journal::make_memory_storage();
    Identity identity;
    ManualClock clock;
    std::unique_ptr<Roles> roles = open();

    std::unique_ptr<Roles> open() { return *Roles::open(*storage, identity, clock); }

    Result<Role> create(std::string name, std::string path = "/") {
        Role role{.name = std::move(name), .path = std::move(path), .trust_policy = trust};
        return answer<Role>(
            [&](auto reply) { roles->create_role(std::move(role), std::move(reply)); });
    }
    Result<Role> get(std::string name) {
        return answer<Role>(
            [&](auto reply) { roles->get_role(std::move(name), std::move(reply)); });
    }
    Result<> remove(std::string name) {
        return answer<>([&](auto reply) { roles->delete_role(std::move(name), std::move(reply)); });
    }
    Result<> put(std::string role, std::string name, std::string document) {
        return answer<>([&](auto reply) {
            roles->put_role_policy(std::move(role), std::move(name), std::move(document),
                                   std::move(reply));
        });
    }
    Result<> attach(std::string role, std::string arn) {
        return answer<>([&](auto reply) {
            roles->attach_role_policy(std::move(role), std::move(arn), std::move(reply));
        });
    }
    Result<> detach(std::string role, std::string arn) {
        return answer<>([&](auto reply) {
            roles->detach_role_policy(std::move(role), std::move(arn), std::move(reply));
        });
    }
    Result<ManagedPolicyView> create_policy(std::string name, std::string document = policy) {
        ManagedPolicy one{.name = std::move(name), .document = std::move(document)};
        return answer<ManagedPolicyView>(
            [&](auto reply) { roles->create_policy(std::move(one), std::move(reply)); });
    }
    Result<> delete_policy(std::string arn) {
        return answer<>(
            [&](auto reply) { roles->delete_policy(std::move(arn), std::move(reply)); });
    }
    Listing<Role> list(std::string prefix, Page page) {
        return *answer<Listing<Role>>(
            [&](auto reply) { roles->list_roles(prefix, page, std::move(reply)); });
    }
};

template <class T>
std::string failure(const Result<T>& result) {
    return result.has_value()
               ? ""
               : std::string(result.error().code()) + ": " + result.error().message();
}

TEST_F(RolesTest, ARoleIsReadBackAsItWasCreated) {
    ASSERT_EQ(failure(create("worker", "/service/")), "");
    const Role role = *get("worker");
    EXPECT_EQ(role.name, "worker");
    EXPECT_EQ(role.path, "/service/");
    EXPECT_EQ(role.trust_policy, trust);
    EXPECT_EQ(role.created, clock.now());
    EXPECT_EQ(role.id.size(), 21U);
    EXPECT_TRUE(role.id.starts_with("AROA"));
    EXPECT_EQ(roles->arn_of(role), "arn:aws:iam::000000000000:role/service/worker");
}

TEST_F(RolesTest, ARoleIsStillThereAfterReopening) {
    ASSERT_EQ(failure(create("worker")), "");
    ASSERT_EQ(failure(put("worker", "inline", policy)), "");
    ASSERT_EQ(failure(attach("worker", "arn:aws:iam::aws:policy/AWSLambdaExecute")), "");
    ASSERT_EQ(failure(answer<>([&](auto reply) {
                  roles->tag_role("worker", {{"team", "blue"}}, std::move(reply));
              })),
              "");
    const Role before = *get("worker");
    storage->wait_until_applied(storage->durable());

    roles = open();
    const Role after = *get("worker");
    EXPECT_EQ(encode(after), encode(before));
    EXPECT_EQ(after.inline_policies.at("inline"), policy);
    EXPECT_EQ(after.tags.at(0).value, "blue");
}

TEST_F(RolesTest, NamesAreUniqueWithoutRegardToCaseButFoundWithIt) {
    ASSERT_EQ(failure(create("Worker")), "");
    EXPECT_EQ(failure(create("worker")),
              "EntityAlreadyExists: Role with name worker already exists.");
    EXPECT_EQ(failure(get("worker")), "NoSuchEntity: The role with name worker cannot be found.");
}

TEST_F(RolesTest, ANewRoleOfAnOldNameHasAnotherId) {
    const std::string first = create("worker")->id;
    ASSERT_EQ(failure(remove("worker")), "");
    EXPECT_EQ(failure(get("worker")), "NoSuchEntity: The role with name worker cannot be found.");
    EXPECT_NE(create("worker")->id, first);
}

TEST_F(RolesTest, ATrustPolicyMustBeOneAndShort) {
    EXPECT_EQ(failure(answer<Role>([&](auto reply) {
                  roles->create_role({.name = "a", .trust_policy = "{}"}, std::move(reply));
              })),
              "MalformedPolicyDocument: Syntax errors in policy.");
    const std::string filler(trust_policy_length_max, 'x');
    const std::string too_long = R"({"Id":")" + filler + R"(",)" + trust.substr(1);
    EXPECT_EQ(failure(answer<Role>([&](auto reply) {
                  roles->create_role({.name = "a", .trust_policy = too_long}, std::move(reply));
              })),
              "LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048");
    ASSERT_EQ(failure(create("a")), "");
    EXPECT_EQ(failure(answer<>([&](auto reply) {
                  roles->update_trust_policy("a", too_long, std::move(reply));
              })),
              "LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048");
    EXPECT_EQ(get("a")->trust_policy, trust);
}

TEST_F(RolesTest, ARoleWithPoliciesCannotBeDeleted) {
    const std::string managed = "arn:aws:iam::aws:policy/AWSLambdaExecute";
    ASSERT_EQ(failure(create("worker")), "");
    ASSERT_EQ(failure(put("worker", "inline", policy)), "");
    ASSERT_EQ(failure(attach("worker", managed)), "");
    EXPECT_EQ(failure(remove("worker")),
              "DeleteConflict: Cannot delete entity, must detach all policies first.");
    ASSERT_EQ(failure(detach("worker", managed)), "");
    EXPECT_EQ(failure(remove("worker")),
              "DeleteConflict: Cannot delete entity, must delete policies first.");
    ASSERT_EQ(failure(answer<>([&](auto reply) {
                  roles->delete_role_policy("worker", "inline", std::move(reply));
              })),
              "");
    EXPECT_EQ(failure(remove("worker")), "");
}

TEST_F(RolesTest, InlinePoliciesShareOneQuota) {
    ASSERT_EQ(failure(create("worker")), "");
    const std::string half = R"({"Id":")" + std::string(5500, 'x') + R"(",)" + policy.substr(1);
    ASSERT_EQ(failure(put("worker", "one", half)), "");
    EXPECT_EQ(failure(put("worker", "two", half)),
              "LimitExceeded: Maximum policy size of 10240 bytes exceeded for role worker");
    EXPECT_EQ(failure(put("worker", "one", half)), "");  // replaces itself
    EXPECT_EQ(get("worker")->inline_policies.size(), 1U);
}

TEST_F(RolesTest, OnlyPoliciesThatExistAreAttached) {
    ASSERT_EQ(failure(create("worker")), "");
    EXPECT_EQ(failure(attach("worker", "arn:aws:iam::000000000000:policy/none")),
              "NoSuchEntity: Policy arn:aws:iam::000000000000:policy/none does not exist or is not "
              "attachable.");
    const ManagedPolicyView created = *create_policy("mine");
    EXPECT_EQ(created.arn, "arn:aws:iam::000000000000:policy/mine");
    EXPECT_EQ(failure(attach("worker", created.arn)), "");
    EXPECT_EQ(failure(attach("worker", created.arn)), "");  // once more changes nothing
    EXPECT_EQ(get("worker")->attached_policies.size(), 1U);
    EXPECT_EQ(answer<ManagedPolicyView>([&](auto reply) {
                  roles->get_policy(created.arn, std::move(reply));
              })->attachments,
              1U);
    EXPECT_EQ(failure(delete_policy(created.arn)),
              "DeleteConflict: Cannot delete a policy attached to entities.");
    ASSERT_EQ(failure(detach("worker", created.arn)), "");
    EXPECT_EQ(failure(detach("worker", created.arn)),
              "NoSuchEntity: Policy " + created.arn + " was not found.");
    EXPECT_EQ(failure(delete_policy(created.arn)), "");
    EXPECT_EQ(failure(delete_policy(created.arn)),
              "NoSuchEntity: Policy " + created.arn + " was not found.");
}

TEST_F(RolesTest, TenPoliciesCanBeAttached) {
    ASSERT_EQ(failure(create("worker")), "");
    for (int i = 0; i < 10; ++i) {
        ASSERT_EQ(failure(attach("worker", std::string(aws_policies).append(std::to_string(i)))),
                  "");
    }
    EXPECT_EQ(failure(attach("worker", std::string(aws_policies).append("10"))),
              "LimitExceeded: Cannot exceed quota for PoliciesPerRole: 10");
}

TEST_F(RolesTest, AManagedPolicyIsStillThereAfterReopening) {
    const ManagedPolicyView before = *create_policy("mine");
    EXPECT_EQ(failure(create_policy("MINE")),
              "EntityAlreadyExists: A policy called MINE already exists. Duplicate names are not "
              "allowed.");
    storage->wait_until_applied(storage->durable());
    roles = open();
    const auto after = answer<ManagedPolicyView>(
        [&](auto reply) { roles->get_policy(before.arn, std::move(reply)); });
    EXPECT_EQ(encode(after->policy), encode(before.policy));
}

TEST_F(RolesTest, ListsArePagedByMarker) {
    for (const char* name : {"e", "b", "D", "a", "c"})
        ASSERT_EQ(failure(create(name, name[0] == 'D' ? "/d/" : "/")), "");
    std::string seen;
    Page page{.count = 2};
    for (int pages = 0; pages < 5; ++pages) {
        const Listing<Role> listing = list("/", page);
        for (const Role& role : listing.items) seen += role.name;
        seen += "|";
        if (listing.marker.empty()) break;
        page.after = listing.marker;
    }
    EXPECT_EQ(seen, "ab|cD|e|");
    EXPECT_EQ(list("/d/", {}).items.size(), 1U);
    EXPECT_EQ(list("/", {.after = "zzz"}).items.size(), 0U);
}

TEST_F(RolesTest, TagsReplaceEachOtherByKey) {
    ASSERT_EQ(failure(create("worker")), "");
    const auto tag = [&](std::vector<Tag> tags) {
        return failure(answer<>(
            [&](auto reply) { roles->tag_role("worker", std::move(tags), std::move(reply)); }));
    };
    EXPECT_EQ(tag({{"a", "1"}, {"b", "2"}}), "");
    EXPECT_EQ(tag({{"a", "3"}}), "");
    EXPECT_EQ(get("worker")->tags.size(), 2U);
    EXPECT_EQ(get("worker")->tags[0].value, "3");
    std::vector<Tag> many;
    for (int i = 0; i < 49; ++i) many.push_back({std::to_string(i), ""});
    EXPECT_EQ(tag(many), "LimitExceeded: Cannot exceed quota for TagsPerRole: 50");
    ASSERT_EQ(failure(answer<>([&](auto reply) {
                  roles->untag_role("worker", {"a", "none"}, std::move(reply));
              })),
              "");
    EXPECT_EQ(get("worker")->tags.size(), 1U);
}

TEST_F(RolesTest, DamagedRecordsAreRefusedByName) {
    const auto opened_with = [&](std::string value) {
        Effects effects;
        effects.put(Table::control, "role/damaged", value);
        storage->wait_until_applied(storage->commit(std::move(effects)));
        return failure(Roles::open(*storage, identity, clock));
    };
    const std::string good = encode(Role{.name = "damaged"});
    EXPECT_EQ(opened_with(good), "");
    EXPECT_EQ(opened_with(good.substr(0, good.size() - 1)),
              "SystemFailure: the stored role is damaged");
    EXPECT_EQ(opened_with(good + "x"), "SystemFailure: the stored role is damaged");
    EXPECT_EQ(opened_with(std::string(1, 2).append(good.substr(1))),
              "SystemFailure: the stored role has a format that this version does not know");
}

}  // namespace
}  // namespace stepwell::access
