// The store as reads see it: changes in memory over the store on disk.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>

#include "journal/journal.hpp"
#include "journal/store.hpp"
#include "journal/tables.hpp"

namespace stepwell::journal {

/// Three layers: the overlay, which takes changes at once; the layer that is just being drained,
/// which nobody changes; and RocksDB. What is inserted and erased again while it is in the overlay
/// never reaches RocksDB.
///
/// threads  `apply` and `turn_over` from the applier; `drain` and `stored_position` from the
/// drainer; reads from any
class LayeredStore {
 public:
    LayeredStore(std::unique_ptr<Store> stored, std::uint64_t overlay_bytes_max);

    /// Up to where the store on disk is; nothing when it is new.
    std::optional<Position> stored_position() const noexcept { return stored_->position(); }

    /// Reads see the batch, whole, when this returns.
    void apply(std::string_view batch);

    /// True when the overlay is so full that it should be drained.
    bool is_full() const { return overlay_.bytes() > overlay_bytes_max_; }
    /// True when the overlay is so full that applying must wait for a drain.
    bool is_overfull() const { return overlay_.bytes() > 2 * overlay_bytes_max_; }

    /// Makes the overlay, which has everything up to `end`, the layer to be drained. False: one is
    /// still being drained.
    bool turn_over(const Position& end);
    /// Puts the layer to be drained, if any, into RocksDB, durably.
    Result<> drain();

    Result<> verify() const { return stored_->verify(); }
    std::optional<std::string> get(Table table, std::string_view key) const;
    void scan(Table table, const ScanRange& range,
              const std::function<bool(std::string_view, std::string_view)>& visit) const;

 private:
    const std::uint64_t overlay_bytes_max_;
    const std::unique_ptr<Store> stored_;

    // Invariants
    //  (1) draining_ is never changed but for its order, only replaced; it goes when RocksDB has
    //  all of it. (2) Each key's newest change is in the first layer that knows the key.
    mutable std::shared_mutex mutex_;  // guards what follows
    // Written by the applier, which may therefore read it without the mutex; scans put it in order.
    mutable Tables overlay_{Tables::Kind::changes};
    std::shared_ptr<Tables> draining_;
    Position draining_end_;
};

}  // namespace stepwell::journal
