#include "flow/state_machines.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "base/errors.hpp"
#include "flow/errors.hpp"
#include "flow/service_fixture.hpp"
#include "journal/storage.hpp"

namespace stepwell::flow {
namespace {

using testing::answer_of;

constexpr std::string_view role = "arn:aws:iam::000000000000:role/r";
constexpr std::string_view machine_arn =
    "arn:aws:states:us-east-1:000000000000:stateMachine:machine";

std::string pass_machine(std::string_view result) {
    return R"({"StartAt":"P","States":{"P":{"Type":"Pass","Result":")" + std::string(result) +
           R"(","End":true}}})";
}
std::string task(std::string_view resource) {
    return R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":")" + std::string(resource) +
           R"(","End":true}}})";
}

class StateMachinesTest : public ::testing::Test {
 protected:
    CreateStateMachineInput input(std::string definition = pass_machine("one")) const {
        CreateStateMachineInput given;
        given.name = "machine";
        given.definition = std::move(definition);
        given.role_arn = role;
        return given;
    }
    Result<CreateStateMachineOutput> create(CreateStateMachineInput given) {
        return answer_of<CreateStateMachineOutput>(
            [&](auto done) { machines.create(std::move(given), std::move(done)); });
    }
    Result<UpdateStateMachineOutput> update(UpdateStateMachineInput given) {
        given.state_machine_arn = machine_arn;
        return answer_of<UpdateStateMachineOutput>(
            [&](auto done) { machines.update(std::move(given), std::move(done)); });
    }
    Result<UpdateStateMachineOutput> update_definition(std::string definition) {
        UpdateStateMachineInput given;
        given.definition = std::move(definition);
        return update(std::move(given));
    }
    Result<std::optional<std::uint64_t>> start_deletion(std::string_view arn = machine_arn) {
        return answer_of<std::optional<std::uint64_t>>(
            [&](auto done) { machines.start_deletion(arn, std::move(done)); });
    }
    Result<ListedVersion> publish(std::optional<std::string> revision_id = {}) {
        return answer_of<ListedVersion>([&](auto done) {
            machines.publish_version({std::string(machine_arn), std::move(revision_id), ""},
                                     std::move(done));
        });
    }
    Result<StateMachineAlias> create_alias(std::string name, std::vector<AliasRoute> routes,
                                           std::string description = "") {
        return answer_of<StateMachineAlias>([&](auto done) {
            machines.create_alias({std::move(name), std::move(description), std::move(routes)},
                                  std::move(done));
        });
    }
    static std::string version(int number) {
        return std::string(machine_arn) + ":" + std::to_string(number);
    }

    ManualClock clock;
    std::unique_ptr<Storage> storage = journal::make_memory_storage();
    testing::NoTasks port;
    StateMachines machines{Identity{}, clock, *storage, port};
};

TEST_F(StateMachinesTest, ACreatedMachineIsFoundAndDescribed) {
    const auto created = create(input());
    ASSERT_TRUE(created);
    EXPECT_EQ(created->state_machine_arn, machine_arn);
    EXPECT_EQ(created->creation_date, clock.now());
    EXPECT_EQ(created->state_machine_version_arn, "");

    const auto found = machines.find(machine_arn);
    ASSERT_TRUE(found);
    EXPECT_EQ((*found)->definition, pass_machine("one"));
    EXPECT_NE((*found)->program, nullptr);

    const auto described = machines.describe(machine_arn);
    ASSERT_TRUE(described);
    EXPECT_EQ(described->status, StateMachineStatus::active);
    EXPECT_EQ(described->revision->revision_id, "");
    EXPECT_EQ(described->revision->logging, LoggingConfiguration{});
}

TEST_F(StateMachinesTest, NothingIsAcknowledgedBeforeItIsDurable) {
    testing::HeldStorage held;
    StateMachines held_machines{Identity{}, clock, held, port};
    bool is_acknowledged = false;
    held_machines.create(input(), [&](Result<CreateStateMachineOutput> created) {
        is_acknowledged = created.has_value();
    });
    EXPECT_FALSE(is_acknowledged);
    held.make_durable();
    EXPECT_TRUE(is_acknowledged);
}

TEST_F(StateMachinesTest, CreatingTheSameAgainGivesTheSameAnswerWhateverRoleAndTagsAre) {
    const auto first = create(input());
    clock.advance(milliseconds{5000});
    auto again = input();
    again.role_arn = "arn:aws:iam::000000000000:role/another";
    again.tags = {{"key", "value"}};
    const auto second = create(std::move(again));
    ASSERT_TRUE(second);
    EXPECT_EQ(second->creation_date, first->creation_date);
    EXPECT_EQ((*machines.find(machine_arn))->role_arn, role);
    EXPECT_EQ(*machines.tags(machine_arn), Tags{});
}

TEST_F(StateMachinesTest, ANameIsTakenOnceTheDefinitionOrAnythingElseDiffers) {
    ASSERT_TRUE(create(input()));
    auto traced = input();
    traced.is_traced = true;
    auto express = input();
    express.type = MachineType::express;
    auto published = input();
    published.publishes = true;
    for (auto& other : {input(pass_machine("two")), traced, express, published}) {
        const auto created = create(other);
        ASSERT_FALSE(created);
        EXPECT_TRUE(created.error().is(errors::state_machine_already_exists));
        EXPECT_EQ(created.error().message(),
                  "State Machine Already Exists: '" + std::string(machine_arn) + "'");
    }
}

TEST_F(StateMachinesTest, BadNamesRolesAndDefinitionsAreRefused) {
    auto named_badly = input();
    named_badly.name = "a b";
    EXPECT_TRUE(create(named_badly).error().is(errors::invalid_name));
    auto without_role = input();
    without_role.role_arn = "nobody";
    EXPECT_EQ(create(without_role).error().message(), "Invalid Role Arn: 'nobody'");
    const auto invalid = create(input(R"({"StartAt": "State_1"})"));
    ASSERT_FALSE(invalid);
    EXPECT_TRUE(invalid.error().is(errors::invalid_definition));
    EXPECT_EQ(invalid.error().message(),
              "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are "
              "required: [States] at /'");
    EXPECT_TRUE(machines.find(machine_arn).error().is(errors::state_machine_does_not_exist));
}

TEST_F(StateMachinesTest, AResourceThatNobodyServesIsRefusedByName) {
    const auto created = create(input(task("arn:aws:states:::dynamodb:query")));
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().message(),
              "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: The resource provided "
              "arn:aws:states:::dynamodb:query is not recognized. The value is not a valid "
              "resource ARN, or the "
              "resource is not available in this region. at /States/T/Resource'");

    const auto within =
        create(input(R"({"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":)" +
                     task("arn:aws:states:::dynamodb:query") + "}}}"));
    ASSERT_FALSE(within);
    EXPECT_TRUE(within.error().message().ends_with("at /States/M/ItemProcessor/States/T/Resource'"))
        << within.error().message();
}

TEST_F(StateMachinesTest, ExpressMachinesHaveNeitherActivitiesNorCallbacks) {
    const auto complaint = [&](std::string_view resource) {
        auto express = input(task(resource));
        express.type = MachineType::express;
        const auto created = create(std::move(express));
        return created ? std::string() : created.error().message();
    };
    EXPECT_EQ(complaint("arn:aws:states:us-east-1:000000000000:activity:a"),
              "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Express state machine "
              "does not support "
              "Activity ARN at /States/T/Resource'");
    EXPECT_EQ(complaint("arn:aws:states:::sqs:sendMessage.waitForTaskToken"),
              "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Express state machine "
              "does not support "
              "'.waitForTaskToken' service integration at /States/T/Resource'");
    EXPECT_EQ(complaint("arn:aws:states:::sqs:sendMessage"), "");
}

TEST_F(StateMachinesTest, AnUpdateMakesARevisionOnlyWhenSomethingChanges) {
    ASSERT_TRUE(create(input()));
    const auto unchanged = update_definition(pass_machine("one"));
    ASSERT_TRUE(unchanged);
    EXPECT_EQ(unchanged->revision_id, "");
    const auto changed = update_definition(pass_machine("two"));
    ASSERT_TRUE(changed);
    EXPECT_NE(changed->revision_id, "");
    EXPECT_EQ(machines.describe(machine_arn)->revision->revision_id, changed->revision_id);
    EXPECT_EQ((*machines.find(machine_arn))->revision, 2U);
    EXPECT_EQ(update_definition(pass_machine("two"))->revision_id, changed->revision_id);
}

TEST_F(StateMachinesTest, AnUpdateOfNothingIsMissingAParameter) {
    ASSERT_TRUE(create(input()));
    const auto updated = update({});
    ASSERT_FALSE(updated);
    EXPECT_TRUE(updated.error().is(errors::missing_required_parameter));
    EXPECT_EQ(updated.error().message(),
              "Either the definition, the role ARN, the LoggingConfiguration, or the "
              "TracingConfiguration must be specified");
}

TEST_F(StateMachinesTest, RunningExecutionsKeepTheRevisionTheyStartedWith) {
    ASSERT_TRUE(create(input()));
    const StateMachinePtr before = *machines.find(machine_arn);
    ASSERT_TRUE(update_definition(pass_machine("two")));
    EXPECT_EQ(machines.find_revision(before->id, 1), before);
    EXPECT_EQ(machines.find_revision(before->id, 2)->definition, pass_machine("two"));
    EXPECT_EQ(machines.find_revision(before->id, 3), nullptr);
    EXPECT_EQ(machines.find_revision(before->id, 0), nullptr);
    EXPECT_EQ(machines.find_revision(before->id + 1, 1), nullptr);
}

TEST_F(StateMachinesTest, ADeletingMachineTakesNoExecutionsChangesOrNamesakes) {
    ASSERT_TRUE(create(input()));
    const auto id = start_deletion();
    ASSERT_TRUE(id);
    ASSERT_TRUE(id->has_value());
    EXPECT_EQ(machines.describe(machine_arn)->status, StateMachineStatus::deleting);
    EXPECT_TRUE(machines.find(machine_arn).error().is(errors::state_machine_deleting));
    EXPECT_TRUE(update_definition(pass_machine("two")).error().is(errors::state_machine_deleting));
    EXPECT_TRUE(create(input()).error().is(errors::state_machine_deleting));
    EXPECT_EQ(machines.deleting(), std::vector<std::uint64_t>{**id});
}

TEST_F(StateMachinesTest, ARecreatedMachineSharesNothingWithItsPredecessor) {
    ASSERT_TRUE(create(input()));
    const StateMachinePtr before = *machines.find(machine_arn);
    machines.finish_deletion(start_deletion()->value());
    EXPECT_TRUE(machines.find(machine_arn).error().is(errors::state_machine_does_not_exist));
    ASSERT_TRUE(create(input(pass_machine("two"))));
    EXPECT_NE((*machines.find(machine_arn))->id, before->id);
    testing::settle(*storage);
    const StateMachinePtr kept = machines.find_revision(before->id, 1);  // what its executions ran
    ASSERT_NE(kept, nullptr);
    EXPECT_EQ(kept->definition, pass_machine("one"));
    EXPECT_NE(kept->program, nullptr);
}

TEST_F(StateMachinesTest, DeletingWhatIsNotThereIsNoError) {
    const auto id = start_deletion();
    ASSERT_TRUE(id);
    EXPECT_FALSE(id->has_value());
    EXPECT_TRUE(start_deletion("no arn").error().is(errors::invalid_arn));
    EXPECT_TRUE(start_deletion(version(1)).error().is(stepwell::errors::validation));
}

TEST_F(StateMachinesTest, ARestartFindsEverythingAgain) {
    auto given = input();
    given.tags = {{"key", "value"}};
    given.logging = {LogLevel::error, true, {"arn:aws:logs:us-east-1:000000000000:log-group:g:*"}};
    given.encryption = {"key id", 300};
    given.is_traced = true;
    given.publishes = true;
    given.version_description = "the first";
    ASSERT_TRUE(create(given));
    const auto updated = update_definition(pass_machine("two"));
    ASSERT_TRUE(create_alias("live", {{version(1), 100}}, "what runs"));
    auto gone = input();
    gone.name = "gone";
    ASSERT_TRUE(create(gone));
    machines.finish_deletion(
        start_deletion("arn:aws:states:us-east-1:000000000000:stateMachine:gone")->value());
    testing::settle(*storage);

    StateMachines restarted{Identity{}, clock, *storage, port};
    ASSERT_TRUE(restarted.recover());
    const auto described = restarted.describe(machine_arn);
    ASSERT_TRUE(described);
    EXPECT_EQ(described->revision->revision_id, updated->revision_id);
    EXPECT_EQ(described->revision->logging, given.logging);
    EXPECT_EQ(described->revision->encryption, given.encryption);
    EXPECT_TRUE(described->revision->is_traced);
    EXPECT_EQ(*restarted.tags(machine_arn), given.tags);
    EXPECT_EQ((*restarted.find(machine_arn))->definition, pass_machine("two"));
    EXPECT_EQ((*restarted.find(std::string(machine_arn) + ":live"))->definition,
              pass_machine("one"));
    EXPECT_EQ(restarted.describe(version(1))->description, "the first");
    EXPECT_EQ(restarted.describe_alias(std::string(machine_arn) + ":live")->description,
              "what runs");
    EXPECT_EQ(restarted.list({})->items.size(), 1U);

    const auto next = answer_of<CreateStateMachineOutput>(
        [&](auto done) { restarted.create(gone, std::move(done)); });
    ASSERT_TRUE(next);
    EXPECT_EQ((*restarted.find(next->state_machine_arn))->id, 3U);  // 2 was the forgotten one's
}

TEST_F(StateMachinesTest, ADamagedRecordIsAnErrorAtTheStart) {
    Effects effects;
    effects.put(Table::control, "state_machine/0000000000000001", "\x01garbage");
    storage->commit(std::move(effects));
    testing::settle(*storage);
    const auto recovered = machines.recover();
    ASSERT_FALSE(recovered);
    EXPECT_TRUE(recovered.error().is(stepwell::errors::system_failure));
}

TEST_F(StateMachinesTest, AreListedInPages) {
    for (const char* name : {"c", "a", "b"}) {
        auto given = input();
        given.name = name;
        ASSERT_TRUE(create(std::move(given)));
    }
    const auto first = machines.list({.max_results = 2});
    ASSERT_TRUE(first);
    ASSERT_EQ(first->items.size(), 2U);
    EXPECT_EQ(first->items[1].name, "b");
    const auto second = machines.list({.max_results = 2, .next_token = first->next_token});
    ASSERT_EQ(second->items.size(), 1U);
    EXPECT_EQ(second->items[0].name, "c");
    EXPECT_EQ(second->next_token, "");
    EXPECT_TRUE(machines.list({.next_token = "x"}).error().is(errors::invalid_token));
}

TEST_F(StateMachinesTest, UnknownAndMalformedArnsAreToldApart) {
    EXPECT_EQ(machines.find("not_a_valid_arn").error().message(),
              "Invalid Arn: 'Invalid ARN prefix: not_a_valid_arn'");
    EXPECT_EQ(machines.describe(machine_arn).error().message(),
              "State Machine Does Not Exist: '" + std::string(machine_arn) + "'");
    EXPECT_TRUE(machines.tags(machine_arn).error().is(errors::resource_not_found));
    ASSERT_TRUE(create(input()));
    EXPECT_TRUE(machines.find(version(1)).error().is(errors::state_machine_does_not_exist));
    EXPECT_TRUE(machines.find(std::string(machine_arn) + ":live")
                    .error()
                    .is(errors::state_machine_does_not_exist));
}

TEST_F(StateMachinesTest, AVersionIsOfOneRevisionAndPublishedOnce) {
    ASSERT_TRUE(create(input()));
    EXPECT_EQ(publish()->arn, version(1));
    EXPECT_EQ(publish()->arn, version(1));
    const auto updated = update_definition(pass_machine("two"));
    EXPECT_TRUE(publish("INITIAL").error().is(errors::conflict));
    EXPECT_EQ(publish(updated->revision_id)->arn, version(2));
    EXPECT_EQ((*machines.find(version(1)))->definition, pass_machine("one"));
    EXPECT_EQ((*machines.find(version(2)))->definition, pass_machine("two"));

    const auto first = machines.list_versions(machine_arn, {.max_results = 1});
    ASSERT_EQ(first->items.size(), 1U);
    EXPECT_EQ(first->items[0].arn, version(2));  // the newest first
    const auto second =
        machines.list_versions(machine_arn, {.max_results = 1, .next_token = first->next_token});
    EXPECT_EQ(second->items[0].arn, version(1));
    EXPECT_EQ(second->next_token, "");
}

TEST_F(StateMachinesTest, AVersionThatAnAliasUsesStays) {
    ASSERT_TRUE(create(input()));
    ASSERT_TRUE(publish());
    ASSERT_TRUE(create_alias("live", {{version(1), 100}}));
    const auto remove = [&] {
        return answer_of<void>(
            [&](auto done) { machines.delete_version(version(1), std::move(done)); });
    };
    EXPECT_TRUE(remove().error().is(errors::conflict));
    ASSERT_TRUE(answer_of<void>([&](auto done) {
        machines.delete_alias(std::string(machine_arn) + ":live", std::move(done));
    }));
    EXPECT_TRUE(remove());
    EXPECT_TRUE(machines.find(version(1)).error().is(errors::state_machine_does_not_exist));
    ASSERT_TRUE(publish());
    EXPECT_TRUE(machines.find(version(2)));  // numbers are not used again
}

TEST_F(StateMachinesTest, AnAliasRoutesByItsWeights) {
    auto published = input();
    published.publishes = true;
    ASSERT_TRUE(create(published));
    ASSERT_TRUE(update_definition(pass_machine("two")));
    ASSERT_TRUE(publish());
    ASSERT_TRUE(create_alias("split", {{version(1), 50}, {version(2), 50}}));
    ASSERT_TRUE(create_alias("second", {{version(1), 0}, {version(2), 100}}));
    int first_count = 0;
    for (int i = 0; i < 400; ++i) {
        first_count += (*machines.find(std::string(machine_arn) + ":split"))->definition ==
                       pass_machine("one");
        EXPECT_EQ((*machines.find(std::string(machine_arn) + ":second"))->definition,
                  pass_machine("two"));
    }
    EXPECT_GT(first_count, 100);
    EXPECT_LT(first_count, 300);
}

TEST_F(StateMachinesTest, AliasesAreRefusedInAwsWords) {
    ASSERT_TRUE(create(input()));
    ASSERT_TRUE(publish());
    const auto message = [&](std::vector<AliasRoute> routes) {
        return create_alias("live", routes).error().message();
    };
    const std::string arn(machine_arn);
    EXPECT_EQ(
        message({{arn, 100}}),
        "Routing configuration must contain state machine version ARNs. Received: [" + arn + "]");
    EXPECT_EQ(
        message({{version(1), 50}, {version(1), 50}}),
        "Routing configuration must contain distinct state machine version ARNs. Received: [" +
            version(1) + ", " + version(1) + "]");
    EXPECT_EQ(message({{version(1), 70}, {version(2), 29}}),
              "Sum of routing configuration weights must equal 100. Received: [70, 29]");
    EXPECT_TRUE(create_alias("live", {{version(9), 100}}).error().is(errors::resource_not_found));
    ASSERT_TRUE(create_alias("live", {{version(1), 100}}));
    EXPECT_TRUE(create_alias("live", {{version(1), 100}}));
    EXPECT_TRUE(create_alias("live", {{version(1), 100}}, "another").error().is(errors::conflict));
}

TEST_F(StateMachinesTest, AreReadWhileTheyChange) {
    ASSERT_TRUE(create(input()));
    std::atomic<bool> is_done = false;
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i) {
        readers.emplace_back([&] {
            std::uint32_t last = 0;
            while (!is_done) {
                const StateMachinePtr machine = *machines.find(machine_arn);
                EXPECT_GE(machine->revision, last);
                last = machine->revision;
            }
        });
    }
    for (int i = 0; i < 50; ++i)
        ASSERT_TRUE(update_definition(pass_machine("n" + std::to_string(i))));
    is_done = true;
    for (std::thread& reader : readers) reader.join();
    EXPECT_EQ((*machines.find(machine_arn))->revision, 51U);
}

}  // namespace
}  // namespace stepwell::flow
