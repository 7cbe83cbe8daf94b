#include "wire/request_counts.hpp"

#include <algorithm>

namespace stepwell::wire {

std::size_t RequestCounts::Operation::place_of(int status) noexcept {
    const auto found = std::find(statuses.begin(), statuses.end() - 1, status);
    return static_cast<std::size_t>(found - statuses.begin());
}

RequestCounts::RequestCounts(const api::OperationTable& operations) {
    all_.emplace_back("", "");
    for (const std::string& full : operations.names()) {
        const std::size_t dot = full.find('.');
        std::string service = full.substr(0, dot);
        std::string name = full.substr(dot + 1);
        const api::Operation* const operation = operations.find(service, name);
        all_.emplace_back(std::move(service), std::move(name));
        by_operation_.emplace(operation, &all_.back());
    }
}

RequestCounts::Operation& RequestCounts::of(const api::Operation* operation) const noexcept {
    const auto found = by_operation_.find(operation);
    return found == by_operation_.end() ? all_.front() : *found->second;
}

void RequestCounts::write(MetricsText& out) const {
    out.family("stepwell_http_requests_total", MetricsText::Type::counter,
               "Answered calls of AWS's operations, by HTTP status.");
    for (const Operation& operation : all_) {
        for (std::size_t i = 0; i < Operation::statuses.size(); ++i) {
            const std::uint64_t count = operation.counts_[i].load(std::memory_order_relaxed);
            if (count == 0) continue;
            const int status = Operation::statuses[i];
            out.sample(count, {{"service", operation.service_},
                               {"operation", operation.name_},
                               {"code", status == 0 ? "other" : std::to_string(status)}});
        }
    }
}

}  // namespace stepwell::wire
