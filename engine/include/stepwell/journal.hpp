// What is durable: batches of changes, the journal that makes them so, and the store that answers
// reads.
//
// Every service changes its stored state in one way only: it fills an Effects with changes and with
// what may leave the process afterwards, and commits it. The changes of one Effects are atomic.
// What waits for durability (replies, messages becoming visible, invocations) runs after the
// journal has them, in commit order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <stepwell/result.hpp>
#include <stepwell/unique_function.hpp>

namespace stepwell {

/// When a commit counts as durable.
enum class Durability : std::uint8_t {
    sync,  ///< on the device: survives power loss
    os,    ///< handed to the operating system: survives the death of the process
    none,  ///< in memory only: survives nothing
};

/// The tables of the store. The numbers are part of the on-disk format: never reuse one.
enum class Table : std::uint8_t {
    meta = 0,     ///< format version, counters, the directory's identity
    control = 1,  ///< "<kind>/<name>": state machines, queues, topics, functions, roles, ... (few,
                  ///< all in memory)
    execution = 2,          ///< execution id -> what DescribeExecution tells of one that has ended
    execution_name = 3,     ///< state machine, name that was given -> execution id
    execution_listing = 4,  ///< state machine, start, execution id
    history = 5,            ///< execution id, first event id -> a chunk of events
    continuation = 6,       ///< execution id -> where a running one stands, and its description
    message = 7,            ///< queue, message sequence -> a message
    message_receipt = 8,    ///< queue, message sequence -> receive count, when visible again
    activity_task = 9,      ///< activity, sequence -> a task that waits for a worker
    delivery = 10,          ///< topic deliveries that are still to be made
    blob = 11,              ///< function code and other large objects
    log = 12,               ///< what functions wrote to stdout and stderr
    map_run = 13,           ///< map run id -> what DescribeMapRun tells; its items and results
    redrive = 14,           ///< execution id -> where one that has failed can go on
    item = 17,              ///< table number, key -> an item
    item_answer = 18,       ///< token of a call that may come again -> its answer
    object = 19,            ///< bucket, key -> an S3 object, without its bytes
    object_body = 20,       ///< body id -> the bytes of a small one, or that it is a file
    upload = 21,            ///< multipart uploads and their parts
};
inline constexpr std::uint8_t table_count = 22;

/// The position of a commit in the journal: 1, 2, 3, ... without gaps. 0 is before the first.
enum class JournalSequence : std::uint64_t {};

/// Changes that become durable together or not at all, in order; a later change of a key wins.
/// The encoding is the journal's: one flat buffer, no allocation per change.
class Batch {
 public:
    void put(Table table, std::string_view key, std::string_view value);
    /// As `put`, of a key that is not stored: when it is erased again soon, the store never hears
    /// of it.
    void insert(Table table, std::string_view key, std::string_view value);
    void erase(Table table, std::string_view key);
    /// Makes room for so many encoded bytes.
    void reserve(std::size_t bytes) { bytes_.reserve(bytes); }

    bool is_empty() const noexcept { return bytes_.empty(); }
    /// The encoded changes, as they stand in the journal.
    std::string_view encoded() const noexcept { return bytes_; }

    /// One change; `value` is absent when the key is erased. The views point into the batch.
    struct Change {
        Table table;
        std::string_view key;
        std::optional<std::string_view> value;
        bool is_new = false;  ///< by `insert`
    };
    /// Calls `visit(Change)` for each change in an encoded batch, in order. False when the encoding
    /// is damaged.
    static bool visit(std::string_view encoded, const std::function<void(const Change&)>& visit);

 private:
    void add(std::uint8_t tag, std::string_view key, std::string_view value);

    std::string bytes_;
};

/// One atomic step: its changes, and what may happen once they are durable.
///
/// threads  one at a time; it is moved to the storage by commit
class Effects {
 public:
    using Released = UniqueFunction<void()>;

    Batch batch;
    std::vector<Released> released;

    void put(Table table, std::string_view key, std::string_view value) {
        batch.put(table, key, value);
    }
    void insert(Table table, std::string_view key, std::string_view value) {
        batch.insert(table, key, value);
    }
    void erase(Table table, std::string_view key) { batch.erase(table, key); }
    /// Runs `action` once everything in this Effects is durable. It must not block and must not
    /// throw.
    void when_durable(Released action) { released.push_back(std::move(action)); }
    bool is_empty() const noexcept { return batch.is_empty() && released.empty(); }
};

/// Which part of a table a scan visits: the keys that start with `prefix`, from `from` on, in byte
/// order.
struct ScanRange {
    std::string_view prefix = {};
    std::string_view from =
        {};  ///< first key to visit; when reverse, the last; empty: the end of the prefix
    bool reverse = false;
};

/// The journal and the store of one data directory, or of memory.
///
/// Commits go to the journal and, from there, in order and a little later, into the store. Reads
/// see the store; who must see a commit of its own waits with `when_applied` first. Commits of
/// different threads are ordered as the calls of `commit` were: what happened before stands before.
///
/// threads  every function may be called from any thread
class Storage {
 public:
    virtual ~Storage() = default;

    /// Makes the step durable and then runs its released actions, in commit order, on a thread of
    /// the storage's. Never blocks on the disk. An Effects without changes still waits for all
    /// commits before it. A failed write or sync is final: nothing more is acknowledged, and the
    /// failure handler given at opening runs.
    virtual JournalSequence commit(Effects effects) = 0;

    /// The last commit whose actions were or may be released.
    virtual JournalSequence durable() const noexcept = 0;

    /// Runs `action` once reads see the commit `sequence`: at once on the caller's thread if they
    /// do already, else on a thread of the storage's. Reads and scans may be done inside it.
    virtual void when_applied(JournalSequence sequence, UniqueFunction<void()> action) = 0;

    /// Blocks until reads see `sequence`. Not for shard threads or I/O threads.
    void wait_until_applied(JournalSequence sequence);

    virtual std::optional<std::string> get(Table table, std::string_view key) const = 0;

    /// Visits keys and values in order until `visit` returns false. The views are valid during the
    /// call only.
    virtual void scan(
        Table table, ScanRange range,
        const std::function<bool(std::string_view key, std::string_view value)>& visit) const = 0;

    /// Reads every file of the store and checks it against its checksums.
    ///
    /// errors  SystemFailure, with what is wrong
    virtual Result<> verify() const { return {}; }

    struct Statistics {
        std::uint64_t commits = 0;
        std::uint64_t groups = 0;         ///< group commits written
        std::uint64_t syncs = 0;          ///< waits for the device
        std::uint64_t journal_bytes = 0;  ///< written to the log, headers and padding included
        JournalSequence applied = JournalSequence{0};  ///< the last commit that reads see
    };
    virtual Statistics statistics() const noexcept = 0;
};

}  // namespace stepwell
