// The stored records of executions.
#include "flow/records.hpp"

#include <gtest/gtest.h>

namespace stepwell::flow {
namespace {

// Each of what few have is there, or not, whatever else is.
TEST(ExecutionRecords, KeepWhatFewHave) {
    for (unsigned parts = 0; parts < 16; ++parts) {
        ExecutionRecord record;
        record.machine_name = "m";
        record.name = "n";
        if ((parts & 1U) != 0) record.qualifier = {3, "prod"};
        if ((parts & 2U) != 0) record.starter = "r";
        if ((parts & 4U) != 0) record.child_of = ChildOf{17, asl::StateIndex{2}, 5, 3, true};
        if ((parts & 8U) != 0) record.redrives = {4, TimePoint{milliseconds{99}}, "t"};
        const auto read = decode_execution_record(encode(record));
        ASSERT_TRUE(read.has_value()) << parts;
        EXPECT_EQ(read->name, "n");
        EXPECT_EQ(read->qualifier.version, record.qualifier.version);
        EXPECT_EQ(read->qualifier.alias, record.qualifier.alias);
        EXPECT_EQ(read->starter, record.starter);
        ASSERT_EQ(read->child_of.has_value(), record.child_of.has_value()) << parts;
        if (record.child_of.has_value()) {
            EXPECT_EQ(read->child_of->map_run, 17U);
            EXPECT_EQ(read->child_of->map_state.value, 2U);
            EXPECT_EQ(read->child_of->index, 5U);
            EXPECT_EQ(read->child_of->items, 3U);
            EXPECT_TRUE(read->child_of->has_batch);
        }
        EXPECT_EQ(read->redrives.count, record.redrives.count);
        EXPECT_EQ(read->redrives.date, record.redrives.date);
        EXPECT_EQ(read->redrives.client_token, record.redrives.client_token);
    }
}

TEST(ExecutionRecords, OneThatIsCutShortIsNotRead) {
    ExecutionRecord record;
    record.name = "n";
    record.redrives = {4, TimePoint{milliseconds{99}}, "t"};
    const std::string bytes = encode(record);
    EXPECT_FALSE(decode_execution_record(bytes.substr(0, bytes.size() - 1)).has_value());
    EXPECT_FALSE(decode_execution_record(bytes + "x").has_value());
}

TEST(GeneratedNames, OfAnotherDirectoryLeadNowhere) {
    const Identity one{.name_salt = 1};
    const Identity other{.name_salt = 2};
    const ExecutionId id = first_execution_id(3, 4);
    EXPECT_EQ(id_of_uuid(one, uuid_of(one, id)), id);
    EXPECT_EQ(id_of_uuid(other, uuid_of(one, id)), std::nullopt);
    EXPECT_EQ(id_of_uuid(one, "6ba7b810-9dad-41d1-80b4-00c04fd430c8"), std::nullopt);
}

}  // namespace
}  // namespace stepwell::flow
