// All services of one server or one embedded engine, connected.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <stepwell/clock.hpp>
#include <stepwell/journal.hpp>
#include <stepwell/result.hpp>

#include "access/roles.hpp"
#include "access/sessions.hpp"
#include "api/operation.hpp"
#include "base/identity.hpp"
#include "flow/activities.hpp"
#include "flow/executions.hpp"
#include "flow/mocks.hpp"
#include "flow/state_machines.hpp"
#include "function/event_source_mappings.hpp"
#include "function/functions.hpp"
#include "item/items.hpp"
#include "journal/storage.hpp"
#include "object/objects.hpp"
#include "queue/queues.hpp"
#include "topic/topics.hpp"

namespace stepwell::api {

/// Owns the storage and every service on it. `open` recovers what the data directory holds; `start`
/// lets it go on.
///
/// threads  open, start, the destructor: one; everything it gives access to: as each service says
class World {
 public:
    struct Options {
        std::filesystem::path directory = {};  ///< of the data; unused with Durability::none
        Durability durability = Durability::sync;
        std::uint32_t shards = 1;
        Identity identity = {};
        std::string endpoint =
            "http://127.0.0.1:4566";              ///< where clients and handlers reach the server
        std::string sdk_directory = {};           ///< a node_modules with the AWS SDKs for handlers
        std::uint64_t seed = 0;                   ///< 0: from the system
        std::uint64_t closed_executions_max = 0;  ///< how many ended executions are kept; 0: all
        std::optional<milliseconds> retention = std::chrono::days{90};  ///< of ended executions
        flow::PassivationRules passivation = {};  ///< when what only waits leaves memory
        /// Test cases that executions may be started with; absent: none.
        std::shared_ptr<const flow::MockConfiguration> mocks = {};
        Clock* clock = nullptr;  ///< outlives the World; absent: the machine's
        /// A write or sync has failed: nothing more is acknowledged, the process should end.
        std::function<void(Error)> on_failure = {};
        std::function<void(const journal::RecoveryProgress&)> on_progress = {};
        /// Opens the storage of the directory; replaced where a disk is simulated.
        std::function<Result<std::unique_ptr<Storage>>(journal::StorageOptions)> open_storage =
            journal::open_storage;
    };

    /// errors   SystemFailure, in one line: whatever keeps the data directory from being opened
    static Result<std::unique_ptr<World>> open(Options options);
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    /// Running executions, waiting deliveries and event source mappings go on from here.
    Result<> start();

    const OperationTable& operations() const noexcept;
    /// How many executions were running when `start` was called.
    std::uint64_t recovered_executions() const noexcept;

    Clock& clock() noexcept;
    Storage& storage() noexcept;
    flow::StateMachines& machines() noexcept;
    flow::Executions& executions() noexcept;
    queue::Queues& queues() noexcept;
    topic::Topics& topics() noexcept;
    object::Objects& objects() noexcept;
    function::Functions& functions() noexcept;
    item::Items& items() noexcept;
    const Identity& identity() const noexcept;

 private:
    struct Parts;
    explicit World(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace stepwell::api
