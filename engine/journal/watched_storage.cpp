#include "journal/watched_storage.hpp"

#include <utility>

#include "base/in_flight.hpp"

namespace stepwell::journal {

namespace {

class WatchedStorage final : public Storage {
 public:
    WatchedStorage(std::unique_ptr<Storage> storage, Clock& clock)
        : under_way_(clock), storage_(std::move(storage)) {}

    JournalSequence commit(Effects effects) override {
        under_way_.begin();
        effects.when_durable([this] { under_way_.end(); });  // the last of its actions
        return storage_->commit(std::move(effects));
    }
    JournalSequence durable() const noexcept override { return storage_->durable(); }
    void when_applied(JournalSequence sequence, UniqueFunction<void()> action) override {
        under_way_.begin();
        storage_->when_applied(sequence, [this, action = std::move(action)]() mutable {
            action();
            under_way_.end();
        });
    }
    std::optional<std::string> get(Table table, std::string_view key) const override {
        return storage_->get(table, key);
    }
    void scan(Table table, ScanRange range,
              const std::function<bool(std::string_view, std::string_view)>& visit) const override {
        storage_->scan(table, range, visit);
    }
    Statistics statistics() const noexcept override { return storage_->statistics(); }

 private:
    InFlight under_way_;
    const std::unique_ptr<Storage> storage_;  // ends first: its actions use the one above
};

}  // namespace

std::unique_ptr<Storage> watch(std::unique_ptr<Storage> storage, Clock& clock) {
    return std::make_unique<WatchedStorage>(std::move(storage), clock);
}

}  // namespace stepwell::journal
