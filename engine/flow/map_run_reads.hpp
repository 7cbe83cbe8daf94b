// What is read of map runs from the store.
#pragma once

#include <string_view>

#include <stepwell/journal.hpp>

#include "base/identity.hpp"
#include "flow/map_run.hpp"
#include "flow/map_run_description.hpp"

namespace stepwell::flow {

struct FoundMapRun {
    MapRunId id = 0;
    MapRunRecord record;
};
/// The run with this ARN. ResourceNotFound.
Result<FoundMapRun> find_map_run(const Storage& storage, const Identity& identity,
                                 std::string_view arn);

Result<MapRunDescription> describe_map_run(const Storage& storage, const Identity& identity,
                                           std::string_view arn);
/// Also ExecutionDoesNotExist, InvalidToken.
Result<ListMapRunsOutput> list_map_runs(const Storage& storage, const Identity& identity,
                                        const ListMapRunsInput& input);

}  // namespace stepwell::flow
