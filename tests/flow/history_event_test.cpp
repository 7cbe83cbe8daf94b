// Chunks of a history: what is written is read again, and what stands there twice is stored once.
#include "flow/history_event.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "flow/sdk_metadata.hpp"

namespace stepwell::flow {
namespace {

const TimePoint noon{milliseconds{1'700'000'000'000}};

std::string reply(const std::string& before, const std::string& request_id,
                  const std::string& after = "") {
    std::string text = "{" + before;
    append_sdk_metadata(
        text, {request_id, "106", "Tue, 24 Nov 2026 13:16:17 GMT", "application/x-amz-json-1.0"});
    return text + after + "}";
}

/// Writes each text as the output of an event, and gives what is stored.
std::string stored(const std::vector<std::string>& texts) {
    ChunkWriter writer;
    EventId id = 7;
    for (const std::string& text : texts) {
        writer.begin_event(id, EventType::task_succeeded, id - 1, noon);
        writer.text(Field::output, text);
        ++id;
    }
    return std::string(writer.bytes());
}

std::vector<std::string> read(const std::string& chunk) {
    std::vector<std::string> texts;
    EXPECT_TRUE(read_chunk(7, chunk, [&](const Event& event) {
        texts.emplace_back(event.text(Field::output).value_or("no output"));
        return true;
    }));
    return texts;
}

TEST(HistoryChunk, GivesBackWhatWasWritten) {
    const std::string input(300, 'i');
    const std::vector<std::string> texts{
        "{}",
        input,
        R"({"Input":")" + input + R"(","Token":"t"})",
        reply(R"("MessageId":"m",)", "request-1"),
        input,
        reply(R"("MessageId":"m",)", "request-1"),
        reply(R"("Payload":")" + input + R"(",)", "request-2", R"(,"StatusCode":200)"),
        reply("", "request-3"),
        R"({"SdkHttpMetadata":{"AllHttpHeaders":{"x-amzn-RequestId":["r"],"other":[]}}})" + input,
    };
    EXPECT_EQ(read(stored(texts)), texts);
}

TEST(HistoryChunk, ATextThatContainsAnEarlierOneRefersToIt) {
    const std::string input(300, 'i');
    const std::string parameters = R"({"QueueUrl":"q","MessageBody":{"Input":)" + input + "}}";
    EXPECT_LT(stored({input, parameters}).size(), stored({input}).size() + 60);
}

TEST(HistoryChunk, OfMetadataOnlyTheValuesAreStored) {
    const std::string text = reply(R"("MessageId":"m",)", "12345678-1234-1234-1234-123456789012");
    EXPECT_GT(text.size(), 500U);
    EXPECT_LT(stored({text}).size(), 150U);
    EXPECT_LT(stored({text, text}).size(), stored({text}).size() + 8);
}

TEST(HistoryChunk, AnotherMetadataIsLeftAsItIs) {
    for (const std::string& text : {
             reply("", "a") + reply("", "b"),
             reply("", "a").replace(reply("", "a").find("\"Date\":[") + 9, 3, "Wed"),
             reply("", "a").substr(0, 400),
         }) {
        EXPECT_EQ(read(stored({text})), std::vector<std::string>{text});
    }
}

TEST(HistoryChunk, RandomTextsComeBack) {
    std::mt19937 random{11};
    for (int round = 0; round < 300; ++round) {
        std::vector<std::string> texts;
        for (int i = 0; i < 30; ++i) {
            std::string text(random() % 200, static_cast<char>('a' + random() % 3));
            if (!texts.empty() && random() % 2 == 0) text += texts[random() % texts.size()];
            if (random() % 4 == 0) text += reply("", std::to_string(random() % 3));
            text.append(random() % 100, 'z');
            texts.push_back(std::move(text));
        }
        ASSERT_EQ(read(stored(texts)), texts);
    }
}

// Whatever is wrong with it: it is refused or read, and nothing else happens.
TEST(HistoryChunk, DamageIsNoMoreThanDamage) {
    const std::string input(100, 'i');
    const std::string whole = stored({input, "x" + input, reply("", "r"), input});
    for (std::size_t size = 0; size < whole.size(); ++size)
        read_chunk(7, whole.substr(0, size), [](const Event&) { return true; });
    std::mt19937 random{5};
    for (int round = 0; round < 20'000; ++round) {
        std::string damaged = whole;
        damaged[random() % damaged.size()] = static_cast<char>(random());
        read_chunk(7, damaged, [](const Event&) { return true; });
    }
}

}  // namespace
}  // namespace stepwell::flow
