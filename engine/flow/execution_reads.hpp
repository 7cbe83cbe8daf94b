// What is read of executions from the store.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <stepwell/journal.hpp>

#include "base/identity.hpp"
#include "flow/executions.hpp"
#include "flow/records.hpp"

namespace stepwell::flow {

/// A text of one stored event. SystemFailure when it is not there or damaged.
Result<Payload> read_payload(const Storage& storage, ExecutionId id, EventPlace place, Field field);

/// The same, of an event whose chunk is not known.
Result<Payload> find_payload(const Storage& storage, ExecutionId id, EventId event, Field field);

/// What DescribeExecution tells of it; nothing when there is no such execution.
std::optional<ExecutionRecord> find_record(const Storage& storage, ExecutionId id);

/// What the record alone tells.
ExecutionDescription describe_record(const Identity& identity, ExecutionId id,
                                     const ExecutionRecordView& record);

/// What, beside the store, tells whether an execution can be redriven. Both outlive who is given
/// them.
struct RedriveFacts {
    const Clock& clock;
    const StateMachineSource& machines;
};

/// The id of the execution with this ARN. ExecutionDoesNotExist, InvalidArn.
Result<ExecutionId> find_execution(const Storage& storage, const Identity& identity,
                                   std::string_view execution_arn);

/// Without whether it can be redriven.
Result<ExecutionDescription> describe(const Storage& storage, const Identity& identity,
                                      std::string_view execution_arn);
/// With that: `facts` tell.
Result<ExecutionDescription> describe(const Storage& storage, const Identity& identity,
                                      RedriveFacts facts, std::string_view execution_arn);
Result<ListExecutionsOutput> list(const Storage& storage, const Identity& identity,
                                  const ListExecutionsInput& input);
Result<GetHistoryOutput> read_history(const Storage& storage, const Identity& identity,
                                      const GetHistoryInput& input);

/// Describes the execution once the store has everything that is durable by now.
void describe_when_applied(Storage& storage, const Identity& identity, RedriveFacts facts,
                           std::string execution_arn, Completion<ExecutionDescription> done);

}  // namespace stepwell::flow
