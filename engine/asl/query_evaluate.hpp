// What evaluate.hpp does, of JSONata states.
#pragma once

#include "asl/evaluate.hpp"

namespace stepwell::asl::query {

/// Arguments, else the input.
Evaluated<Payload> effective_input(const Scope& scope);
/// Items (else the input) and MaxConcurrency.
Evaluated<MapItems> map_items(const Scope& scope);
/// MaxConcurrency; 0 without one.
Evaluated<std::uint32_t> map_concurrency(const Scope& scope);
/// ItemSelector, else the item.
Evaluated<Payload> iteration_input(const Scope& scope);
/// Output, else the result; and Assign. Both see `$states.result`.
Evaluated<StateOutput> state_output(const Scope& scope, const Payload& result);
/// Output, else the input; and Assign.
Evaluated<StateOutput> state_output(const Scope& scope);
Evaluated<Chosen> choose(const Scope& scope);
Evaluated<TimePoint> wait_until(const Scope& scope, TimePoint now);
Evaluated<TaskTimes> task_times(const Scope& scope);
Evaluated<FailTexts> fail_texts(const Scope& scope);
/// The catcher's Output, else the error object; and its Assign. Both see `$states.errorOutput`.
Evaluated<StateOutput> catcher_output(const Scope& scope, std::size_t catcher,
                                      const Payload& error_object);

}  // namespace stepwell::asl::query
