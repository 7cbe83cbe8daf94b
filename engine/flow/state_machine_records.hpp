// How state machines stand in the store (Table::control).
//
//   state_machine/<id>                       name, status, dates, tags, versions, aliases
//   state_machine_revision/<id>/<revision>   one revision
//   state_machine_next_id                    so that no id is ever given twice
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "flow/state_machines.hpp"

namespace stepwell::flow {

struct StateMachines::Machine {
    std::uint64_t id = 0;
    std::string arn;
    std::string name;
    MachineType type = MachineType::standard;
    StateMachineStatus status = StateMachineStatus::active;
    TimePoint created{};
    Tags tags;
    bool was_created_published =
        false;  ///< what CreateStateMachine compares with when it is called again
    std::string created_version_description;  ///< the same
    std::uint32_t last_version = 0;           ///< version numbers are never given twice
    std::map<std::uint32_t, StateMachineVersion> versions;
    std::map<std::string, StateMachineAlias, std::less<>> aliases;
    std::vector<RevisionPtr> revisions;  ///< revision n is at n - 1; stored one by one

    const RevisionPtr& current() const { return revisions.back(); }
    std::string version_arn(std::uint32_t number) const {
        return arn + ":" + std::to_string(number);
    }
};

inline constexpr std::string_view machine_key_prefix = "state_machine/";
inline constexpr std::string_view revision_key_prefix = "state_machine_revision/";
inline constexpr std::string_view next_id_key = "state_machine_next_id";

std::string machine_key(std::uint64_t id);
std::string revision_key(std::uint64_t id, std::uint32_t revision);
/// The id in a key of either form; nothing when it is none.
std::optional<std::uint64_t> id_of_key(std::string_view key, std::string_view prefix);

std::string encode(const StateMachines::Machine& machine);
std::string encode(const StateMachineRevision& revision);
/// Nothing when the record is damaged or of an unknown format version.
std::optional<StateMachines::Machine> decode_machine(std::string_view record);
/// Without the compiled program.
std::optional<StateMachineRevision> decode_revision(std::string_view record);

}  // namespace stepwell::flow
