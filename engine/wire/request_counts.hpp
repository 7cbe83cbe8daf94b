// How often each operation was called, and how it was answered.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>

#include "api/operation.hpp"
#include "base/metrics_text.hpp"

namespace stepwell::wire {

/// Counters for the operations of one table, and one for all that names none of them.
///
/// threads  any
class RequestCounts {
 public:
    /// The answers to one operation, by HTTP status.
    class Operation {
     public:
        Operation(std::string service, std::string name)
            : service_(std::move(service)), name_(std::move(name)) {}

        /// An answer with this status.
        void add(int status) noexcept {
            // relaxed: each counts by itself
            counts_[place_of(status)].fetch_add(1, std::memory_order_relaxed);
        }

     private:
        friend class RequestCounts;
        static constexpr std::array<int, 14> statuses{200, 201, 202, 204, 400, 403, 404,
                                                      409, 413, 429, 500, 501, 503, 0};
        static std::size_t place_of(int status) noexcept;

        const std::string service_;
        const std::string name_;
        std::array<std::atomic<std::uint64_t>, statuses.size()> counts_{};  // the last: any other
    };

    /// `operations` is complete by now and outlives this object.
    explicit RequestCounts(const api::OperationTable& operations);

    /// Null: none of the table's.
    Operation& of(const api::Operation* operation) const noexcept;

    void write(MetricsText& out) const;

 private:
    mutable std::deque<Operation> all_;  // the first: of no operation
    std::unordered_map<const api::Operation*, Operation*> by_operation_;
};

}  // namespace stepwell::wire
