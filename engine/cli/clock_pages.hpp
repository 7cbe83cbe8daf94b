// /_stepwell/clock: the server's time, shown and moved.
#pragma once

#include <memory>
#include <optional>
#include <stepwell/testing.hpp>
#include <string_view>

#include "wire/gateway.hpp"

namespace stepwell::cli {

/// Answers
///     GET  /_stepwell/clock                         the clock's state
///     POST /_stepwell/clock/advance  {"milliseconds": N}
///     POST /_stepwell/clock/auto
///     POST /_stepwell/clock/pause
/// each with the state: {"clock": "virtual", "mode": "auto", "now": "2026-11-24T12:00:00.000Z"}.
/// The machine's clock can only be shown: all else is 409.
///
/// threads  any
class ClockPages {
 public:
    /// `manual` is null when `clock` is the machine's. Both outlive this object.
    ClockPages(Clock& clock, ManualClock* manual) : clock_(clock), manual_(manual) {}

    std::optional<wire::Page> serve(std::string_view method, std::string_view path,
                                    std::string_view body) const;

 private:
    std::string state() const;
    wire::Page advance(std::string_view body) const;

    Clock& clock_;
    ManualClock* const manual_;
};

}  // namespace stepwell::cli
