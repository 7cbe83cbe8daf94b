// What DescribeMapRun, ListMapRuns and UpdateMapRun tell and take.
// source  AWS Step Functions API Reference, DescribeMapRun
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/clock.hpp>

namespace stepwell::flow {

enum class MapRunStatus : std::uint8_t { running, succeeded, failed, aborted };
std::string_view name_of(MapRunStatus status) noexcept;  ///< "RUNNING"

/// Of items, or of the child executions that they are in.
struct MapRunCounts {
    std::uint64_t pending = 0;
    std::uint64_t running = 0;
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    std::uint64_t timed_out = 0;
    std::uint64_t aborted = 0;
    std::uint64_t total = 0;
    std::uint64_t results_written = 0;
};

struct MapRunDescription {
    std::string map_run_arn;
    std::string execution_arn;      ///< of the execution that has the Map
    std::string state_machine_arn;  ///< with the Map's label
    MapRunStatus status = MapRunStatus::running;
    TimePoint start_date{};
    std::optional<TimePoint> stop_date;
    std::uint32_t max_concurrency = 0;
    std::uint64_t tolerated_failure_count = 0;
    double tolerated_failure_percentage = 0;
    MapRunCounts items;
    MapRunCounts executions;
};

struct ListMapRunsInput {
    std::string execution_arn;
    std::uint32_t max_results = 100;
    std::string next_token = {};
};
struct ListMapRunsOutput {
    std::vector<MapRunDescription> map_runs;  ///< newest first
    std::string next_token;                   ///< empty on the last page
};

/// What is absent stays as it is.
struct UpdateMapRunInput {
    std::string map_run_arn;
    std::optional<std::uint32_t> max_concurrency = {};
    std::optional<std::uint64_t> tolerated_failure_count = {};
    std::optional<double> tolerated_failure_percentage = {};
};

}  // namespace stepwell::flow
