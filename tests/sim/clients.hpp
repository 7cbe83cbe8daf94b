// Clients and workers: fibers that call the engine as the seed says, and enter in the ledger what
// they are told.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/world.hpp"
#include "json/value.hpp"
#include "sim/fibers.hpp"
#include "sim/ledger.hpp"

namespace stepwell::sim {

/// How a seed's clients behave.
struct Habits {
    Nanos think_max = 0;        ///< between two calls
    std::size_t names_max = 0;  ///< of executions, for each machine
    std::size_t starters = 1;
    std::size_t workers = 1;
    std::uint64_t visibility_s = 30;
    std::uint32_t receives_max = 4;  ///< before a message is a dead letter
};

struct Answer {
    std::string code;  ///< of the error; empty: none
    std::string message;
    json::Document body;
    bool is_ok() const { return code.empty(); }
};

/// The clients of one process's life. A call that the process does not live to answer never
/// returns: its fiber is abandoned with all others.
///
/// threads  fibers
class Clients {
 public:
    /// All outlive it. `acknowledged` is called after each answer that was entered in the ledger:
    /// a good moment to crash.
    Clients(Fibers& fibers, Random& random, Trace& trace, Ledger& ledger, const Habits& habits,
            api::World& world, std::function<void()> acknowledged);

    /// Makes what the clients use; of what was acknowledged once, checks that it is there.
    void set_up();
    /// Starts the fibers.
    void begin();
    /// No more starts and sends; workers do what is left.
    void begin_draining() { is_draining_ = true; }
    /// From now on no call begins; true once none is inside the engine.
    bool close();

    /// Reads and checks every execution that the ledger knows.
    void audit_all();
    /// After draining: nothing runs, nothing is lost, everything is counted.
    void check_end();
    /// All histories and descriptions in one text, for comparing.
    std::string everything_read();

 private:
    Answer call(std::string_view service, std::string_view operation, std::string body);
    void think();
    std::uint64_t below(std::uint64_t limit) { return random_.next() % limit; }
    void unexpected(std::string_view operation, const Answer& answer);

    void create_machines();
    void act();
    void start();
    void stop();
    void redrive();
    void forge();
    std::string some_execution();
    void audit(const std::string& arn);
    std::vector<json::Document> read_history(const std::string& arn);

    void work();
    void take_task(const json::Value& message);
    void complete(const std::string& token, const std::string& arn);
    void heartbeat(const std::string& token);
    void delete_message(std::string_view queue, const json::Value& message);
    std::vector<json::Document> receive(std::string_view queue, std::uint64_t wait_s);
    void send();
    void consume();
    void take_message(const json::Value& message, Nanos received_at);
    void consume_dead_letters(bool is_last);
    void consume_news();

    void check_counts();
    void check_messages();

    Fibers& fibers_;
    Random& random_;
    Trace& trace_;
    Ledger& ledger_;
    const Habits& habits_;
    api::World& world_;
    const std::function<void()> acknowledged_;
    bool is_draining_ = false;
    bool is_closed_ = false;
    std::size_t inside_ = 0;  // calls that have not returned from the engine
};

}  // namespace stepwell::sim
