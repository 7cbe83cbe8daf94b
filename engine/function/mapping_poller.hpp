// Polls one queue for one function: collects batches, invokes, deletes what was processed.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <stepwell/clock.hpp>

#include "function/call_gate.hpp"
#include "function/event_source_mappings.hpp"
#include "function/functions.hpp"
#include "function/ports.hpp"
#include "sched/timers.hpp"

namespace stepwell::function {

/// How many batches of one mapping are being processed at once where no MaximumConcurrency is set;
/// AWS, too, begins so.
inline constexpr std::int64_t batches_at_once = 5;

/// The event that a function gets for a batch of messages.
std::string sqs_event(const std::vector<SourceMessage>& messages, std::string_view queue_arn,
                      std::string_view region);

/// Which messages of a batch were not processed, by the answer of a function that reports batch
/// item failures. An answer that is malformed or names an unknown message means: none was. source
/// AWS Lambda Developer Guide, "Implementing partial batch responses"
std::vector<bool> failed_items(std::string_view answer, const std::vector<SourceMessage>& messages);

/// threads  any; call-backs of port, functions and timers come on threads of theirs
class MappingPoller : public std::enable_shared_from_this<MappingPoller> {
 public:
    struct Surroundings {
        Functions& functions;
        QueuePort& queues;
        Clock& clock;
        sched::Timers& timers;
        std::shared_ptr<CallGate>
            gate;  // every call-back passes it: who closes it may take the rest away
    };
    MappingPoller(const Surroundings& surroundings, EventSourceMapping mapping);

    void start();
    /// No further invocation begins; messages that were received and not handed over become visible
    /// again. Batches that are being processed are deleted when they succeed, as long as the gate
    /// is open.
    void stop();

 private:
    void pump();
    bool is_batch_due() const;
    std::vector<SourceMessage> take_batch();
    void receive(std::uint64_t request, std::uint32_t messages_max);
    void received(std::uint64_t request, Result<std::vector<SourceMessage>> messages);
    void invoke(std::vector<SourceMessage> batch);
    void invoked(const std::vector<SourceMessage>& batch, const Result<InvokeOutput>& output);
    void pump_later(milliseconds pause, sched::Timers::Kind kind);

    const Surroundings surroundings_;
    const EventSourceMapping mapping_;
    const std::size_t batch_size_;
    const std::int64_t concurrency_;

    // Invariants
    //  (1) At most one receive is open: while is_receiving_, requests_ is its number.
    //  (2) One thread at a time is in pump(); another that comes leaves pump_again_ set and goes.
    std::mutex mutex_;  // guards what follows; never held while port or functions are called
    bool is_stopped_ = false;
    bool is_receiving_ = false;
    bool is_pumping_ = false;
    bool pump_again_ = false;
    TimePoint paused_until_{};
    std::int64_t in_flight_ = 0;  // batches that are being processed
    std::uint64_t requests_ = 0;
    QueuePort::Cancel cancel_;          // of the open receive
    std::vector<SourceMessage> batch_;  // is being collected
    TimePoint batch_begun_{};
};

}  // namespace stepwell::function
