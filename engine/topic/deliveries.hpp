// Deliveries to functions and HTTP endpoints: recorded with the publish, made afterwards, tried
// again until they succeed.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <stepwell/clock.hpp>
#include <stepwell/journal.hpp>

#include "base/in_flight.hpp"
#include "sched/timers.hpp"
#include "topic/gate.hpp"
#include "topic/http_sender.hpp"
#include "topic/ports.hpp"
#include "topic/topic.hpp"

namespace stepwell::topic {

/// What is still to be delivered.
struct Delivery {
    Protocol protocol = Protocol::http;
    std::string endpoint;
    std::string subscription_arn;
    std::string topic_arn;
    std::string message_id;
    std::string type;  ///< "Notification", ...
    std::string body;
    std::string dead_letter_arn;  ///< a queue for what cannot be delivered; empty: none
    bool is_raw = false;
};

/// At least once, also over a crash: a delivery is erased only after it was made or given up.
///
/// Always made through make_shared: what it leaves with the timers and the storage holds it weakly.
///
/// threads  any
class Deliveries : public std::enable_shared_from_this<Deliveries> {
 public:
    Deliveries(Clock& clock, Storage& storage, sched::Timers& timers, DeliveryPort& port,
               HttpSender::Options http);

    /// Records the delivery in the caller's step; it is made once that is durable.
    void add(Effects& effects, Delivery delivery);
    /// Makes what earlier processes left; called once, before everything else. Returns how many
    /// there are.
    std::uint64_t recover(std::uint64_t epoch);
    /// After this nothing is attempted any more, and nothing outside is used. Not to be called by
    /// what it calls.
    void close();

 private:
    struct Entry {
        Delivery delivery;
        std::uint32_t attempts = 0;
    };
    using EntryPtr = std::shared_ptr<Entry>;

    void start(std::uint64_t id, EntryPtr entry);
    void attempt(std::uint64_t id, EntryPtr entry);
    void ended(std::uint64_t id, EntryPtr entry, bool has_succeeded, bool may_succeed_later);
    void schedule(milliseconds delay, std::uint64_t id, EntryPtr entry);
    void next();

    Clock& clock_;
    Storage& storage_;
    sched::Timers& timers_;
    DeliveryPort& port_;
    std::atomic<std::uint64_t> next_id_{1};

    Gate gate_;  // who uses the four above is inside, but for storage_ in add, where the caller
                 // vouches for it

    std::mutex mutex_;  // guards what follows
    std::uint32_t under_way_ = 0;
    std::deque<std::pair<std::uint64_t, EntryPtr>> waiting_;

    InFlight posts_{clock_};
    HttpSender http_;
};

/// When to try again after the `attempts`-th attempt has failed; nothing: give up.
/// source   Amazon SNS Developer Guide, "Message delivery retries"
std::optional<milliseconds> retry_delay(Protocol protocol, std::uint32_t attempts);

}  // namespace stepwell::topic
