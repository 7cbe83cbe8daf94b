// One seed: a machine, the lives and deaths of the engine on it, and what its clients saw.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/world.hpp"
#include "sim/clients.hpp"
#include "sim/disk.hpp"
#include "sim/fibers.hpp"
#include "sim/ledger.hpp"
#include "sim/trace.hpp"

namespace stepwell::sim {

struct Outcome {
    std::uint64_t seed = 0;
    std::uint64_t trace_hash = 0;
    Nanos simulated = 0;
    bool is_idle = false;  ///< its clients think for hours
    std::uint64_t lives = 0;
    std::uint64_t power_losses = 0;
    std::uint64_t process_deaths = 0;
    std::uint64_t disk_failures = 0;
    std::uint64_t orderly_ends = 0;
    std::uint64_t crashes_in_recovery = 0;
    std::uint64_t flips = 0;
    std::uint64_t flips_refused = 0;
    std::uint64_t disk_calls = 0;
    std::uint64_t commits = 0;
    std::uint64_t switches = 0;
    std::uint64_t executions = 0;
    std::uint64_t completions = 0;
    std::uint64_t messages = 0;
    std::uint64_t events = 0;
    std::vector<std::string> violations;
};

/// Runs the shipped engine through several lives, each of which ends in a way that the seed draws,
/// then lets it finish in peace.
///
/// threads  one; one simulation at a time in a process
class Simulation {
 public:
    /// place   an empty directory of the real system, for the lock of the data directory
    Simulation(std::uint64_t seed, std::filesystem::path place);
    Outcome run();

 private:
    enum class End : std::uint8_t { power_loss, process_death, disk_failure, orderly };
    struct Life;

    void draw_habits();
    End draw_end(Life& life);
    /// One process, from its start to its end.
    void live(bool is_last);
    void run_process(Life& life, bool is_last);
    Result<std::unique_ptr<api::World>> open_world(Life& life);
    void begin_process(Life& life, bool is_last);
    void check_store(Storage& storage);
    void end_in_peace(Life& life);
    void end_orderly(Life& life);
    void bury(Life& life);
    void rot();
    void note_open_failure(Life& life, const Error& error);

    Trace trace_;
    Outcome outcome_;
    Random random_;
    Random secrets_;
    Fibers fibers_;
    Disk disk_;
    const std::filesystem::path place_;
    Ledger ledger_;
    Habits habits_;
    std::vector<Disk::Flip> flips_;  // that the next process has to notice, or to survive
    bool is_finished_ = false;
};

}  // namespace stepwell::sim
