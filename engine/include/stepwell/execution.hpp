// Executions as an embedding program sees them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include <stepwell/clock.hpp>
#include <stepwell/payload.hpp>

namespace stepwell {

enum class ExecutionStatus : std::uint8_t { running, succeeded, failed, timed_out, aborted };

/// AWS's word for it: "TIMED_OUT".
std::string_view name_of(ExecutionStatus status) noexcept;

/// What DescribeExecution tells.
struct ExecutionDescription {
    std::string execution_arn;
    std::string state_machine_arn;
    std::string state_machine_version_arn = {};  ///< when it was started by a version or an alias
    std::string state_machine_alias_arn = {};    ///< when it was started by an alias
    std::uint64_t machine_id = 0;
    std::uint32_t machine_revision = 0;
    std::string name;
    ExecutionStatus status = ExecutionStatus::running;
    TimePoint start_date{};
    std::optional<TimePoint> stop_date;
    Payload input;
    Payload output;  ///< of a succeeded one
    std::optional<std::string> error;
    std::optional<std::string> cause;
    std::string trace_header;
    std::string map_run_arn = {};                  ///< of a child of a distributed Map
    std::optional<std::uint32_t> item_count = {};  ///< of such a child that has a batch of items
    std::uint32_t redrive_count = 0;
    std::optional<TimePoint> redrive_date = {};  ///< the last one's
    std::string redrive_status_reason = {};      ///< why it cannot be redriven; empty when it can
};

/// How a task failed, as the state machine sees it: what ErrorEquals compares with, and any text.
struct TaskFailure {
    std::string error;
    std::string cause;
};

/// A task's result: its output, or how it failed.
using TaskAnswer = std::variant<Payload, TaskFailure>;

}  // namespace stepwell
