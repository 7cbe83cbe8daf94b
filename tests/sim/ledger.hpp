// What the simulated clients did and were told: what the engine is held to.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/fibers.hpp"
#include "sim/machines.hpp"

namespace stepwell::sim {

/// What became of a call: the process may have ended before it answered.
enum class Told : std::uint8_t { nothing, yes, no };

/// One try to complete a token. Its mark is in the output or the cause, so that a history shows
/// which try won.
struct Completion {
    std::string token;
    std::string execution_arn;
    bool is_success = false;
    Told told = Told::nothing;
};

struct TokenRecord {
    std::string execution_arn;
    std::string message_id;
    std::string state;
    std::uint64_t wins = 0;  ///< completions that were acknowledged
};

struct ExecutionRecord {
    std::size_t machine = 0;
    std::string name;
    std::vector<std::string> inputs;    ///< of all starts tried
    std::optional<std::string> acked;   ///< the input of the start that was acknowledged
    std::string start_date;             ///< that it was acknowledged with
    bool was_stopped = false;           ///< and told so
    std::uint64_t stops = 0;            ///< tried
    std::uint64_t redrives = 0;         ///< tried
    std::vector<std::uint64_t> events;  ///< hashes of the events that were read
    std::string status;                 ///< as read last; empty: never
};

struct MessageRecord {
    bool is_acked = false;
    Nanos sent_wall = 0;
    std::string message_id;
    std::uint64_t deliveries = 0;
    bool was_dead_letter = false;
    bool is_delete_acked = false;
    Nanos hidden_until = 0;  ///< of the fibers' time; within `life`
    std::uint64_t life = 0;
    std::string body = {};
};

struct Ledger {
    std::vector<Machine> machines;
    std::map<std::string, ExecutionRecord> executions;  ///< by ARN
    std::map<std::string, TokenRecord> tokens;
    std::map<std::string, Completion> completions;             ///< by mark
    std::map<std::string, MessageRecord> messages;             ///< by body, of the plain queue
    std::map<std::string, std::vector<std::string>> marks_of;  ///< completions, by execution
    std::set<std::string> published;                           ///< executions whose news arrived
    bool is_set_up = false;
    std::uint64_t life = 0;  ///< the process's number
    Nanos life_wall_start = 0;
    bool was_clock_set = false;  ///< back or forth, ever
    std::uint64_t marks = 0;
    std::vector<std::string> violations;

    std::string next_mark() { return "m" + std::to_string(++marks); }
    std::string arn_of(std::size_t machine, std::string_view name) const {
        return "arn:aws:states:us-east-1:000000000000:execution:" + machines[machine].name + ":" +
               std::string(name);
    }
    /// The invariants are numbered in docs/reliability.md.
    void violate(int invariant, const std::string& what) {
        if (violations.size() < 20) {
            violations.push_back("invariant " + std::to_string(invariant) + ": " + what);
        }
    }
};

}  // namespace stepwell::sim
