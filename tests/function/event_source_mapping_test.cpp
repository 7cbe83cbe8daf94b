// Event source mappings: batches, what is deleted and what stays, and the mapping's own life.
#include "function/event_source_mappings.hpp"

#include <deque>

#include "base/errors.hpp"
#include "function/errors.hpp"
#include "function/fixture.hpp"
#include "function/mapping_poller.hpp"

namespace stepwell::function::testing {
namespace {

using std::chrono::seconds;

const std::string queue_arn = "arn:aws:sqs:us-east-1:000000000000:work";

SourceMessage message(const std::string& id, const std::string& body = "body") {
    SourceMessage m;
    m.message_id = id;
    m.receipt_handle = "handle-" + id;
    m.body = body;
    m.md5_of_body = "md5";
    m.attributes = {{"ApproximateReceiveCount", "1"}};
    return m;
}

/// A queue that gives what a test puts into it.
class FakeQueue final : public QueuePort {
 public:
    std::optional<QueueFacts> find(std::string_view arn) const override {
        if (arn != queue_arn) return std::nullopt;
        return facts;
    }
    Cancel receive(std::string_view, std::uint32_t messages_max, milliseconds,
                   Received done) override {
        std::vector<SourceMessage> taken;
        {
            const std::lock_guard lock(mutex);
            open = std::move(done);
            open_max = messages_max;
            ++receives;
            taken = take();
            if (taken.empty()) {
                changed.notify_all();
                return {};
            }
            done = std::move(open);
            open = {};
        }
        done(std::move(taken));
        return {};
    }
    void delete_messages(std::string_view, std::vector<std::string> handles,
                         UniqueFunction<void()> done) override {
        {
            const std::lock_guard lock(mutex);
            deleted.insert(deleted.end(), handles.begin(), handles.end());
            changed.notify_all();
        }
        done();
    }
    void release_messages(std::string_view, std::vector<std::string> handles) override {
        const std::lock_guard lock(mutex);
        released.insert(released.end(), handles.begin(), handles.end());
        changed.notify_all();
    }

    /// Puts messages in; a waiting receive gets them at once.
    void send(std::vector<SourceMessage> messages) {
        Received done;
        std::vector<SourceMessage> taken;
        {
            const std::lock_guard lock(mutex);
            for (SourceMessage& m : messages) ready.push_back(std::move(m));
            if (!open) return;
            taken = take();
            done = std::move(open);
            open = {};
        }
        done(std::move(taken));
    }
    void wait_until_receiving() {
        std::unique_lock lock(mutex);
        changed.wait(lock, [this] { return static_cast<bool>(open); });
    }
    std::vector<std::string> wait_for_deleted(std::size_t count) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return deleted.size() >= count; });
        return deleted;
    }
    std::vector<std::string> wait_for_released(std::size_t count) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return released.size() >= count; });
        return released;
    }

    QueueFacts facts{30, false};
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<SourceMessage> ready;
    Received open;
    std::uint32_t open_max = 0;
    int receives = 0;
    std::vector<std::string> deleted;
    std::vector<std::string> released;

 private:
    std::vector<SourceMessage> take() {
        std::vector<SourceMessage> taken;
        while (!ready.empty() && taken.size() < open_max) {
            taken.push_back(std::move(ready.front()));
            ready.pop_front();
        }
        return taken;
    }
};

/// The function "n": remembers its events and answers when the test says so, or at once.
class Mapping : public FunctionsTest {
 protected:
    void SetUp() override {
        FunctionsTest::SetUp();
        functions->register_native("n", [this](Payload event, Functions::NativeAnswer answer) {
            TaskAnswer result = Payload::trusted("null");
            {
                const std::lock_guard lock(mutex);
                events.emplace_back(event.text());
                changed.notify_all();
                if (is_held) {
                    held.push_back(std::move(answer));
                    return;
                }
                result = next_answer;
            }
            answer(std::move(result));
        });
        mappings =
            std::make_unique<EventSourceMappings>(*functions, queue, clock, *storage, timers);
        ASSERT_TRUE(mappings->recover().has_value());
        mappings->start_running();
    }
    void TearDown() override {
        mappings.reset();
        FunctionsTest::TearDown();
    }

    Result<MappingView> create(EventSourceMapping mapping = {}) {
        CreateMappingInput input;
        input.mapping = std::move(mapping);
        if (input.mapping.event_source_arn.empty()) input.mapping.event_source_arn = queue_arn;
        input.function.name = "n";
        return wait_for<MappingView>(
            [&](auto done) { mappings->create(std::move(input), std::move(done)); });
    }
    std::string wait_for_event(std::size_t number) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return events.size() >= number; });
        return events[number - 1];
    }
    std::size_t records_of(const std::string& event) {
        return json::Document::parse(event)->root().find("Records")->size();
    }

    FakeQueue queue;
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::string> events;
    bool is_held = false;
    std::vector<Functions::NativeAnswer> held;
    TaskAnswer next_answer = Payload::trusted("null");
    std::unique_ptr<EventSourceMappings> mappings;
};

TEST(SqsEvent, HasExactlyAwsShape) {
    SourceMessage m = message("m1", "{\"TaskToken\":\"t\"}");
    m.attributes = {{"ApproximateReceiveCount", "1"},
                    {"SentTimestamp", "1700000000000"},
                    {"SenderId", "AIDA"},
                    {"ApproximateFirstReceiveTimestamp", "1700000000001"}};
    m.message_attributes = {{"Colour", "String", "green"},
                            {"Raw", "Binary", std::string("\0\1", 2)}};
    m.md5_of_message_attributes = "md5a";
    EXPECT_EQ(
        sqs_event({m}, queue_arn, "us-east-1"),
        R"({"Records":[{"messageId":"m1","receiptHandle":"handle-m1","body":"{\"TaskToken\":\"t\"}","attributes":)"
        R"({"ApproximateReceiveCount":"1","SentTimestamp":"1700000000000","SenderId":"AIDA",)"
        R"("ApproximateFirstReceiveTimestamp":"1700000000001"},"messageAttributes":{"Colour":{"stringValue":"green",)"
        R"("stringListValues":[],"binaryListValues":[],"dataType":"String"},"Raw":{"binaryValue":"AAE=","stringListValues":[],)"
        R"("binaryListValues":[],"dataType":"Binary"}},"md5OfMessageAttributes":"md5a","md5OfBody":"md5","eventSource":"aws:sqs",)"
        R"("eventSourceARN":"arn:aws:sqs:us-east-1:000000000000:work","awsRegion":"us-east-1"}]})");
}

TEST(BatchItemFailures, AreReadAsAwsReadsThem) {
    const std::vector<SourceMessage> batch{message("a"), message("b"), message("c")};
    const auto failed = [&](std::string_view answer) {
        std::string text;
        for (const bool is_failed : failed_items(answer, batch)) text += is_failed ? '1' : '0';
        return text;
    };
    EXPECT_EQ(failed(R"({"batchItemFailures":[{"itemIdentifier":"b"}]})"), "010");
    EXPECT_EQ(failed(R"({"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"c"}]})"),
              "101");
    for (const char* success :
         {"null", "{}", R"("")", R"({"batchItemFailures":[]})", R"({"batchItemFailures":null})"}) {
        EXPECT_EQ(failed(success), "000") << success;
    }
    for (const char* failure :
         {"", "no json", "7", R"("text")", R"({"batchItemFailures":{}})",
          R"({"batchItemFailures":[{"itemIdentifier":""}]})",
          R"({"batchItemFailures":[{"itemIdentifier":null}]})",
          R"({"batchItemFailures":[{"id":"a"}]})", R"({"batchItemFailures":["a"]})",
          R"({"batchItemFailures":[{"itemIdentifier":"unknown"}]})"}) {
        EXPECT_EQ(failed(failure), "111") << failure;
    }
}

TEST_F(Mapping, ProcessedMessagesAreDeleted) {
    ASSERT_TRUE(create().has_value());
    queue.wait_until_receiving();
    queue.send({message("a"), message("b")});
    EXPECT_EQ(records_of(wait_for_event(1)), 2U);
    EXPECT_EQ(queue.wait_for_deleted(2), (std::vector<std::string>{"handle-a", "handle-b"}));
}

TEST_F(Mapping, MessagesOfAFailedBatchStay) {
    next_answer = TaskFailure{"Failed", "on purpose"};
    ASSERT_TRUE(create().has_value());
    queue.wait_until_receiving();
    queue.send({message("a")});
    wait_for_event(1);
    queue.wait_until_receiving();
    next_answer = Payload::trusted("null");
    queue.send({message("b")});
    EXPECT_EQ(queue.wait_for_deleted(1), std::vector<std::string>{"handle-b"});
    EXPECT_TRUE(
        queue.released.empty());  // they come back after the visibility timeout, not at once
}

TEST_F(Mapping, ReportedItemsStay) {
    EventSourceMapping mapping;
    mapping.reports_batch_item_failures = true;
    next_answer = Payload::trusted(R"({"batchItemFailures":[{"itemIdentifier":"b"}]})");
    ASSERT_TRUE(create(mapping).has_value());
    queue.wait_until_receiving();
    queue.send({message("a"), message("b"), message("c")});
    EXPECT_EQ(queue.wait_for_deleted(2), (std::vector<std::string>{"handle-a", "handle-c"}));
}

TEST_F(Mapping, WithoutReportingAReportIsNothing) {
    next_answer = Payload::trusted(R"({"batchItemFailures":[{"itemIdentifier":"b"}]})");
    ASSERT_TRUE(create().has_value());
    queue.wait_until_receiving();
    queue.send({message("a"), message("b")});
    EXPECT_EQ(queue.wait_for_deleted(2).size(), 2U);
}

TEST_F(Mapping, BatchSizeBoundsEachEvent) {
    EventSourceMapping mapping;
    mapping.batch_size = 2;
    ASSERT_TRUE(create(mapping).has_value());
    queue.wait_until_receiving();
    queue.send({message("a"), message("b"), message("c")});
    EXPECT_EQ(records_of(wait_for_event(1)), 2U);
    EXPECT_EQ(records_of(wait_for_event(2)), 1U);
}

TEST_F(Mapping, WindowCollectsUntilItsEnd) {
    EventSourceMapping mapping;
    mapping.batch_size = 100;
    mapping.window_seconds = 5;
    ASSERT_TRUE(create(mapping).has_value());
    queue.wait_until_receiving();
    queue.send({message("a")});
    queue.wait_until_receiving();
    clock.advance(seconds(4));
    queue.send({message("b")});
    queue.wait_until_receiving();
    EXPECT_TRUE(events.empty());
    clock.advance(seconds(1));
    EXPECT_EQ(records_of(wait_for_event(1)), 2U);
}

TEST_F(Mapping, WindowEndsEarlyWhenTheBatchIsFull) {
    EventSourceMapping mapping;
    mapping.batch_size = 2;
    mapping.window_seconds = 300;
    ASSERT_TRUE(create(mapping).has_value());
    queue.wait_until_receiving();
    queue.send({message("a")});
    queue.wait_until_receiving();
    queue.send({message("b")});
    EXPECT_EQ(records_of(wait_for_event(1)), 2U);
}

TEST_F(Mapping, MaximumConcurrencyBoundsWhatIsUnderWay) {
    is_held = true;
    EventSourceMapping mapping;
    mapping.batch_size = 1;
    mapping.maximum_concurrency = 2;
    ASSERT_TRUE(create(mapping).has_value());
    queue.wait_until_receiving();
    queue.send({message("a"), message("b"), message("c")});
    wait_for_event(2);
    Functions::NativeAnswer first;
    {
        const std::lock_guard lock(mutex);
        EXPECT_EQ(events.size(), 2U);
        first = std::move(held[0]);
    }
    first(Payload::trusted("null"));
    EXPECT_NE(wait_for_event(3).find("\"c\""), std::string::npos);
    std::vector<Functions::NativeAnswer> rest;
    {
        const std::lock_guard lock(mutex);
        rest.push_back(std::move(held[1]));
        rest.push_back(std::move(held[2]));
    }
    for (auto& answer : rest) answer(Payload::trusted("null"));
    EXPECT_EQ(queue.wait_for_deleted(3).size(), 3U);
}

TEST_F(Mapping, DisabledMappingGivesBackWhatItReceives) {
    const auto made = create();
    queue.wait_until_receiving();
    UpdateMappingInput input;
    input.uuid = made->mapping.uuid;
    input.is_enabled = false;
    const auto updated =
        wait_for<MappingView>([&](auto done) { mappings->update(input, std::move(done)); });
    EXPECT_EQ(updated->state, "Disabling");
    EXPECT_EQ(mappings->find(made->mapping.uuid)->state, "Disabled");
    queue.send({message("a")});
    EXPECT_EQ(queue.wait_for_released(1), std::vector<std::string>{"handle-a"});
    EXPECT_TRUE(events.empty());
}

TEST_F(Mapping, DeletedMappingIsGone) {
    const auto made = create();
    const auto removed = wait_for<MappingView>(
        [&](auto done) { mappings->remove(made->mapping.uuid, std::move(done)); });
    EXPECT_EQ(removed->state, "Deleting");
    EXPECT_EQ(mappings->find(made->mapping.uuid).error().code(), "ResourceNotFoundException");
    EXPECT_TRUE(create().has_value());
}

TEST_F(Mapping, PollsAgainAfterARestart) {
    EventSourceMapping mapping;
    mapping.reports_batch_item_failures = true;
    const auto made = create(mapping);
    queue.wait_until_receiving();
    mappings.reset();
    {
        const std::lock_guard lock(queue.mutex);
        queue.open = {};
    }
    storage->wait_until_applied(storage->durable());
    mappings = std::make_unique<EventSourceMappings>(*functions, queue, clock, *storage, timers);
    ASSERT_TRUE(mappings->recover().has_value());
    mappings->start_running();
    EXPECT_TRUE(mappings->find(made->mapping.uuid)->mapping.reports_batch_item_failures);
    queue.wait_until_receiving();
    queue.send({message("a")});
    queue.wait_for_deleted(1);
}

TEST_F(Mapping, WhatAwsRefusesIsRefused) {
    const auto message_of = [&](EventSourceMapping mapping) {
        const auto made = create(std::move(mapping));
        return made.has_error() ? std::string(made.error().code()) + ": " + made.error().message()
                                : "";
    };
    EventSourceMapping mapping;
    mapping.batch_size = 11;
    EXPECT_EQ(message_of(mapping),
              "InvalidParameterValueException: Maximum batch window in seconds must be greater "
              "than 0 if maximum "
              "batch size is greater than 10");
    mapping = {};
    mapping.batch_size = 0;
    EXPECT_TRUE(message_of(mapping).starts_with("ValidationException:"));
    mapping = {};
    mapping.maximum_concurrency = 1;
    EXPECT_TRUE(message_of(mapping).starts_with("ValidationException:"));
    mapping = {};
    mapping.event_source_arn = "arn:aws:sqs:us-east-1:000000000000:missing";
    EXPECT_NE(message_of(mapping).find("AWS.SimpleQueueService.NonExistentQueue"),
              std::string::npos);
    ASSERT_EQ(message_of({}), "");
    EXPECT_TRUE(message_of({}).starts_with("ResourceConflictException: The event source arn (\" " +
                                           queue_arn + " \") and function"));
}

TEST_F(Mapping, QueueMustHideMessagesAsLongAsTheFunctionMayRun) {
    FunctionConfiguration c = configuration("slow", "nodejs20.x", "index.handler");
    c.timeout_seconds = 31;
    ASSERT_TRUE(FunctionsTest::create(c, make_zip("index.js", "")).has_value());
    CreateMappingInput input;
    input.mapping.event_source_arn = queue_arn;
    input.function.name = "slow";
    const auto made =
        wait_for<MappingView>([&](auto done) { mappings->create(input, std::move(done)); });
    ASSERT_TRUE(made.has_error());
    EXPECT_EQ(made.error().message(),
              "Queue visibility timeout: 30 seconds is less than Function timeout: 31 seconds");
}

}  // namespace
}  // namespace stepwell::function::testing
