// Redriving: an execution that has failed goes on where it did.
//
// source  AWS Step Functions Developer Guide, Restarting state machine executions with redrive
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <stepwell/clock.hpp>

#include "flow/records.hpp"

namespace stepwell::flow {

/// The records of branches, each behind its parent's.
using BranchRecords = std::vector<std::pair<BranchNumber, std::string>>;

/// Table redrive: where an execution that has not succeeded can go on, in the form of what a
/// running one has in the table continuation.
struct RedrivePoint {
    std::string continuation;
    BranchRecords branches;  ///< from the execution's own on
};
std::string encode(const RedrivePoint& point);
std::optional<RedrivePoint> decode_redrive_point(std::string_view bytes);

/// Why the execution cannot be redriven, in AWS's words; nothing when it can.
///
/// has_point          whether its redrive point is stored
/// takes_executions   as StateMachineSource tells of its machine
struct RedriveSituation {
    bool has_point = false;
    bool takes_executions = false;
    TimePoint now;
};
std::optional<std::string> redrive_obstacle(const ExecutionRecordView& record,
                                            const RedriveSituation& situation);

/// Whether a redrive with this client token has been done already, not long ago.
bool was_redriven_with(const Redrives& redrives, std::string_view client_token, TimePoint now);

}  // namespace stepwell::flow
