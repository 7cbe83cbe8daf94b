// From one thread to the next, in order.
#pragma once

#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "base/assert.hpp"

namespace stepwell::journal {

/// A queue whose consumer takes all there is at once.
///
/// threads  push and close from any; take from one
template <class Item>
class HandOver {
 public:
    void push(Item item) {
        std::unique_lock lock(mutex_);
        items_.push_back(std::move(item));
        const bool wakes = std::exchange(is_waiting_, false);
        lock.unlock();
        if (wakes) not_empty_.notify_one();
    }

    /// Waits for items and swaps them into `items`, which is empty. False: closed, and nothing is
    /// left.
    bool take(std::vector<Item>& items) {
        SW_ASSERT(items.empty());
        std::unique_lock lock(mutex_);
        while (items_.empty()) {
            if (is_closed_) return false;
            is_waiting_ = true;
            not_empty_.wait(lock);
        }
        is_waiting_ = false;
        items.swap(items_);
        return true;
    }

    void close() {
        const std::scoped_lock lock(mutex_);
        is_closed_ = true;
        not_empty_.notify_one();
    }

 private:
    std::mutex mutex_;  // guards what follows
    std::condition_variable not_empty_;
    std::vector<Item> items_;
    bool is_waiting_ =
        false;  // set only while the consumer waits: it is woken once, not once an item
    bool is_closed_ = false;
};

}  // namespace stepwell::journal
