#include "wire/admission.hpp"

namespace stepwell::wire {

std::optional<Admission::Place> Admission::admit(std::size_t bytes) noexcept {
    const std::uint64_t before = requests_.fetch_add(1, std::memory_order_relaxed);
    const std::uint64_t bytes_before = bytes_.fetch_add(bytes, std::memory_order_relaxed);
    Place place(*this, bytes);
    if (before == 0) return place;
    if (before < limits_.requests_max && bytes_before + bytes <= limits_.bytes_max) return place;
    refused_.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
}

void Admission::leave(std::size_t bytes) noexcept {
    requests_.fetch_sub(1, std::memory_order_relaxed);
    bytes_.fetch_sub(bytes, std::memory_order_relaxed);
}

void Admission::write(MetricsText& out) const {
    out.single("stepwell_http_requests_under_way", MetricsText::Type::gauge,
               "Requests that the services have not answered yet, without long polls.",
               requests_.load(std::memory_order_relaxed));
    out.single("stepwell_http_requests_throttled_total", MetricsText::Type::counter,
               "Requests refused because too many were under way.",
               refused_.load(std::memory_order_relaxed));
}

}  // namespace stepwell::wire
