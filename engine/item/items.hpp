// All tables of one data directory, and their items.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <stepwell/clock.hpp>
#include <stepwell/journal.hpp>
#include <stepwell/result.hpp>
#include <stepwell/unique_function.hpp>

#include "base/concat.hpp"
#include "base/identity.hpp"
#include "item/expression.hpp"
#include "item/records.hpp"
#include "item/table.hpp"
#include "item/value.hpp"

namespace stepwell::item {

/// Called once, on any thread, when the result is durable.
template <class T = void>
using Completion = UniqueFunction<void(Result<T>)>;

using TablePtr = std::shared_ptr<const Table>;

/// A table and what its items come to.
struct DescribedTable {
    TablePtr table;
    std::uint64_t items = 0;
    std::uint64_t bytes = 0;
    std::map<std::string, std::uint64_t> index_items = {};
};

/// One change of one item, or a condition on it.
struct Write {
    enum class Kind : std::uint8_t { put, update, erase, check };
    Kind kind = Kind::put;
    std::string table = {};
    Item item = {};  ///< of a put; of any other, the key
    std::optional<Node> condition = {};
    Update update = {};
};

/// What came of a Write.
struct Written {
    std::optional<Error> failure = {};
    TablePtr table = {};
    ItemPtr before = {};  ///< nullptr: there was none
    ItemPtr after = {};   ///< nullptr: there is none
};

/// Writes that are done together or not at all.
struct WriteCall {
    std::vector<Write> writes;
    /// What is said when two of them concern one item.
    std::string_view duplicates_message = {};
    /// Of a call that may come again: it is answered as it was the first time.
    std::string token = {};
    std::uint64_t request_hash = 0;  ///< what a token stands for
    milliseconds token_lifetime{};
    /// The answer when all were done.
    std::function<std::string(const std::vector<Written>&)> answer = {};
    /// What is said when any failed.
    std::function<Error(const std::vector<Written>&)> refuse = {};
};

/// A Query or a Scan.
struct Query {
    std::string table = {};
    std::string index = {};
    const Node* key_condition = nullptr;  ///< absent: a scan
    const Node* filter = nullptr;
    bool is_forward = true;
    std::optional<std::uint64_t> limit = {};
    std::optional<Item> start = {};  ///< ExclusiveStartKey
    std::uint64_t segment = 0;
    std::uint64_t segments = 1;
};
struct Page {
    TablePtr table = {};
    const Index* index = nullptr;     ///< of the table
    std::vector<ItemPtr> items = {};  ///< what the filter lets through, whole
    std::uint64_t scanned = 0;
    std::uint64_t scanned_bytes = 0;
    std::optional<Item> last_key = {};  ///< there may be more behind it
};

/// Makes and deletes tables; reads, changes and queries items.
///
/// All items are in memory, ordered by their keys, and every change is in the store before it is
/// answered. Changes are in the journal in the order in which they were made; what a read shows may
/// not be durable yet, so whoever answers with it waits with `when_settled`.
///
/// threads  any, after `recover`; nothing blocks but `recover`
class Items {
 public:
    /// What it is given outlives this object.
    Items(Identity identity, Clock& clock, Storage& storage);
    Items(const Items&) = delete;
    Items& operator=(const Items&) = delete;

    /// Loads tables and items; called once, before everything else. Returns how many items there
    /// are. errors   SystemFailure: something stored is damaged or of a newer version
    Result<std::uint64_t> recover();

    // --- Tables

    /// errors   ResourceInUseException: there is one of that name; ValidationException
    void create_table(NewTable input, Completion<DescribedTable> done);
    /// Its items are gone, too. Gives what it was.
    /// errors   ResourceNotFoundException; ValidationException: it is protected from deletion
    void delete_table(std::string_view name, Completion<DescribedTable> done);
    using Mutation = std::function<Result<>(Table&)>;
    /// Changes settings and indexes of a table.
    /// errors   ResourceNotFoundException, and what the mutation says
    void change_table(std::string_view name, const Mutation& mutation,
                      Completion<DescribedTable> done);
    /// errors   ResourceNotFoundException
    Result<DescribedTable> describe_table(std::string_view name) const;
    /// Sorted, after `after`, at most `max`.
    std::vector<std::string> table_names(std::string_view after, std::size_t max) const;

    // --- Items

    /// Carries out the writes in one atomic step.
    /// errors   ResourceNotFoundException, ValidationException, IdempotentParameterMismatch, and
    /// what the call makes of failed writes
    void write(WriteCall call, Completion<std::string> done);

    struct Key {
        std::string table;
        Item key;
    };
    struct Found {
        TablePtr table;
        ItemPtr item;  ///< nullptr: there is none
    };
    /// The items of these keys, all as of one moment.
    /// errors   ResourceNotFoundException, ValidationException
    Result<std::vector<Found>> get(const std::vector<Key>& keys,
                                   std::string_view duplicates_message) const;

    /// errors   ResourceNotFoundException, ValidationException
    Result<Page> query(const Query& query) const;

    /// Runs `action` once everything that reads have shown so far is durable.
    void when_settled(UniqueFunction<void()> action) const;

    std::string arn_of(std::string_view table) const {
        return identity_.arn("dynamodb", concat({"table/", table}));
    }

 private:
    using Entries = std::map<std::string, ItemPtr, std::less<>>;  // by key
    struct State {
        TablePtr table;
        Entries items;
        std::map<std::string, Entries, std::less<>> indexes;  // by name
        std::uint64_t bytes = 0;
    };
    struct Prepared {
        State* state = nullptr;
        std::string key;
        Written written;
    };

    State* find(std::string_view name) const;
    static DescribedTable described(const State& state);
    Result<Prepared> prepare(const Write& write) const;
    static Result<> update(const Write& write, Written& written);
    void replace(Effects& effects, Prepared& prepared);
    static void fill_index(State& state, const Index& index);
    void commit(Effects effects);
    void erase_items(const std::vector<std::string>& keys);
    /// The answer that is kept for the call's token.
    Result<const Answer*> kept_answer(const WriteCall& call) const;
    void keep_answer(Effects& effects, const WriteCall& call, const std::string& body);
    Result<> load_items(std::map<std::uint64_t, State*>& by_number, std::uint64_t& count);
    Result<> load_answers();

    const Identity identity_;
    Clock& clock_;
    Storage& storage_;

    // Changes hold it exclusively, and commit under it, so that the journal has them in the order
    // in which they were made.
    mutable std::shared_mutex mutex_;  // guards what follows
    std::map<std::string, std::unique_ptr<State>, std::less<>> tables_;
    std::uint64_t last_number_ = 0;
    JournalSequence last_commit_{0};
    std::map<std::string, Answer, std::less<>> answers_;  // by token
    std::multimap<TimePoint, std::string> answers_end_;   // when each is forgotten
};

}  // namespace stepwell::item
